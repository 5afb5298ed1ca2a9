package engine_test

import (
	"strings"
	"testing"
	"time"

	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/run"
)

// TestWhatIsDoneDoesNotGiveWay: a later run has fixed the resource and only its
// findings wait for Security Hub. An undo of an earlier run does not throw that
// away; it is finished, and then it is the one to take back.
func TestWhatIsDoneDoesNotGiveWay(t *testing.T) {
	w := newWorld(t)
	p := w.start(t)
	b, id, first := w.repaired(t, p, nil)
	w.setFlags(t, b, block(true, true, false, true))
	w.mark(t, id, hubtypes.WorkflowStatusNew)
	w.clock.move(time.Minute)
	w.inject(t, lab.Fault{Service: "securityhub", Operation: "BatchUpdateFindings", Error: lab.Fault500})
	p.handle(t, w.imported(t, id))
	w.ClearFaults()
	runs := w.runs(t)
	if len(runs) != 2 || runs[1].State != run.StateRecorded {
		t.Fatalf("runs %+v, want the second to wait for Security Hub", runs)
	}
	_, err := p.Undo(t.Context(), first.ID, "bob")
	if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), "finished run "+runs[1].ID+" first") {
		t.Errorf("undo: %v", err)
	}
	second, err := p.Ledger.Get(t.Context(), runs[1].ID)
	if err != nil || second.Status != run.StatusVerified || second.State != run.StateClosed {
		t.Errorf("second run %+v, %v", second, err)
	}
	w.says(t, id, hubtypes.WorkflowStatusResolved)
	w.takenBack(t, p, second)
	w.flagged(t, b, block(true, true, false, true))
}
