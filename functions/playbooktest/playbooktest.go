// Package playbooktest is the one suite that every control passes. A control's
// test says how to make a resource that violates it and how to look at that
// resource; the cases, the same for all, follow from the model of a control.
package playbooktest

import (
	"cmp"
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/salve-security/salve/internal/calls"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/ran"
)

// Where suites run unless they say otherwise.
const (
	DefaultAccount = "222222222222"
	DefaultRegion  = "us-east-1"
)

// AWS is what a suite runs in. It enforces IAM.
type AWS interface {
	// Root may do everything in the account.
	Root(account string) aws.Config
	// Open gives the session that a run would get.
	Open(ctx context.Context, r control.SessionRequest) (aws.Config, error)
}

// Act is something that happens to a resource without Salve.
type Act func(ctx context.Context, t *testing.T, root aws.Config, resource string)

// Suite is what the cases need to know about one control.
type Suite struct {
	World           AWS // nil is the lab of World
	Control         control.Control
	Account, Region string // default to DefaultAccount and DefaultRegion
	// Params are the control's parameters; nil means their defaults.
	Params control.Params
	// Now is the run's time; zero is the wall clock's when a session is opened.
	Now time.Time

	// Seed makes a new resource that violates the control and returns its id, as
	// a finding would name it. It is called many times.
	Seed func(ctx context.Context, t *testing.T, root aws.Config) string
	// Foreign are ids of resources that the control must refuse, besides those that
	// every control must: other kinds, wildcards, an id without its ARN.
	Foreign []string
	// Observe returns the state of the resource as another client sees it, with
	// what Unrelated changes and without anything that names the resource.
	Observe func(ctx context.Context, t *testing.T, root aws.Config, resource string) any
	// Disturb changes one of the control's paths after a fix, to a value that it
	// had neither before nor after.
	Disturb Act
	// Unrelated changes something about the resource that is not the control's.
	Unrelated Act
	// DisturbFact changes what the control reads and weighs and does not write. Only a control with facts has it.
	DisturbFact Act
	// Delete makes the resource go away.
	Delete Act

	// Skip maps the name of a case to the reason why the control cannot have it.
	// A case whose Act is missing fails unless it stands here. What no control about
	// an account can have is in Spared.
	Skip map[string]string
	// Unseen maps declared actions to the reason why no call shows them, as for iam:PassRole.
	Unseen map[string]string
}

// Names of the cases that a control may have reason to skip.
const (
	CaseGone      = "gone"
	CaseDrift     = "undo after somebody changed it is refused"
	CaseUnrelated = "undo keeps what others changed"
	CaseFacts     = "a changed fact is no drift"
	CaseNarrow    = "session is denied on another resource"
)

// casePublishing is for what a runbook carries out.
const casePublishing = "publishing a runbook needs its rights"

// suite is a Suite while it runs.
type suite struct {
	Suite
	// Every session's calls, by what it was for.
	forward, back []*calls.Recorder
	seeded        map[string]int // how often Seed has begun with a resource
	idle          *scene         // see untouched
	done          *repair        // see repaired
	clean         []int          // see writes
	// spared are cases that the control cannot have because of what it is about, with the reason.
	spared map[string]string
	// without are cases about what the control has not, with the reason.
	without map[string]string
	// What ran so far, for the record.
	reached int
	out     ran.Suite
	// The calls of a fix, and of its undo: see mechanism.
	fixes, undoes trace
}

// Run runs every case against the control.
func Run(t *testing.T, s Suite) {
	t.Helper()
	r := begin(t, s)
	if r.askJudge(t) {
		return
	}
	for _, c := range r.cases() {
		r.run(t, c)
	}
	r.whatRan(t)
}

// begin fills in what the suite leaves open.
func begin(t *testing.T, s Suite) *suite {
	t.Helper()
	s.Account, s.Region = cmp.Or(s.Account, DefaultAccount), cmp.Or(s.Region, DefaultRegion)
	if s.World == nil {
		s.World = World(t)
	}
	r, known := &suite{Suite: s, spared: Spared(s.Control)}, map[string]bool{}
	r.without, r.seeded = map[string]string{}, map[string]int{}
	if !s.Control.HasFacts() && s.DisturbFact == nil {
		r.without[CaseFacts] = "the control weighs nothing but what it writes"
	}
	if !s.Control.Starts() {
		r.without[casePublishing] = "what is written has no runbook"
	}
	for _, c := range r.cases() {
		known[c.name] = true
	}
	for name := range s.Skip {
		if !known[name] {
			t.Errorf("Skip names %q, which is no case", name)
		}
	}
	return r
}

