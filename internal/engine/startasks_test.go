package engine_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// excepted protects a store in the document.
func excepted(w *enginetest.World, store string) {
	w.Config.Exceptions = []gate.Exception{{
		Control: "Store.3", Resource: store, Reason: "static site", Owner: "web@example.org",
		Expires: gate.Date{Day: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)},
	}}
}

// TestAStoredStartAsksAgain: of a start that AWS did not take nothing is to be seen, so that everybody is asked again.
// A run that waits keeps its plan and its lock, and one that ends says that nobody knows: it may have been started.
func TestAStoredStartAsksAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(w *enginetest.World, store, id string)
		status run.Status
	}{
		"stop": {func(w *enginetest.World, _, _ string) { w.Stop(t, "", "ada", "incident 7", 0) }, run.StatusDeferred},
		"freeze": {func(w *enginetest.World, _, _ string) {
			w.Config.Freezes = []gate.Freeze{{From: "2026-03-02", To: "2026-03-05", TZ: "UTC", Reason: "fair"}}
		}, run.StatusDeferred},
		"exception":  {func(w *enginetest.World, store, _ string) { excepted(w, store) }, run.StatusFailed},
		"suppressed": {func(w *enginetest.World, _, id string) { w.Mark(t, id, finding.Suppressed) }, run.StatusFailed},
		"approve": {
			func(w *enginetest.World, _, _ string) { w.Config = enginetest.Modes(gate.Approve) }, run.StatusFailed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, store, id, m := triggers()[0].scene(t)
			a := automated(w)
			w.Fail("StartAutomationExecution", enginetest.Throttled())
			p := a.on(t, w.Stoppable())
			p.Handled(t, m)
			w.Heal()
			tc.change(w, store, id)
			w.Clock.Move(enginetest.Later)
			p.Handled(t, enginetest.Sweep())
			r := w.Only(t)
			if len(a.started) > 0 || r.Status != tc.status || r.Plan == nil || !r.Changed() {
				t.Errorf("run is %s (%s), %d starts", r.Status, r.Reason, len(a.started))
			}
			if waits := r.Status == run.StatusDeferred; waits != (len(w.Ledger.Locks()) > 0) {
				t.Errorf("it waits: %v, locks %v", waits, w.Ledger.Locks())
			}
		})
	}
}

// TestAStartThatNobodyNoted: where it was started before its process died, no stop makes anybody forget what it did:
// the run waits with its lock, and what the execution has done by its end is its own.
func TestAStartThatNobodyNoted(t *testing.T) {
	w, store, id, m := triggers()[0].scene(t)
	a := automated(w)
	a.takes = 3 * enginetest.Later / 2
	ctx, end := context.WithCancel(t.Context())
	defer end()
	var dead atomic.Bool
	a.on(t, w.Stoppable(func(_ context.Context, c enginetest.Call) error {
		if c.Operation == "StartAutomationExecution" && c.Done {
			dead.Store(true)
			end()
		}
		if dead.Load() {
			return enginetest.ErrDead
		}
		return nil
	})).Handle(ctx, m)
	if len(a.started) != 1 || w.Only(t).Execution != nil {
		t.Fatalf("%d starts, %+v", len(a.started), w.Only(t).Execution)
	}
	w.Stop(t, "", "ada", "incident 7", 0)
	p := a.on(t, w.Stoppable())
	for range 2 {
		if len(w.Ledger.Locks()) == 0 {
			t.Error("others may write there")
		}
		w.Clock.Move(enginetest.Later)
		p.Handled(t, enginetest.Sweep())
	}
	r := w.Ended(t, run.StatusVerified)
	if len(a.started) != 1 {
		t.Errorf("%d starts", len(a.started))
	}
	w.Fixed(t, store, id)
	if !r.Undoable() {
		t.Error("it cannot be taken back")
	}
}
