package settle_test

import (
	"testing"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// TestUndoReopensWhatSiblingsResolved: their findings say RESOLVED because Salve
// saw them met; Security Hub would leave it so. A suppressed one stays.
func TestUndoReopensWhatSiblingsResolved(t *testing.T) {
	for name, tt := range map[string]struct {
		asked  work.Takeback
		status string
	}{
		"told":     {work.Takeback{}, finding.New},
		"not told": {work.Takeback{NoFindings: true}, finding.Resolved},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			b, id, r := w.Repaired(t, p, nil)
			var siblings []string
			for _, control := range []string{"Store.1", "Store.2"} {
				spec := enginetest.Spec(b)
				spec.Control = control
				sibling := w.Report(t, spec)
				p.Handled(t, w.Imported(t, sibling))
				w.Says(t, sibling, finding.Resolved)
				siblings = append(siblings, sibling)
			}
			w.Mark(t, siblings[1], "SUPPRESSED")
			tt.asked.Run, tt.asked.Actor = r.ID, "alice"
			if undo, err := p.TakeBack(t.Context(), tt.asked); err != nil || undo.Status != run.StatusUndone {
				t.Fatalf("undo %+v, %v", undo, err)
			}
			w.Says(t, id, tt.status)
			w.Says(t, siblings[0], tt.status)
			w.Says(t, siblings[1], finding.Suppressed)
			if tt.status == finding.New {
				w.Shows(t, siblings[0], tt.status, "fix of Store.1 was taken back by alice",
					"undo of a fix of Store.3 put the same")
			}
		})
	}
}