// run runs a case, unless the control cannot have it.
func (s *suite) run(t *testing.T, c testCase) {
	t.Helper()
	passed := t.Run(c.name, func(t *testing.T) {
		s.reached++
		if why := s.leaves(c); why != "" {
			t.Skip(why)
		}
		s.out.Ran++
		c.run(t)
	})
	if !passed {
		s.forget()
	}
}

// leaves is why a case is left out; empty where it runs.
func (s *suite) leaves(c testCase) string {
	if why := cmp.Or(s.Skip[c.name], s.spared[c.name]); why != "" {
		if s.out.Left == nil {
			s.out.Left = map[string]string{}
		}
		s.out.Left[c.name] = why
		return why
	}
	if why := s.without[c.name]; why != "" {
		s.out.Without = append(s.out.Without, c.name)
		return why
	}
	if c.shownBy != "" {
		if s.out.Shown == nil {
			s.out.Shown = map[string][]string{}
		}
		s.out.Shown[c.shownBy] = append(s.out.Shown[c.shownBy], c.name)
		return c.shownBy + " shows it: " + c.shown
	}
	return ""
}

// Spared are the cases that a control cannot have because of what it is about, each with the reason.
func Spared(c control.Control) map[string]string {
	out := map[string]string{}
	if c.OfAccount() {
		out[CaseGone] = "an account that reports findings is there"
		out[CaseNarrow] = "the resource is the account, and no session reaches another"
	}
	if c.Removes {
		out[CaseDrift] = "nobody can change what is gone, and there is nothing to take back"
		out[CaseUnrelated] = "what others changed of the resource goes with it"
		out[CaseFacts] = "what was weighed goes with the resource, and what is started weighs it itself"
	}
	return out
}

type testCase struct {
	name string
	run  func(*testing.T)
	// shown is why a control need not run the case where another one of the same mechanism does. Empty for what is each
	// control's own.
	shown string
	// shownBy is the control that has run it for this one.
	shownBy string
}

// cases are in the order of a reader's questions; the last one judges the calls of all others.
func (s *suite) cases() []testCase {
	const writes, model = "the same writes in the same order", "what is compared is the model's matter"
	return []testCase{
		{"declaration is complete", s.declared, "", ""},
		{"other kinds of resources are refused", s.refused, "", ""},
		{"plan needs reading rights only", s.planned, "the same reads, with the same rights", ""},
		{"noncompliant is fixed", s.fixed, "", ""},
		{"compliant is left alone", s.compliant, "", ""},
		{"applied twice", s.twice, writes, ""},
		{"what is wanted is compliant", s.settled, "", ""},
		{CaseGone, s.gone, "the same reads say that it is gone", ""},
		{"stale read is not taken for a failure", s.staleRead, model, ""},
		{"stale approval is refused", s.staleApproval, model, ""},
		{"refused write is continued", func(t *testing.T) { s.interrupted(t, refuse) }, writes, ""},
		{"lost answer is continued", func(t *testing.T) { s.interrupted(t, lose) }, writes, ""},
		{"what a quota leaves half done is taken back", s.limited, writes, ""},
		{"undo from storage restores", s.undone, "", ""},
		{"undo twice does nothing", s.undoneTwice, writes, ""},
		{"refused write of an undo is continued", func(t *testing.T) { s.undoInterrupted(t, refuse) }, writes, ""},
		{"lost answer of an undo is continued", func(t *testing.T) { s.undoInterrupted(t, lose) }, writes, ""},
		{CaseDrift, s.drifted, "", ""},
		{CaseUnrelated, s.unrelated, "the same functions read and write beside what others changed", ""},
		{CaseFacts, s.factual, "the same functions read the same facts", ""},
		{"denied without its write actions", s.denied, "the same writes, with the same rights", ""},
		{"denied without any one action", s.mutated, "the same calls, with the same rights", ""},
		{CaseNarrow, s.narrowed, "", ""},
		{"session is denied foreign actions", s.foreign, "a session with the same rights", ""},
		{casePublishing, s.publishing, "the same runbook", ""},
		{"calls are the declared actions", s.calledAsDeclared, "", ""},
	}
}
