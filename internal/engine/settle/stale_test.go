package settle_test

import (
	"testing"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// unheard is a run that was denied while Security Hub took no note.
func unheard(t *testing.T) (w *enginetest.World, id string) {
	t.Helper()
	w = enginetest.New(t)
	id = w.Report(t, enginetest.Spec(w.Store(t, nil)))
	w.Forbid("store:PutBlock", "identity-based policy")
	w.Fail("BatchUpdateFindings", enginetest.Down())
	w.Start().Handled(t, w.Imported(t, id))
	w.Heal()
	if r := w.Only(t); r.State != run.StateRecorded || r.Status != run.StatusDenied {
		t.Fatalf("run is %s %s", r.State, r.Status)
	}
	w.Clock.Move(enginetest.Later)
	return w, id
}

// TestLateAnswerLeavesWhatPeopleWrote: an outcome that Security Hub hears of late is not written over what a person has
// suppressed meanwhile, and goes behind what somebody else has written.
func TestLateAnswerLeavesWhatPeopleWrote(t *testing.T) {
	t.Run("suppressed", func(t *testing.T) {
		w, id := unheard(t)
		w.Comment(t, id, finding.Suppressed, "accepted until May")
		w.Start().Handled(t, enginetest.Sweep())
		w.Ended(t, run.StatusDenied)
		if f := w.Finding(t, id); f.Workflow.Status != finding.Suppressed || f.Note.Text != "accepted until May" {
			t.Errorf("finding is %+v", f)
		}
	})
	t.Run("a note", func(t *testing.T) {
		w, id := unheard(t)
		w.Comment(t, id, finding.New, "who owns this?")
		w.Start().Handled(t, enginetest.Sweep())
		w.Ended(t, run.StatusDenied)
		w.Shows(t, id, finding.Notified, `Note before: "who owns this?" Salve could not fix`)
	})
	t.Run("no look-up", func(t *testing.T) {
		w, id := unheard(t)
		w.Fail("GetFindings", enginetest.Down())
		w.Start().Handled(t, enginetest.Sweep())
		if r := w.Only(t); r.State != run.StateRecorded {
			t.Errorf("run is %s: nothing may be said on a stale copy", r.State)
		}
		w.Untouched(t, id)
	})
}

// TestPromptAnswerCostsNoLookUp: within a minute of its claim a run answers on what it knows.
func TestPromptAnswerCostsNoLookUp(t *testing.T) {
	w := enginetest.New(t)
	id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
	m := w.Imported(t, id)
	w.ClearCalls()
	w.Start().Handled(t, m)
	w.Says(t, id, finding.Resolved)
	if n := w.Looks(); n != 0 {
		t.Errorf("%d look-ups, want none", n)
	}
}
