package assess

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/finding"
)

// check asks, for the score of each standard that something fails of, which of its other controls have passed. Findings
// that passed are many: of each control one is enough, so they are never all listed.
func (q asked) check(ctx context.Context) error {
	x := &q.Journal.known
	done := map[string]bool{}
	for _, c := range x.checked {
		done[c.Standard] = true
	}
	for _, s := range q.scored() {
		if done[s.Key] {
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(s.Controls), func(id string) bool {
			return !q.Journal.Head.Others && !q.wants(id) || x.fails(s.Key, id)
		})
		c := checked{Standard: s.Key}
		var err error
		if q.Journal.Head.Others {
			others := slices.DeleteFunc(slices.Clone(rest), q.wants)
			if c.Failed, err = q.having(ctx, s, others, finding.Failed); err != nil {
				return err
			}
			rest = slices.DeleteFunc(rest, func(id string) bool { return slices.Contains(c.Failed, id) })
		}
		if c.Passed, err = q.having(ctx, s, rest, finding.Passed); err != nil {
			return err
		}
		if c.Unsure, err = q.having(ctx, s, rest, finding.NotAvailable); err != nil {
			return err
		}
		if err := q.Journal.add(line{Checked: &c}); err != nil {
			return err
		}
	}
	return nil
}

// scored are the standards that something fails of, or that were asked about by name.
func (a *Assessment) scored() []Standard {
	var bits uint16
	for _, e := range a.Journal.known.units {
		bits |= e.failed | e.unsure
	}
	keys, asked := a.Journal.known.keys(bits), a.Journal.Head.Query.Standards
	if len(asked) > 0 {
		keys = asked
	}
	return slices.DeleteFunc(slices.Clone(a.Standards), func(s Standard) bool { return !slices.Contains(keys, s.Key) })
}

// fails tells that a control fails a standard somewhere.
func (x *index) fails(standard, control string) bool {
	bit, name := x.bits([]string{standard}), x.named[control]
	return slices.ContainsFunc(x.units, func(e entry) bool {
		return e.findings > 0 && e.failed&bit != 0 && e.control == name && x.names[name] == control
	})
}

// having are those of the controls that have a finding with the status in the standard. Each answer takes out the
// controls that it names, so that one page tells of many.
func (q asked) having(ctx context.Context, s Standard, controls []string, status string) ([]string, error) {
	have := map[string]bool{}
	accounts := slices.Collect(slices.Chunk(q.Journal.Head.Of, perFilter))
	if len(accounts) == 0 {
		accounts = [][]string{nil}
	}
	for regions := range slices.Chunk(q.Regions, perFilter) {
		for _, of := range accounts {
			filters := types.AwsSecurityFindingFilters{
				ProductArn: equal(products(regions)...), AwsAccountId: equal(of...), RecordState: equal(finding.Active),
				ComplianceStatus:                equal(status),
				WorkflowStatus:                  equal(finding.New, finding.Notified, finding.Resolved),
				ComplianceAssociatedStandardsId: equal(s.ID),
			}
			for part := range slices.Chunk(controls, perFilter) {
				if err := q.some(ctx, filters, part, have); err != nil {
					return nil, err
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(have)), nil
}

// some adds the controls that a filter finds something of, until it finds nothing of those that are left.
func (q asked) some(
	ctx context.Context, filters types.AwsSecurityFindingFilters, controls []string, have map[string]bool,
) error {
	left := slices.DeleteFunc(slices.Clone(controls), func(id string) bool { return have[id] })
	for len(left) > 0 {
		filters.ComplianceSecurityControlId = equal(left...)
		out, err := q.page(ctx, &securityhub.GetFindingsInput{Filters: &filters, MaxResults: aws.Int32(perPage)})
		if err != nil {
			return err
		}
		for _, raw := range out.Findings {
			if f, err := q.Identify(raw); err == nil {
				have[f.Control] = true
			}
		}
		before := len(left)
		left = slices.DeleteFunc(left, func(id string) bool { return have[id] })
		if len(left) == before {
			return nil
		}
	}
	return nil
}
