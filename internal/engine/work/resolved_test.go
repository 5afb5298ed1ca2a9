package work_test

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// TestRefusalLeavesResolvedAlone: who clicks on a finding that Salve resolved, and is refused, leaves the proof and
// the way back where they are, whatever refuses.
func TestRefusalLeavesResolvedAlone(t *testing.T) {
	type refusal func(t *testing.T, w *enginetest.World, p *enginetest.Process, store string, r *run.Run)
	for name, refuse := range map[string]refusal{
		"off": func(_ *testing.T, w *enginetest.World, _ *enginetest.Process, _ string, _ *run.Run) {
			w.Config = enginetest.Modes(gate.Off)
		},
		"a stop": func(t *testing.T, w *enginetest.World, p *enginetest.Process, _ string, _ *run.Run) {
			t.Helper()
			w.Stop(t, "", "ann", "a change freeze", 0)
			p.Stops = w.Stops()
		},
		"bad parameters": func(_ *testing.T, w *enginetest.World, _ *enginetest.Process, _ string, _ *run.Run) {
			w.Config.Controls["Store.3"] = gate.Rule{Mode: gate.Auto, Parameters: map[string]any{"nonsense": 1}}
		},
		"a hold": func(t *testing.T, w *enginetest.World, _ *enginetest.Process, _ string, r *run.Run) {
			t.Helper()
			hold := run.Hold{Until: w.Clock.Now().Add(enginetest.Later), By: "ann", Reason: "hands off"}
			if err := w.Ledger.KeepOff(t.Context(), r.Key, hold); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			store, id, r := w.Repaired(t, p, nil)
			w.Shows(t, id, finding.Resolved, "Undo: salve undo "+r.ID)
			refuse(t, w, p, store, r)
			p.Handled(t, w.Click(t, id))
			w.Shows(t, id, finding.Resolved, "Undo: salve undo "+r.ID)
		})
	}
}

// TestRefusedRunLeavesResolvedAlone: so does a run that waited and is refused then; a finding that is not resolved
// hears of it.
func TestRefusedRunLeavesResolvedAlone(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	store, id, r := w.Repaired(t, p, nil)
	w.SetFlags(t, store, nil)
	w.Clock.Move(time.Second)
	open := w.Numbered(t, enginetest.Spec(store), 7)
	w.Fail("GetBlock", enginetest.Throttled())
	p.Handled(t, w.Click(t, id, open))
	w.Heal()
	w.Config = enginetest.Modes(gate.Off)
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	if runs := w.Runs(); len(runs) != 2 || runs[1].Status != run.StatusRefused {
		t.Fatalf("runs %+v, %+v", runs[0], runs[1])
	}
	w.Shows(t, id, finding.Resolved, "Undo: salve undo "+r.ID)
	w.Shows(t, open, finding.Notified, "did not act")
}
