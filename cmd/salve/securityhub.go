package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/playbooks"
)

// openFindings are the open findings of a control on a resource: they get the
// result of a run. Not to know them is no reason not to fix: people are warned.
func (a *app) openFindings(h hub, req work.Request) []run.Finding {
	open, err := h.openFindings(a.ctx, req, a.names.standards)
	if err != nil {
		a.warn("findings stay as they are, Security Hub does not say which there are: %s", sentence(err))
	}
	return open
}

func (h hub) openFindings(ctx context.Context, req work.Request, standards *playbooks.Standards) (
	[]run.Finding, error,
) {
	regions := []string{req.Target.Region}
	if req.Scope == finding.ScopeGlobal { // every Region reports it
		regions = h.regions()
	}
	filters := types.AwsSecurityFindingFilters{
		ComplianceSecurityControlId: equal(req.Control), ResourceId: equal(req.Target.Resource),
		AwsAccountId: equal(req.Target.Account), RecordState: equal(finding.Active),
		WorkflowStatus: equal(finding.New, finding.Notified),
	}
	found, _, err := h.ownFindings(ctx, regions, filters, math.MaxInt)
	if err == nil && req.Scope == finding.ScopeGlobal {
		var others []types.AwsSecurityFinding
		others, _, err = h.elsewhere(ctx, filters, maxReach)
		found = append(found, others...)
	}
	if err != nil {
		return nil, err
	}
	var open []run.Finding
	for _, f := range found {
		// Members can write findings that name our control: they are left alone, as in an event. So are those of
		// another Region, where an account is the same resource: they are other work.
		if proven, err := identify(f, standards); err == nil && proven.Control == req.Control &&
			proven.Account == req.Target.Account && proven.Resource.ID == req.Target.Resource &&
			finding.Scope(proven) == req.Scope {
			proven.HubRegion = h.cfg.Region
			open = append(open, work.Carried(proven, ""))
		}
	}
	return open, nil
}

// perPage is how many findings AWS returns at once.
const perPage = 100

// findings asks Security Hub with the operator's own credentials for at most
// limit findings, and tells whether there are more.
func (h hub) findings(ctx context.Context, filters *types.AwsSecurityFindingFilters, limit int) (
	found []types.AwsSecurityFinding, more bool, err error,
) {
	pages := securityhub.NewGetFindingsPaginator(securityhub.NewFromConfig(h.own), &securityhub.GetFindingsInput{
		Filters: filters, MaxResults: aws.Int32(perPage),
		SortCriteria: []types.SortCriterion{{Field: aws.String("UpdatedAt"), SortOrder: types.SortOrderDescending}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, false, fmt.Errorf("look for findings: %w", err)
		}
		found = append(found, page.Findings...)
		if len(found) > limit {
			return found[:limit], true, nil
		}
	}
	return found, false, nil
}

// equal is a filter for any of the values, none for no value. Filters are
// exact: a part of a name may be another resource.
func equal(values ...string) []types.StringFilter {
	var out []types.StringFilter
	for _, v := range values {
		if v != "" {
			out = append(out, types.StringFilter{Value: aws.String(v), Comparison: types.StringFilterComparisonEquals})
		}
	}
	return out
}

// identify proves a finding as if an event had brought it.
func identify(f types.AwsSecurityFinding, standards *playbooks.Standards) (finding.Finding, error) {
	text, err := json.Marshal(f)
	if err != nil {
		return finding.Finding{}, fmt.Errorf("convert finding: %w", err)
	}
	var raw finding.Raw
	if err := json.Unmarshal(text, &raw); err != nil {
		return finding.Finding{}, fmt.Errorf("convert finding: %w", err)
	}
	return finding.Identify(raw, standards)
}
