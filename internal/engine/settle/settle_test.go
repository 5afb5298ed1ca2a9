package settle_test

import (
	"context"
	"testing"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
)

// TestOldProofOfALostRunIsNotSaid: a process stalls right after its proof, until
// another has finished the run and somebody has opened the store again. What the
// first has seen is not true any more, and it says nothing.
func TestOldProofOfALostRunIsNotSaid(t *testing.T) {
	w := enginetest.New(t)
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	next, reads := w.Start(), 0
	stalled := w.Start(func(_ context.Context, c enginetest.Call) error {
		if c.Operation != "GetBlock" || !c.Done {
			return nil
		}
		if reads++; reads == 2 { // the first is the plan's
			w.Clock.Move(enginetest.Later)
			next.Handled(t, enginetest.Sweep())
			w.Fixed(t, store, id)
			w.SetFlags(t, store, enginetest.Block(false, false, false, false))
			w.Mark(t, id, finding.New)
		}
		return nil
	})
	stalled.Handled(t, w.Imported(t, id))
	if w.Says(t, id, finding.New); reads != 2 {
		t.Errorf("%d reads", reads)
	}
	lost := 0
	for _, line := range stalled.Audited() {
		if line.Event == audit.Lost {
			lost++
		}
	}
	if lost != 1 {
		t.Errorf("%d audit lines say that the run was lost: %+v", lost, stalled.Audited())
	}
}
