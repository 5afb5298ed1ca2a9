package assess

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/plain"
)

const (
	// perPage is how many findings AWS returns at once.
	perPage = 100
	// perFilter is how many values AWS takes for one field of a filter.
	// Source: Security Hub API reference, AwsSecurityFindingFilters.
	perFilter = 20
)

// list asks for all that is open, part by part; a part that was broken off is listed anew, and counted once.
func (a *Assessment) list(ctx context.Context) error {
	if a.Journal.known.listed {
		return nil
	}
	q := a.asked()
	parts := a.parts()
	for n := a.Journal.known.part; n < len(parts); n++ {
		if err := a.Journal.add(line{Part: &n}); err != nil {
			return err
		}
		if err := q.part(ctx, parts[n]); err != nil {
			return err
		}
		if err := a.Journal.add(line{Ended: &n}); err != nil {
			return err
		}
	}
	if err := q.check(ctx); err != nil {
		return err
	}
	return a.Journal.add(line{Listed: true})
}

// parts are the filters that together ask for everything. AWS is asked by product: however many findings others import
// that name a control, they take no room. What people suppressed is nobody's work and counts for no score.
func (a *Assessment) parts() []types.AwsSecurityFindingFilters {
	var out []types.AwsSecurityFindingFilters
	accounts := slices.Collect(slices.Chunk(a.Journal.Head.Of, perFilter))
	if len(accounts) == 0 {
		accounts = [][]string{nil}
	}
	for regions := range slices.Chunk(a.Regions, perFilter) {
		for _, of := range accounts {
			out = append(out, types.AwsSecurityFindingFilters{
				ProductArn: equal(products(regions)...), AwsAccountId: equal(of...),
				RecordState:      equal(finding.Active),
				ComplianceStatus: equal(finding.Failed, finding.Warning),
				WorkflowStatus:   equal(finding.New, finding.Notified, finding.Resolved),

				ComplianceSecurityControlId: named(a.Journal.Head.Query.Controls),
			})
		}
	}
	return out
}

func products(regions []string) []string {
	var out []string
	for _, region := range regions {
		out = append(out, finding.ControlProduct(region))
	}
	return out
}

// named is a filter for controls, as far as AWS can narrow by them: a pattern by what stands in front of its star.
func named(controls []string) []types.StringFilter {
	var out []types.StringFilter
	for _, name := range controls {
		before, _, several := strings.Cut(strings.ReplaceAll(name, "?", "*"), "*")
		how := types.StringFilterComparisonEquals
		if several {
			how = types.StringFilterComparisonPrefix
		}
		if before == "" {
			return nil
		}
		out = append(out, types.StringFilter{Value: aws.String(before), Comparison: how})
	}
	if len(out) > perFilter {
		return nil
	}
	return out
}

// equal is a filter for any of the values, none for no value.
func equal(values ...string) []types.StringFilter {
	var out []types.StringFilter
	for _, v := range values {
		out = append(out, types.StringFilter{Value: aws.String(v), Comparison: types.StringFilterComparisonEquals})
	}
	return out
}

// part lists the findings of one filter.
func (q asked) part(ctx context.Context, filters types.AwsSecurityFindingFilters) error {
	in := &securityhub.GetFindingsInput{Filters: &filters, MaxResults: aws.Int32(perPage)}
	for {
		out, err := q.page(ctx, in)
		if err != nil {
			return err
		}
		if err := q.take(out.Findings); err != nil {
			return err
		}
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			return nil
		}
	}
}

// take files a page: the work that nobody has reported yet, and what counts.
func (q asked) take(raw []types.AwsSecurityFinding) error {
	known, counts, lines := &q.Journal.known, page{}, []line{}
	fresh := map[[16]byte]int32{} // on this page
	for _, one := range raw {
		f, err := q.Identify(one)
		if err != nil {
			counts.Disbelieved++
			continue
		}
		if !q.about(f) {
			continue
		}
		u := unitOf(f)
		n, ok := known.numbers[u.key()]
		if !ok {
			n, ok = fresh[u.key()]
		}
		if !ok {
			n = int32(len(known.units) + len(fresh)) //nolint:gosec // findings of an organization fit
			u.Number, fresh[u.key()] = int(n), n
			lines = append(lines, line{Unit: &u})
		}
		counts.count(int(n), f)
	}
	if err := q.Journal.add(append(lines, line{Page: &counts})...); err != nil {
		return err
	}
	q.say(0, 0)
	return nil
}

// count adds a finding to a page.
func (p *page) count(n int, f finding.Finding) {
	at := slices.IndexFunc(p.Found, func(one found) bool { return one.Number == n })
	if at < 0 {
		at, p.Found = len(p.Found), append(p.Found, found{Number: n})
	}
	one := &p.Found[at]
	one.Count++
	keys := &one.Failed
	if f.Compliance != finding.Failed {
		keys = &one.Unsure
	}
	for _, key := range f.Standards {
		if !slices.Contains(*keys, key) {
			*keys = append(*keys, key)
		}
	}
}

// about tells that a finding is one that was asked about: AWS narrows as far as it can, and no further.
func (a *Assessment) about(f finding.Finding) bool {
	head := a.Journal.Head
	return a.wants(f.Control) &&
		(len(head.Of) == 0 || slices.Contains(head.Of, f.Account)) &&
		(len(head.Query.Standards) == 0 || slices.ContainsFunc(f.Standards, func(key string) bool {
			return slices.Contains(head.Query.Standards, key)
		}))
}

// wants tells that a control is one that was asked about.
func (a *Assessment) wants(id string) bool {
	names := a.Journal.Head.Query.Controls
	return len(names) == 0 || slices.ContainsFunc(names, func(name string) bool { return plain.Like(name, id) })
}

// say tells how far it is.
func (a *Assessment) say(answered, of int) {
	x := &a.Journal.known
	a.Said(Progress{Findings: x.findings + x.coming, Work: len(x.units), Answered: answered, Of: of})
}
