package work_test

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// keepOff holds Store.3 off a store.
func keepOff(t *testing.T, w *enginetest.World, store string) {
	t.Helper()
	key := run.Key{
		Account: enginetest.Member, Scope: enginetest.Region, Control: "Store.3", Resource: store,
	}
	err := w.Ledger.KeepOff(t.Context(), key, run.Hold{
		Until: w.Clock.Now().Add(7 * 24 * time.Hour), By: "alice", Reason: "run r1 was taken back",
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWaitingRunAsksAgain: a run that waited acts only if it still may. What
// people decided meanwhile counts, and what they wrote on findings stays.
func TestWaitingRunAsksAgain(t *testing.T) {
	exception := gate.Exception{
		Control: "Store.3", Resource: "*", Reason: "static site", Owner: "web@example.org",
		Expires: gate.Date{Day: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)},
	}
	now := func(m gate.Mode) func(*enginetest.World, string, string) {
		return func(w *enginetest.World, _, _ string) { w.Config = enginetest.Modes(m) }
	}
	tests := map[string]struct {
		clicked   bool
		meanwhile func(w *enginetest.World, store, id string)
		acts      bool
		workflow  string
	}{
		"nothing":                    {false, func(*enginetest.World, string, string) {}, true, "RESOLVED"},
		"switched to manual":         {false, now(gate.Manual), false, "NEW"},
		"switched off":               {false, now(gate.Off), false, "NEW"},
		"switched off after a click": {true, now(gate.Off), false, "NOTIFIED"},
		"only a plan now":            {false, now(gate.Plan), false, "NEW"},
		"an approval now":            {false, now(gate.Approve), false, "NOTIFIED"},
		"an exception": {
			false, func(w *enginetest.World, _, _ string) { w.Config.Exceptions = []gate.Exception{exception} }, false, "NEW",
		},
		"held by an undo of a sibling": {
			false, func(w *enginetest.World, store, _ string) { keepOff(t, w, store) }, false, "NEW",
		},
		"held after a click": {
			true, func(w *enginetest.World, store, _ string) { keepOff(t, w, store) }, false, "NOTIFIED",
		},
		"suppressed": {
			false, func(w *enginetest.World, _, id string) { w.Mark(t, id, "SUPPRESSED") }, false, "SUPPRESSED",
		},
		"suppressed after a click": {
			true, func(w *enginetest.World, _, id string) { w.Mark(t, id, "SUPPRESSED") }, false, "SUPPRESSED",
		},
		"archived": {
			false, func(w *enginetest.World, store, _ string) {
				spec := enginetest.Spec(store)
				spec.RecordState, spec.At = "ARCHIVED", w.Clock.Now().Add(time.Second)
				w.Report(t, spec)
			}, false, "NEW",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			store, id := w.Waiting(t, tt.clicked)
			tt.meanwhile(w, store, id)
			w.Clock.Move(enginetest.Later)
			w.Start().Handled(t, enginetest.Sweep())
			if got := w.Blocked(store); got != tt.acts {
				t.Errorf("acted: %v, want %v", got, tt.acts)
			}
			w.Says(t, id, tt.workflow)
			if r := w.Only(t); r.State != run.StateClosed || len(w.Ledger.Locks()) > 0 {
				t.Errorf("run is %s, %s; locks %v", r.State, r.Status, w.Ledger.Locks())
			}
		})
	}
}

// TestSuppressedIsNotWrittenOn: of three findings of one store a person suppressed one while the run waited. It is
// carried out for the others, and the one stays as he left it.
func TestSuppressedIsNotWrittenOn(t *testing.T) {
	w := enginetest.New(t)
	store := w.Store(t, nil)
	ids := w.ThreeStandards(t, store)
	w.Fail("GetBlock", enginetest.Throttled())
	w.Start().Handled(t, w.Imported(t, ids...))
	w.Heal()
	w.Mark(t, ids[1], "SUPPRESSED")
	w.Clock.Move(enginetest.Later)
	w.Start().Handled(t, enginetest.Sweep())
	w.Ended(t, run.StatusVerified)
	for i, want := range []string{"RESOLVED", "SUPPRESSED", "RESOLVED"} {
		w.Says(t, ids[i], want)
	}
}
