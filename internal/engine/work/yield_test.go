package work_test

import (
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// TestWhatIsDoneDoesNotGiveWay: a later run has fixed the resource and only its
// findings wait for Security Hub. An undo of an earlier run does not throw that
// away; it is finished, and then it is the one to take back.
func TestWhatIsDoneDoesNotGiveWay(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	b, id, first := w.Repaired(t, p, nil)
	w.SetFlags(t, b, enginetest.Block(true, true, false, true))
	w.Mark(t, id, finding.New)
	w.Clock.Move(time.Minute)
	w.Fail("BatchUpdateFindings", enginetest.Down())
	p.Handled(t, w.Imported(t, id))
	w.Heal()
	runs := w.Runs()
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
	w.Says(t, id, finding.Resolved)
	w.TakenBack(t, p, second)
	w.Flagged(t, b, enginetest.Block(true, true, false, true))
}

// TestUndoUnderAStop: a run of the same work that waits and has written nothing
// gives way. It would have to wait for the end of the stop, and then come first.
func TestUndoUnderAStop(t *testing.T) {
	w := enginetest.New(t)
	p := w.Stoppable()
	before := enginetest.Block(true, false, false, false)
	b := w.Store(t, before)
	id := w.Of(t, "Store.3", b)
	p.Handled(t, w.Imported(t, id))
	fix := w.Only(t)
	w.Mark(t, id, finding.New)
	w.Fail("GetBlock", enginetest.Throttled())
	p.Handled(t, w.Imported(t, id))
	w.Heal()
	if n := len(w.Runs()); n != 2 {
		t.Fatalf("%d runs, want one that waits", n)
	}
	w.Stop(t, "", "ada", "incident 7", 0)
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	undo, err := p.Undo(t.Context(), fix.ID, "bob")
	if err != nil || undo.Status != run.StatusUndone {
		t.Fatalf("undo: %v %+v", err, undo)
	}
	w.Flagged(t, b, before)
	w.Shows(t, id, finding.New, "taken back by bob")
	for _, r := range w.Runs() {
		waited := r.ID != fix.ID && r.ID != undo.ID
		if r.State != run.StateClosed || waited && !strings.Contains(r.Reason, "bob takes run "+fix.ID) {
			t.Errorf("run %s is %s %s: %s", r.ID, r.State, r.Status, r.Reason)
		}
	}
}
