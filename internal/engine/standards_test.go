package engine_test

import (
	"testing"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// TestThreeStandardsOneFix: what three standards say of one store is one piece
// of work, and all three show its end.
func TestThreeStandardsOneFix(t *testing.T) {
	tests := map[string]struct {
		give func(t *testing.T, w *enginetest.World, p *enginetest.Process, messages []engine.Message)
		runs int
	}{
		"in one batch": {
			give: func(t *testing.T, _ *enginetest.World, p *enginetest.Process, messages []engine.Message) {
				p.Handled(t, messages...)
			},
			runs: 1,
		},
		"one after another": {
			give: func(t *testing.T, _ *enginetest.World, p *enginetest.Process, messages []engine.Message) {
				for _, m := range messages {
					p.Handled(t, m)
				}
			},
			runs: 3,
		},
		"one after another, each to a process of its own": {
			give: func(t *testing.T, w *enginetest.World, _ *enginetest.Process, messages []engine.Message) {
				for _, m := range messages {
					w.Start().Handled(t, m)
				}
			},
			runs: 3,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			b := w.Store(t, enginetest.Block(false, true, false, true))
			ids := w.ThreeStandards(t, b)
			var messages []engine.Message
			for _, id := range ids {
				messages = append(messages, w.Imported(t, id))
			}
			tc.give(t, w, w.Start(), messages)

			if n := w.Puts(b); n != 1 || !w.Blocked(b) {
				t.Errorf("%d writes, flags %+v: want one write", n, w.Flags(b))
			}
			for _, id := range ids {
				w.Shows(t, id, finding.Resolved, "Store.3")
			}
			fixedOnce(t, w, tc.runs)
		})
	}
}

// fixedOnce expects a number of closed runs, one of which changed something; the
// others found it done and say by whom.
func fixedOnce(t *testing.T, w *enginetest.World, n int) {
	t.Helper()
	runs := w.Runs()
	var fix *run.Run
	for _, r := range runs {
		if r.Status == run.StatusVerified {
			if fix != nil {
				t.Errorf("runs %s and %s both say they fixed it", fix.ID, r.ID)
			}
			fix = r
		}
	}
	if len(runs) != n || fix == nil {
		t.Fatalf("%d runs, the fix is %v; want %d runs and one fix", len(runs), fix, n)
	}
	for _, r := range runs {
		if r.State != run.StateClosed || r != fix && (r.Status != run.StatusCompliant || r.Previous != fix.ID) {
			t.Errorf("run %s is %s %s and names %q as the fix", r.ID, r.State, r.Status, r.Previous)
		}
	}
}
