package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// pressedScene is a world with a store that was fixed or not, and the message of somebody who presses a button.
func pressedScene(t *testing.T, button string) (w *enginetest.World, store, id string, m engine.Message) {
	t.Helper()
	if button == names.ActionUndo {
		w, store, id, _ = repaired(t, nil)
		return w, store, id, w.Press(t, button, id)
	}
	w = enginetest.New(t)
	store = w.Store(t, nil)
	id = w.Report(t, enginetest.Spec(store))
	return w, store, id, w.Press(t, button, id)
}

// TestButtonCrash kills the function at every single call of a plan and of an undo by click. The message comes again
// and the sweep goes on: the answer is the same as if nothing had happened, and given once.
func TestButtonCrash(t *testing.T) {
	for _, button := range []string{names.ActionPlan, names.ActionUndo} {
		w, _, _, m := pressedScene(t, button)
		for _, c := range w.Watched(func(p *enginetest.Process) { p.Handled(t, m) }) {
			for _, d := range deaths(c) {
				t.Run(fmt.Sprintf("%s/%02d %s %s", button, c.N, c.Operation, d), func(t *testing.T) {
					w, store, id, m := pressedScene(t, button)
					w.Die(t, d, handling(m))
					w.Clock.Move(enginetest.Later)
					p := w.Start()
					m.Received = 2
					p.Handled(t, m, enginetest.Sweep())
					w.Clock.Move(time.Minute)
					p.Handled(t, enginetest.Sweep())
					w.Clock.Move(enginetest.Later)
					p.Handled(t, m, enginetest.Sweep())
					answeredOnce(t, w, button, store, id)
				})
			}
		}
	}
}

func answeredOnce(t *testing.T, w *enginetest.World, button, store, id string) {
	t.Helper()
	status, says, puts := run.StatusPlanned, "Salve would fix Store.3", 0
	if button == names.ActionUndo {
		status, says, puts = run.StatusUndone, "taken back by somebody who clicked", 2
	}
	w.Shows(t, id, finding.New, says)
	n := 0
	for _, r := range w.Runs() {
		if r.State != run.StateClosed {
			t.Errorf("run is %s, %s (%s)", r.State, r.Status, r.Reason)
		}
		if r.Status == status {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d runs are %s", n, status)
	}
	if got := w.Puts(store); got != puts || w.Flags(store) != nil {
		t.Errorf("%d writes, want %d; flags %+v", got, puts, w.Flags(store))
	}
	w.Unlocked(t)
}

// TestButtonTrouble throttles every single call of a plan and of an undo by click, once.
func TestButtonTrouble(t *testing.T) {
	for _, button := range []string{names.ActionPlan, names.ActionUndo} {
		w, _, _, m := pressedScene(t, button)
		for _, c := range w.Watched(func(p *enginetest.Process) { p.Handled(t, m) }) {
			t.Run(fmt.Sprintf("%s/%02d %s", button, c.N, c.Operation), func(t *testing.T) {
				w, store, id, m := pressedScene(t, button)
				p := w.Start(func(_ context.Context, now enginetest.Call) error {
					if now.N == c.N && !now.Done {
						return enginetest.Throttled()
					}
					return nil
				})
				again := len(p.Handle(t.Context(), m)) > 0
				for range 3 {
					w.Clock.Move(enginetest.Later)
					if m.Received = 2; again {
						again = len(p.Handle(t.Context(), m)) > 0
					}
					p.Handled(t, enginetest.Sweep())
				}
				answeredOnce(t, w, button, store, id)
			})
		}
	}
}
