package playbooktest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
)

// undone compares what another client sees, so that "never set" is told from "set to the default".
func (s *suite) undone(t *testing.T) {
	c := s.repaired(t)
	before := c.undoLeads(c.before, c.changes)
	c.tap.calls()
	c.undo()
	s.undoes = c.tap.calls()
	c.unchanged(before, "after an undo")
}

// undoLeads is what an undo has to restore: what was before, or, where every change is one way, what is there
// now. A control with changes of both kinds leaves the one-way ones out of Observe.
func (c *scene) undoLeads(before any, changes []control.Change) any {
	c.t.Helper()
	for _, ch := range changes {
		if ch.Stays == "" {
			return before
		}
	}
	return c.observe()
}

// undoneTwice is an undo whose message came twice.
func (s *suite) undoneTwice(t *testing.T) {
	c := s.scene(t)
	changes := c.fix()
	c.undo(changes)
	back := c.observe()
	c.tap.failAt(0, 0)
	env := c.undoing()
	p, _ := c.planUndo(env, changes)
	if !p.Empty() || p.Pending() {
		t.Errorf("a second undo would change:\n%s", p)
	}
	c.finish(env, p)
	if n := c.tap.written(); n > 0 {
		t.Errorf("a second undo wrote %d times", n)
	}
	c.unchanged(back, "after a second undo")
}

// undoInterrupted is interrupted for the way back, which may take other writes.
func (s *suite) undoInterrupted(t *testing.T, how mishap) {
	_, writes := s.writes(t)
	for k := 1; k <= writes; k++ {
		c := s.scene(t)
		before := c.observe()
		changes := c.fix()
		env := c.undoing()
		p, kept := c.planUndo(env, changes)
		c.tap.failAt(k, how)
		if err := c.apply(env, p); err == nil {
			t.Errorf("write %d failed and Apply did not say so", k)
		}
		c.tap.failAt(0, 0)
		env = c.undoing()
		p, err := s.Control.Continue(t.Context(), env, kept)
		if err != nil {
			t.Fatalf("continue after write %d: %v", k, err)
		}
		c.finish(env, p)
		c.unchanged(before, "after an interrupted undo")
	}
}

// drifted must not write at all: half an undo would leave a state that nobody ever wanted.
func (s *suite) drifted(t *testing.T) {
	c := s.scene(t)
	changes := c.fix()
	c.act("Disturb", s.Disturb)
	disturbed := c.observe()
	c.tap.failAt(0, 0)
	_, err := s.Control.PlanUndo(t.Context(), c.undoing(), changes)
	var drift *control.DriftError
	if !errors.As(err, &drift) {
		t.Errorf("undo of what somebody else changed: want a *DriftError, got %v", err)
	}
	if n := c.tap.written(); n > 0 {
		t.Errorf("a refused undo wrote %d times", n)
	}
	c.unchanged(disturbed, "after a refused undo")
}

// unrelated compares with a resource that Salve never touched: it must be the same after fix, change and undo. Where
// undo leaves all that a fix does, it must be as after fix and change.
func (s *suite) unrelated(t *testing.T) {
	untouched := s.scene(t)
	seeded := untouched.observe()
	untouched.act("Unrelated", s.Unrelated)
	want := untouched.observe()
	if cmp.Equal(seeded, want, whole()) {
		t.Fatal("Observe does not see what Unrelated changes")
	}
	c := s.scene(t)
	changes := c.fix()
	c.act("Unrelated", s.Unrelated)
	left := c.undoLeads(want, changes)
	c.undo(changes)
	c.unchanged(left, "with somebody else's change, after an undo")
	s.quicker(t, want)
}

// quicker is somebody whose change comes between a plan and its writes. It may be one that the control has still to
// deal with; the writes of this plan leave it alone.
func (s *suite) quicker(t *testing.T, want any) {
	c := s.scene(t)
	env := c.fixing()
	p, _ := c.plan(env)
	c.act("Unrelated", s.Unrelated)
	if err := c.apply(env, p); err != nil {
		t.Fatalf("apply after somebody else's change: %v", err)
	}
	seen, err := s.Control.Verify(t.Context(), env, p)
	if err != nil {
		t.Fatalf("verify after somebody else's change: %v", err)
	}
	p.Changes = seen.Changes
	changes := stored(t, p).Changes
	want = c.undoLeads(want, changes)
	c.undo(changes)
	c.unchanged(want, "with somebody else's change before the writes, after an undo")
}
