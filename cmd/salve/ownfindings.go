package main

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/finding"
)

// perFilter is how many values AWS takes for one field of a filter.
// Source: Security Hub API reference, AwsSecurityFindingFilters.
const perFilter = 20

// regions are the Regions that findings may come from to the hub's: those of its partition.
func (h hub) regions() []string {
	home, _, _ := strings.Cut(finding.ControlProduct(h.cfg.Region), ":securityhub:")
	all := slices.DeleteFunc(append(allRegions(), h.cfg.Region), func(region string) bool {
		return !strings.HasPrefix(finding.ControlProduct(region), home+":")
	})
	slices.Sort(all)
	return slices.Compact(all)
}

// ownProducts are filters for Security Hub's own controls in Regions, as many as one takes.
func ownProducts(regions []string) iter.Seq[[]types.StringFilter] {
	return func(yield func([]types.StringFilter) bool) {
		for part := range slices.Chunk(regions, perFilter) {
			var products []string
			for _, region := range part {
				products = append(products, finding.ControlProduct(region))
			}
			if !yield(equal(products...)) {
				return
			}
		}
	}
}

// ownFindings are at most limit findings of Security Hub's own controls, the newest first, and tells whether there are
// more. AWS is asked by product: however many findings others import that name a control, they take no room.
func (h hub) ownFindings(
	ctx context.Context, regions []string, filters types.AwsSecurityFindingFilters, limit int,
) (found []types.AwsSecurityFinding, more bool, err error) {
	for products := range ownProducts(regions) {
		filters.ProductArn = products
		some, further, err := h.findings(ctx, &filters, limit)
		if err != nil {
			return nil, false, err
		}
		found, more = append(found, some...), more || further
	}
	slices.SortStableFunc(found, func(x, y types.AwsSecurityFinding) int {
		return cmp.Compare(aws.ToString(y.UpdatedAt), aws.ToString(x.UpdatedAt))
	})
	if len(found) > limit {
		found, more = found[:limit], true
	}
	return found, more, nil
}

// listed are at most limit findings, Security Hub's own before those that others import and that name a control as
// well.
func (h hub) listed(ctx context.Context, filters types.AwsSecurityFindingFilters, limit int) (
	found []types.AwsSecurityFinding, more bool, err error,
) {
	found, more, err = h.ownFindings(ctx, h.regions(), filters, limit)
	if err != nil || more {
		return found, more, err
	}
	all, more, err := h.elsewhere(ctx, filters, limit)
	if err != nil {
		return nil, false, err
	}
	if room := limit - len(found); len(all) > room {
		all, more = all[:room], true
	}
	return append(found, all...), more, nil
}

// elsewhere are findings, at most limit of them looked at, that ownFindings does not ask for: of others, and Security
// Hub's own of Regions newer than this release.
func (h hub) elsewhere(ctx context.Context, filters types.AwsSecurityFindingFilters, limit int) (
	found []types.AwsSecurityFinding, more bool, err error,
) {
	filters.ProductArn = nil
	found, more, err = h.findings(ctx, &filters, limit)
	asked := map[string]bool{}
	for _, region := range h.regions() {
		asked[finding.ControlProduct(region)] = true
	}
	return slices.DeleteFunc(found, func(f types.AwsSecurityFinding) bool {
		return asked[aws.ToString(f.ProductArn)]
	}), more, err
}
