package enginetest_test

import (
	"testing"

	"github.com/salve-security/salve/internal/engine/enginetest"
)

// TestRunAndUndo is the world's own test: a finding goes all the way, and back.
func TestRunAndUndo(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	before := enginetest.Block(true, false, false, false)
	store, id, r := w.Repaired(t, p, before)
	w.Fixed(t, store, id)
	w.TakenBack(t, p, r)
	w.Flagged(t, store, before)
}
