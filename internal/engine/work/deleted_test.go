package work_test

import (
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// TestClickOnDeletedWork: a click on work whose open run somebody deleted ends in a note that says so and how the work
// is released, and begins nothing: the deleted run may have written, and its plan is lost. After the release a click
// works as ever.
func TestClickOnDeletedWork(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	store, id := w.Waiting(t, false)
	open := w.Only(t)
	w.Ledger.Forget(open.ID)
	p.Handled(t, w.Click(t, id))
	w.Shows(t, id, finding.Notified, "Run "+open.ID+" has this work", "somebody deleted it",
		"nobody knows what it has changed", "To do: salve locks release 'work#")
	if w.Flags(store) != nil {
		t.Errorf("flags %+v", w.Flags(store))
	}
	released(t, w, open)
	p.Handled(t, w.Click(t, id))
	w.Shows(t, id, finding.Resolved, "Salve fixed Store.3")
}

// TestUndoOfDeletedWork: so does a click on Salve: undo, and what is fixed stays fixed, with its proof.
func TestUndoOfDeletedWork(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	store, id, fix := w.Repaired(t, p, nil)
	w.Clock.Move(time.Minute)
	w.Mark(t, id, finding.New)
	w.Fail("GetBlock", enginetest.Throttled())
	p.Handled(t, w.Imported(t, id))
	w.Heal()
	open := w.Runs()[1]
	w.Mark(t, id, finding.Resolved)
	w.Ledger.Forget(open.ID)
	p.Handled(t, w.Press(t, names.ActionUndo, id))
	w.Shows(t, id, finding.Resolved, "did not take back its fix of Store.3", "Run "+open.ID+" has this work",
		"To do: salve locks release 'work#", "Fix verified "+plain.Minute(fix.Finished)+" by run "+fix.ID,
		"Undo: salve undo "+fix.ID+" --yes")
	if !w.Blocked(store) {
		t.Errorf("flags %+v", w.Flags(store))
	}
	released(t, w, open)
	w.Clock.Move(time.Minute)
	p.Handled(t, w.Press(t, names.ActionUndo, id))
	w.Shows(t, id, finding.New, "taken back by somebody who clicked")
}

// TestReleaseOfALongName: half a command is none.
func TestReleaseOfALongName(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	store := w.StoreNamed(t, "arn:aws:store:::s-"+strings.Repeat("x", 61))
	id := w.Report(t, enginetest.Spec(store))
	w.Fail("GetBlock", enginetest.Throttled())
	p.Handled(t, w.Imported(t, id))
	w.Heal()
	w.Ledger.Forget(w.Only(t).ID)
	p.Handled(t, w.Click(t, id))
	w.Shows(t, id, finding.Notified, "To do: salve locks list Store.3 RESOURCE, then salve locks release ITEM")
}

// TestClickOnADeletedPlan: so does the button that shows a plan.
func TestClickOnADeletedPlan(t *testing.T) {
	w := enginetest.New(t)
	id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
	p := w.Start()
	w.Fail("GetBlock", enginetest.Throttled())
	p.Handled(t, w.Press(t, names.ActionPlan, id))
	w.Heal()
	w.Ledger.Forget(w.Only(t).ID)
	p.Handled(t, w.Press(t, names.ActionPlan, id))
	w.Shows(t, id, finding.New, "did not plan a fix of Store.3", "somebody deleted it", "salve locks release 'work#plan#")
}

// TestClickBehindADeletedRun: who clicks on what waits for the lock of a run that somebody deleted reads for what, and
// it is done when that is released.
func TestClickBehindADeletedRun(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	store, _ := w.Waiting(t, false)
	open := w.Only(t)
	w.Ledger.Forget(open.ID)
	id := w.Of(t, "Store.1", store)
	p.Handled(t, w.Click(t, id))
	w.Shows(t, id, finding.Notified, "has not acted on Store.1 yet", "which run "+open.ID+" has",
		"somebody deleted that run", "To do: salve locks release 'lock#")
	released(t, w, open)
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	w.Shows(t, id, finding.Resolved, "Salve fixed Store.1")
}

// TestReportOfDeletedWork: a report of such work is no answer to anybody. Its message is kept.
func TestReportOfDeletedWork(t *testing.T) {
	w := enginetest.New(t)
	_, id := w.Waiting(t, false)
	w.Ledger.Forget(w.Only(t).ID)
	if failed := w.Start().Handle(t.Context(), w.Imported(t, id)); len(failed) != 1 {
		t.Errorf("messages to come again: %v", failed)
	}
	w.Untouched(t, id)
}

// released gives back what a run has that was deleted.
func released(t *testing.T, w *enginetest.World, open *run.Run) {
	t.Helper()
	items := []string{"work#" + open.Key.String()}
	for _, lock := range open.Locks {
		items = append(items, run.LockPrefix+lock)
	}
	left, err := w.Ledger.Left(t.Context(), items...)
	if err != nil || len(left) == 0 {
		t.Fatalf("left %+v of %q, %v", left, items, err)
	}
	for _, l := range left {
		if ok, err := w.Ledger.GiveBack(t.Context(), l, w.Clock.Now()); !ok || err != nil {
			t.Fatalf("release %+v: %v, %v", l, ok, err)
		}
	}
}
