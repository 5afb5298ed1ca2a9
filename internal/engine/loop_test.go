package engine_test

import (
	"maps"
	"testing"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
)

// loop is how updates come about, and what must come of it.
type loop struct {
	act     func(t *testing.T, w *enginetest.World, p *enginetest.Process, store, id string)
	runs    int
	puts    int
	updates int // rounds of our own updates after the first, until it is quiet
}

func loops() map[string]loop {
	return map[string]loop{
		"fixed": {
			act: func(*testing.T, *enginetest.World, *enginetest.Process, string, string) {}, runs: 1, puts: 1, updates: 1,
		},
		"fixed and taken back": { // the finding is NEW again, which is what the rule lets through
			act: func(t *testing.T, w *enginetest.World, p *enginetest.Process, _, id string) {
				p.Handled(t, w.Imported(t, id))
				if _, err := p.Undo(t.Context(), w.Only(t).ID, "alice"); err != nil {
					t.Fatal(err)
				}
			},
			runs: 2, puts: 2, updates: 0,
		},
		"taken back, then clicked": {
			act: func(t *testing.T, w *enginetest.World, p *enginetest.Process, _, id string) {
				p.Handled(t, w.Imported(t, id))
				if _, err := p.Undo(t.Context(), w.Only(t).ID, "alice"); err != nil {
					t.Fatal(err)
				}
				p.Handled(t, w.Click(t, id))
			},
			runs: 2, puts: 2, updates: 0,
		},
		"waits for approval": {
			act: func(_ *testing.T, w *enginetest.World, _ *enginetest.Process, _, _ string) {
				w.Config = enginetest.Modes(gate.Approve)
			},
			runs: 1, puts: 0, updates: 1,
		},
		"planned": { // nothing is said on the finding, so nothing comes back
			act: func(_ *testing.T, w *enginetest.World, _ *enginetest.Process, _, _ string) {
				w.Config = enginetest.Modes(gate.Plan)
			},
			runs: 1, puts: 0, updates: 0,
		},
		"manual": {
			act: func(_ *testing.T, w *enginetest.World, _ *enginetest.Process, _, _ string) {
				w.Config = enginetest.Modes(gate.Manual)
			},
			runs: 0, puts: 0, updates: 0,
		},
		"clicked and refused": {
			act: func(t *testing.T, w *enginetest.World, p *enginetest.Process, _, id string) {
				w.Config = enginetest.Modes(gate.Off)
				p.Handled(t, w.Click(t, id))
				w.Config = enginetest.Modes(gate.Auto)
			},
			runs: 1, puts: 1, updates: 1,
		},
	}
}

// buttonLoops are those of the buttons beside Remediate.
func buttonLoops() map[string]loop {
	return map[string]loop{
		"a plan by click": { // its note comes back while the finding is NEW
			act: func(t *testing.T, w *enginetest.World, p *enginetest.Process, _, id string) {
				w.Events()
				p.Handled(t, w.Press(t, names.ActionPlan, id))
			},
			runs: 1, puts: 0, updates: 0,
		},
		"an undo by click": {
			act: func(t *testing.T, w *enginetest.World, p *enginetest.Process, _, id string) {
				p.Handled(t, w.Imported(t, id))
				p.Handled(t, w.Press(t, names.ActionUndo, id))
			},
			runs: 2, puts: 2, updates: 0,
		},
		"nothing to take back": {
			act: func(t *testing.T, w *enginetest.World, p *enginetest.Process, _, id string) {
				w.Events()
				p.Handled(t, w.Press(t, names.ActionUndo, id))
			},
			runs: 0, puts: 0, updates: 0,
		},
	}
}

// TestOwnUpdatesDoNotLoop: Security Hub sends an event for every update of a
// finding, ours among them, and a control in mode auto acts on events. All of
// them are given back to the engine, also those that the rule would hold back.
func TestOwnUpdatesDoNotLoop(t *testing.T) {
	all := loops()
	maps.Copy(all, buttonLoops())
	for name, tc := range all {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			b := w.Store(t, nil)
			id := w.Report(t, enginetest.Spec(b))
			tc.act(t, w, p, b, id)
			rounds := -1
			for messages := w.Events(); len(messages) > 0; messages = w.Events() { // first the report itself
				if rounds++; rounds > 5 {
					t.Fatalf("no end: %+v", p.Audited())
				}
				p.Handled(t, messages...)
			}
			if n := len(w.Runs()); n != tc.runs {
				t.Errorf("%d runs, want %d: %+v", n, tc.runs, p.Audited())
			}
			if n := w.Puts(b); n != tc.puts {
				t.Errorf("%d writes, want %d", n, tc.puts)
			}
			if rounds != tc.updates {
				t.Errorf("quiet after %d rounds, want %d", rounds, tc.updates)
			}
		})
	}
}
