package engine_test

import (
	"testing"

	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/run"
)

// TestUndoReopensWhatSiblingsResolved: their findings say RESOLVED because Salve
// saw them met; Security Hub would leave it so. A suppressed one stays.
func TestUndoReopensWhatSiblingsResolved(t *testing.T) {
	for name, tt := range map[string]struct {
		asked  work.Takeback
		status hubtypes.WorkflowStatus
	}{
		"told":     {work.Takeback{}, hubtypes.WorkflowStatusNew},
		"not told": {work.Takeback{NoFindings: true}, hubtypes.WorkflowStatusResolved},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.start(t)
			b, id, r := w.repaired(t, p, nil)
			var siblings []string
			for _, control := range []string{"S3.2", "S3.3"} {
				spec := w.spec(b)
				spec.Control = control
				sibling := w.report(t, spec)
				p.handle(t, w.imported(t, sibling))
				w.says(t, sibling, hubtypes.WorkflowStatusResolved)
				siblings = append(siblings, sibling)
			}
			w.mark(t, siblings[1], "SUPPRESSED")
			tt.asked.Run, tt.asked.Actor = r.ID, "alice"
			if undo, err := p.TakeBack(t.Context(), tt.asked); err != nil || undo.Status != run.StatusUndone {
				t.Fatalf("undo %+v, %v", undo, err)
			}
			w.says(t, id, tt.status)
			w.says(t, siblings[0], tt.status)
			w.says(t, siblings[1], hubtypes.WorkflowStatusSuppressed)
			if tt.status == hubtypes.WorkflowStatusNew {
				w.shows(t, siblings[0], tt.status, "fix of S3.2 was taken back by alice", "undo of a fix of S3.8 put the same")
			}
		})
	}
}
