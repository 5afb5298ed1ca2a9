package sweep_test

import (
	"testing"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
)

// TestEverySweepIsHeardOf: in a quiet hour, where it finds work, and where each of its calls fails. The alarm rings
// where there is none, and nowhere else.
func TestEverySweepIsHeardOf(t *testing.T) {
	scenes := map[string]func(t *testing.T, w *enginetest.World){
		"nothing is due": func(*testing.T, *enginetest.World) {},
		"a run is due":   func(t *testing.T, w *enginetest.World) { w.Waiting(t, false) },
		"an account lacks its role": func(t *testing.T, w *enginetest.World) {
			w.Distrust(enginetest.Member)
			w.Start().Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))))
		},
	}
	for name, scene := range scenes {
		for _, operation := range []string{"", "Due", "Accounts", "Untold", "Unconfirmed", "Take", "AssumeRole"} {
			t.Run(name+", "+operation, func(t *testing.T) {
				w := enginetest.New(t)
				scene(t, w)
				w.Clock.Move(enginetest.Later)
				w.Fail(operation, enginetest.Down())
				p := w.Start()
				p.Handle(t.Context(), enginetest.Sweep())
				if n := p.Beats(); n != 1 {
					t.Errorf("heard of %d sweeps, want one", n)
				}
			})
		}
	}
}

// TestNoSweepNoBeat: other messages are no sign that what waits goes on. Of many sweeps in a batch one is enough.
func TestNoSweepNoBeat(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
	p.Handled(t, w.Imported(t, id), w.Click(t, id), enginetest.Check("r0000000000000000"))
	if n := p.Beats(); n != 0 {
		t.Errorf("heard of %d sweeps, want none", n)
	}
	var flood []engine.Message
	for range 10 {
		flood = append(flood, enginetest.Sweep())
	}
	w.ClearCalls()
	p.Handled(t, flood...)
	due := 0
	for _, c := range w.Calls() {
		if c.Operation == "Due" {
			due++
		}
	}
	if n := p.Beats(); n != 1 || due != 1 {
		t.Errorf("%d sweeps, which looked %d times", n, due)
	}
}
