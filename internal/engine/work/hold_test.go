package work_test

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// held is a world in which a fix was just taken back.
func held(t *testing.T) (w *enginetest.World, p *enginetest.Process, store, finding string) {
	t.Helper()
	w = enginetest.New(t)
	p = w.Start()
	store, finding, r := w.Repaired(t, p, nil)
	if _, err := p.Undo(t.Context(), r.ID, "alice"); err != nil {
		t.Fatal(err)
	}
	w.ClearCalls()
	return w, p, store, finding
}

// TestUndoLeavesAHold: what a person took back is not fixed again by itself.
func TestUndoLeavesAHold(t *testing.T) {
	t.Run("imported", func(t *testing.T) {
		w, p, b, id := held(t)
		p.Handled(t, w.Imported(t, id))
		if len(w.Written()) > 0 || w.Flags(b) != nil || len(w.Runs()) != 2 {
			t.Errorf("written %+v, flags %+v, %d runs: want nothing done", w.Written(), w.Flags(b), len(w.Runs()))
		}
		w.Shows(t, id, finding.New, "taken back")
	})
	t.Run("click", func(t *testing.T) {
		w, p, b, id := held(t)
		p.Handled(t, w.Click(t, id))
		if w.Flags(b) != nil || w.Puts(b) != 0 || len(w.Runs()) != 2 {
			t.Errorf("flags %+v, %d writes, %d runs: want nothing done", w.Flags(b), w.Puts(b), len(w.Runs()))
		}
		w.Shows(t, id, finding.Notified, "on hold", "was taken back",
			w.Clock.Now().AddDate(0, 0, 7).UTC().Format("2006-01-02"))
	})
	t.Run("operator", func(t *testing.T) {
		w, p, b, _ := held(t)
		r, err := p.Apply(t.Context(), enginetest.Wish(b))
		if err != nil || r.Status != run.StatusVerified || !w.Blocked(b) {
			t.Errorf("apply %+v, %v, flags %+v: the operator insists", r, err, w.Flags(b))
		}
	})
}

// TestHoldIsBounded: in time, and to the one store.
func TestHoldIsBounded(t *testing.T) {
	t.Run("imported a week later", func(t *testing.T) {
		w, p, b, id := held(t)
		w.Clock.Move(7*24*time.Hour + time.Second)
		p.Handled(t, w.Imported(t, id))
		if !w.Blocked(b) {
			t.Errorf("flags %+v: the hold has ended", w.Flags(b))
		}
	})
	t.Run("another store", func(t *testing.T) {
		w, p, _, _ := held(t)
		b := w.Store(t, nil)
		p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(b))))
		if !w.Blocked(b) {
			t.Errorf("flags %+v: the hold is of one store", w.Flags(b))
		}
	})
}
