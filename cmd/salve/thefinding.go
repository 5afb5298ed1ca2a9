package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// maxNamed is among how many findings, the newest first, one is looked for by a part of its id: AWS finds only whole
// ones.
const maxNamed = 1000

// theFinding reads the finding of Security Hub's own that an id means, whole or as tables show it. One that contradicts
// itself is refused, as in an event.
func (a *app) theFinding(h hub, id string) (finding.Finding, error) {
	filters, regions := types.AwsSecurityFindingFilters{RecordState: equal(finding.Active)}, h.regions()
	if whole, err := arn.Parse(id); err == nil {
		filters = types.AwsSecurityFindingFilters{Id: equal(id)}
		regions = []string{whole.Region}
	}
	done := a.progress("Looking for finding " + id)
	found, more, err := h.ownFindings(a.ctx, regions, filters, maxNamed)
	done()
	if err != nil {
		return finding.Finding{}, err
	}
	found = slices.DeleteFunc(found, func(f types.AwsSecurityFinding) bool {
		whole := aws.ToString(f.Id)
		return whole != id && !strings.HasPrefix(shortID(whole), id)
	})
	switch {
	case len(found) == 0 && more:
		return finding.Finding{}, fault.New(fault.Invalid, "finding %s is not among the newest %d: give its whole id, as "+
			"salve findings list -o json prints it", id, maxNamed)
	case len(found) == 0:
		return finding.Finding{}, fault.New(fault.Invalid, "Security Hub has no finding %s of its own controls: salve "+
			"findings list shows them", id)
	case len(found) > 1:
		return finding.Finding{}, fault.New(fault.Invalid, "%d findings are called %s: give the whole id of one, as salve "+
			"findings list -o json prints it", len(found), id)
	}
	f, err := identify(found[0], a.names.standards)
	if err != nil {
		return f, fault.New(fault.Refused, "finding %s is not to be believed: %w", id, err)
	}
	return f, nil
}

// named fills in what a finding says in place of control and resource; a flag that contradicts it is refused.
func (t target) named(f finding.Finding, id string) (target, error) {
	for _, flag := range []struct{ name, given, is string }{
		{"--account", t.Account, f.Account}, {"--region", t.Region, f.Resource.Region},
	} {
		if flag.given != "" && flag.given != flag.is {
			return t, fault.New(fault.Invalid, "finding %s is about %s, %s says %s: leave out %s", id, flag.is, flag.name,
				flag.given, flag.name)
		}
	}
	if t.judged = f.Params; t.judged == nil {
		t.judged = control.Judged{} // it says that there are none
	}
	t.Control, t.Resource, t.Account, t.Region = f.Control, f.Resource.ID, f.Account, f.Resource.Region
	return t, nil
}

// runOf is the last run that answered a finding and can be taken back, else the last one that answered it.
func (a *app) runOf(h hub, id string) (*run.Run, error) {
	f, err := a.theFinding(h, id)
	if err != nil {
		return nil, err
	}
	page, err := h.ledger().History(a.ctx, run.Query{
		Accounts: []string{f.Account}, Resource: f.Resource.ID, Limit: lastRuns,
	})
	if err != nil {
		return nil, err
	}
	var last, undoable *run.Run
	for _, r := range page.Runs { // the newest first
		if _, answered := r.Findings[f.Key()]; !answered || r.Undoes != "" {
			continue
		}
		if last == nil {
			last = r
		}
		if undoable == nil && r.Undoable() {
			undoable = r
		}
	}
	if r := cmp.Or(undoable, last); r != nil {
		return r, nil
	}
	return nil, fault.New(fault.Invalid, "no run has answered finding %s: salve history --resource %s lists the runs of "+
		"its resource", id, f.Resource.ID)
}
