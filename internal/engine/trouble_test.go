package engine_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/securityhub"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
)

// TestTrouble lets every single call of a run go wrong in every way. Nothing
// is lost, nothing is done twice, and nothing is called resolved that is not.
func TestTrouble(t *testing.T) {
	eachCall(t, func(name string, tr trigger, c enginetest.Call) {
		for kind, trouble := range enginetest.Troubles() {
			t.Run(name+" "+kind, func(t *testing.T) { survives(t, tr, c.N, trouble) })
		}
	})
}

func survives(t *testing.T, tr trigger, at int, trouble enginetest.Trouble) {
	w, store, id, m := tr.scene(t)
	var over, hit atomic.Bool
	p := w.Start(honest(t, w, store), trouble.At(at, &over, &hit))
	failed := p.Handle(t.Context(), m)
	if over.Store(true); !hit.Load() {
		t.Fatalf("the run had no call %d", at)
	}
	w.Clock.Move(enginetest.Later)
	if len(failed) > 0 {
		p.Handled(t, m) // else it was acknowledged, and nobody sends it again
	}
	p.Handled(t, enginetest.Sweep())
	w.Fixed(t, store, id)
	final(t, w, p, tr, m, store, id)
}

// honest looks at the store whenever a finding is about to be called resolved.
func honest(t *testing.T, w *enginetest.World, store string) enginetest.Hook {
	return func(_ context.Context, c enginetest.Call) error {
		in, ok := c.Input.(*securityhub.BatchUpdateFindingsInput)
		if ok && !c.Done && in.Workflow.Status == finding.Resolved && !w.Blocked(store) {
			t.Errorf("RESOLVED while the store is open: %+v", w.Flags(store))
		}
		return nil
	}
}
