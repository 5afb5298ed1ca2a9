package playbooktest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// limited lets AWS refuse each write of a fix in turn, because there are as many as there may be. The run ends there:
// it must know that it changed something if another client sees so, and its undo must bring everything back.
func (s *suite) limited(t *testing.T) {
	writes, _ := s.writes(t)
	for k := 1; k <= writes; k++ {
		c := s.scene(t)
		before := c.observe()
		env := c.fixing()
		p, _ := c.plan(env)
		c.tap.failAt(k, limit)
		if err := c.apply(env, p); fault.Of(err) != fault.Refused {
			t.Errorf("write %d reached a quota: want an error of class refused, got %v (%s)", k, err, fault.Of(err))
		}
		c.tap.failAt(0, 0)
		seen, err := s.Control.Verify(t.Context(), env, p)
		if err != nil {
			t.Fatalf("verify after write %d: %v", k, err)
		}
		p.Changes = seen.Changes
		changes := stored(t, p).Changes
		moved := slices.DeleteFunc(slices.Clone(changes), func(ch control.Change) bool { return !ch.Moved() })
		if differs := !cmp.Equal(before, c.observe(), whole()); differs && len(moved) == 0 {
			t.Errorf("write %d reached a quota, the resource differs from before, and the run does not know", k)
		}
		before = c.undoLeads(before, moved)
		c.undo(changes)
		c.unchanged(before, "after the undo of what a quota left half done")
	}
}
