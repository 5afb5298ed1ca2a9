package work_test

import (
	"testing"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// TestNoteKeepsTheRest: of an undo in part, the note of whoever is refused since still has how the rest is put back.
func TestNoteKeepsTheRest(t *testing.T) {
	for name, ask := range map[string]func(*enginetest.World, string) engine.Message{
		"on hold": func(w *enginetest.World, id string) engine.Message { return w.Click(t, id) },
		"off": func(w *enginetest.World, id string) engine.Message {
			w.Config = enginetest.Modes(gate.Off)
			return w.Press(t, names.ActionUndo, id)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			rack := racked(t, p)
			id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
			p.Handled(t, w.Imported(t, id))
			fix := w.Ended(t, run.StatusVerified)
			rack.k, rack.ends = 2, answers("LimitExceededException")
			undo, err := p.Undo(t.Context(), fix.ID, "alice")
			if err != nil || undo.Status != run.StatusUndoneInPart {
				t.Fatalf("undo %+v, %v", undo, err)
			}
			w.Mark(t, id, finding.Notified) // somebody has seen it
			p.Handled(t, ask(w, id))
			w.Shows(t, id, finding.Notified, "Taken back in part "+plain.Minute(undo.Finished)+" by run "+undo.ID,
				"salve undo "+fix.ID+" --yes")
		})
	}
}
