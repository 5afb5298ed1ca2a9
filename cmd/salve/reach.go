package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
)

// maxReach is how many open findings are looked at, the newest first: more would only take longer to count.
const maxReach = 1000

// reach is what a change lets Salve do now, beyond what it did before, as programs get it.
type reach struct {
	Act      int            `json:"act"`      // findings on which it would act by itself
	Ask      int            `json:"ask"`      // about which it would ask for approval
	Tell     int            `json:"tell"`     // of which it would tell the change
	Unsure   int            `json:"unsure"`   // for which tags or units decide, which were not looked up
	Accounts map[string]int `json:"accounts"` // of all these
	More     bool           `json:"more"`     // there are more than were looked at
}

// stance is a configuration and what stands on top of it.
type stance struct {
	config gate.Config
	over   gate.Overlay
}

// step is a change from one stance to another. Controls are the ids that it may be about, accounts narrow it; none for
// any account.
type step struct {
	from, to stance
	controls []string
	accounts []string
}

// reach counts the open findings on which more would happen after a step than before it. Whatever is asked of AWS is
// asked with the operator's own rights.
func (a *app) reach(h hub, s step) (*reach, error) {
	out, left := &reach{Accounts: map[string]int{}}, maxReach
	for part := range slices.Chunk(s.controls, perFilter) {
		filters := types.AwsSecurityFindingFilters{
			ComplianceSecurityControlId: equal(part...), RecordState: equal(finding.Active),
			ComplianceStatus: equal(finding.Failed, finding.Warning), WorkflowStatus: equal(finding.New),
		}
		if len(s.accounts) <= perFilter {
			filters.AwsAccountId = equal(s.accounts...)
		}
		found, more, err := h.ownFindings(a.ctx, h.regions(), filters, left)
		if err != nil {
			return nil, err
		}
		out.More, left = out.More || more, left-len(found)
		for _, f := range found {
			a.weigh(out, s, f)
		}
	}
	return out, nil
}

// weigh compares what would happen to a finding before and after a step.
func (a *app) weigh(out *reach, s step, raw types.AwsSecurityFinding) {
	f, err := identify(raw, a.names.standards)
	if err != nil {
		return // nobody acts on it
	}
	c, ok := a.names.playbookIn(s.to.config, f.Control)
	if !ok || finding.CheckResource(f, c.Resources, c.Pattern) != nil {
		return
	}
	before, after := a.decide(s.from, c, f), a.decide(s.to, c, f)
	unsure := lookedUp(after)
	switch {
	case unsure && after.Reason != before.Reason:
		out.Unsure++
	case verdictRank(after.Verdict) <= verdictRank(before.Verdict):
		return
	case after.Verdict == gate.Act, after.Verdict == gate.Defer:
		out.Act++
	case after.Verdict == gate.Ask:
		out.Ask++
	default:
		out.Tell++
	}
	out.Accounts[f.Account]++
}

// decide is what the engine would decide on a finding that is reported now, as far as it needs no further look.
func (a *app) decide(s stance, c control.Control, f finding.Finding) gate.Decision {
	in := a.gateInput(s.config, c, f)
	in.Overlay = s.over
	return gate.Decide(in)
}

// gateInput is what the gate is asked about a finding that is reported now.
func (a *app) gateInput(config gate.Config, c control.Control, f finding.Finding) gate.Input {
	t := control.Target{
		Account: f.Account, Region: f.Resource.Region, Partition: f.Partition, Resource: f.Resource.ID,
	}
	config.Calendars = nil // what waits for one is reached: it acts later
	return gate.Input{
		Config: config, Finding: f, Trigger: gate.Imported, Now: a.now(),
		Control: work.Gated(a.names.controls, config, c, f.Standards, t, f.Params),
	}
}

// lookedUp tells that a decision hangs on something that Salve looks up only when it acts.
func lookedUp(d gate.Decision) bool {
	return d.Reason == gate.UnknownTags || d.Reason.AboutAccount()
}

// verdictRank orders what may happen to a finding that nobody asked about.
func verdictRank(v gate.Verdict) int {
	switch v { //nolint:exhaustive // the others do nothing
	case gate.Preview:
		return 1
	case gate.Ask:
		return 2
	case gate.Act, gate.Defer: // in its time
		return 3
	}
	return 0
}

// sentence says how far it reaches.
func (r *reach) sentence() string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{
		{r.Act, "act by itself on %s"},
		{r.Ask, "ask for approval about %s"},
		{r.Tell, "tell the change of %s"},
		{r.Unsure, "look up tags or units to decide about %s"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf(p.what, r.many(p.n)))
		}
	}
	if len(parts) == 0 {
		if r.More {
			return fmt.Sprintf("of the first %s open findings it would act on none now", thousands(maxReach))
		}
		return "there is no open finding that it would act on now"
	}
	return "from the next report on it would " + strings.Join(parts, ", and ") + r.where()
}

// many is a number of findings.
func (r *reach) many(n int) string {
	switch {
	case r.More && n >= maxReach:
		return "more than " + thousands(n) + " open findings"
	case r.More:
		return "at least " + thousands(n) + " open findings"
	case n == 1:
		return "1 open finding"
	}
	return thousands(n) + " open findings"
}

// where is in how many accounts.
func (r *reach) where() string {
	switch n := len(r.Accounts); {
	case r.More:
		return fmt.Sprintf(" in at least %s", counted(n, "account"))
	default:
		return " in " + counted(n, "account")
	}
}

// most are the accounts with the most of the findings.
func (r *reach) most() []string {
	ids := slices.SortedFunc(maps.Keys(r.Accounts), func(x, y string) int {
		return cmp.Or(cmp.Compare(r.Accounts[y], r.Accounts[x]), cmp.Compare(x, y))
	})
	var out []string
	for _, id := range ids[:min(len(ids), maxNames)] {
		out = append(out, fmt.Sprintf("%s in %s", thousands(r.Accounts[id]), id))
	}
	if more := len(ids) - maxNames; more > 0 {
		out = append(out, fmt.Sprintf("the rest in %s", counted(more, "account")))
	}
	return out
}

// sayReach says what a step lets Salve do, or that nobody can tell.
func (a *app) sayReach(r *reach) {
	if r == nil {
		return
	}
	a.say("  %s", r.sentence())
	if len(r.Accounts) > 1 {
		a.say("    %s", strings.Join(r.most(), ", "))
	}
}

// reached is the reach of a step; not to know it is no reason not to go on: who is asked hears that nobody could count.
func (a *app) reached(h hub, s step) *reach {
	if len(s.controls) == 0 {
		return &reach{Accounts: map[string]int{}}
	}
	done := a.progress("Counting open findings")
	r, err := a.reach(h, s)
	done()
	if err != nil {
		a.warn("how many open findings this reaches is not known: %s", sentence(err))
		return nil
	}
	return r
}

// counted is a number of things: 1 account, 2 accounts.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return plain.Short(thousands(n)+" "+thing, maxCell)
}

// thousands writes a number as 1,000.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
