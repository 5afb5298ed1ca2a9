package playbooktest

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// factual changes what a control weighs, before the write of a fix and after it. What the control wrote, or is to
// write, is still as it was, so nothing is drift, and neither fix nor undo may take the change back.
func (s *suite) factual(t *testing.T) {
	if !s.Control.HasFacts() {
		t.Fatal("the suite has DisturbFact, and the control has no facts")
	}
	untouched := s.scene(t)
	untouched.act("DisturbFact", s.DisturbFact)
	want := untouched.observe()

	before := s.scene(t)
	env := before.fixing()
	p, kept := before.plan(env)
	before.act("DisturbFact", s.DisturbFact)
	err, drift := s.Control.Apply(t.Context(), env, p), (*control.DriftError)(nil)
	if errors.As(err, &drift) || fault.Of(err) == fault.Drifted { // it may refuse for the new fact
		t.Errorf("apply after a fact changed: %v", err)
	}
	before.takesBack(kept.Changes, want)

	after := s.scene(t)
	changes := after.fix()
	told := after.told()
	after.act("DisturbFact", s.DisturbFact)
	if slices.Equal(told, after.told()) {
		t.Fatal("DisturbFact changes nothing that the control reads")
	}
	after.takesBack(changes, want)
}

// takesBack undoes changes beside a changed fact.
func (c *scene) takesBack(changes []control.Change, want any) {
	c.t.Helper()
	want = c.undoLeads(want, changes)
	c.undo(changes)
	c.unchanged(want, "with a changed fact, after an undo")
}

// told is what AWS answers to a plan's reads, to compare with what it answers later.
func (c *scene) told() []string {
	env := c.fixing()
	answers := c.tap.answers(func() {
		_, _ = c.Control.Plan(c.t.Context(), env) // a fact may forbid the plan
	})
	var out []string
	for _, a := range answers {
		code, said := "", []byte(nil)
		if api := smithy.APIError(nil); errors.As(a.err, &api) {
			code = api.ErrorCode() // the rest of the text is new with each call
		} else {
			said, _ = json.Marshal(a.out.Result) // what has no JSON form is no fact
		}
		out = append(out, a.operation+" "+code+string(said))
	}
	slices.Sort(out)
	return out
}
