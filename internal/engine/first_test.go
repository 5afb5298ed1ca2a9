package engine_test

import (
	"testing"

	"github.com/salve-security/salve/internal/run"
)

// TestRunAndUndo is the world's own test: a finding goes all the way, and back.
func TestRunAndUndo(t *testing.T) {
	w := newWorld(t)
	before := block(true, false, false, false)
	b := w.bucket(t, before)
	id := w.report(t, w.spec(b))
	p := w.start(t)
	p.handle(t, w.imported(t, id))
	w.fixed(t, b, id)
	undo, err := p.Undo(t.Context(), w.only(t).ID, "tester")
	if err != nil || undo.Status != run.StatusUndone {
		t.Fatalf("undo: %v %+v", err, undo)
	}
	w.flagged(t, b, before)
}
