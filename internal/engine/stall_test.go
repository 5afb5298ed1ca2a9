package engine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/salve-security/salve/internal/engine/enginetest"
)

// TestStall holds a process at every single call of a run until its lease is
// over and another has finished the run. When it goes on, it does no harm: what
// it still writes is what the resource has already.
func TestStall(t *testing.T) {
	eachCall(t, func(name string, tr trigger, c enginetest.Call) {
		for _, d := range deaths(c) {
			t.Run(fmt.Sprintf("%s %s", name, d), func(t *testing.T) { stall(t, tr, d) })
		}
	})
}

func stall(t *testing.T, tr trigger, d enginetest.Death) {
	w, store, id, m := tr.scene(t)
	next := w.Start()
	stalled := w.Start(honest(t, w, store), func(_ context.Context, c enginetest.Call) error {
		if c.N == d.At && c.Done == d.Done {
			w.Clock.Move(enginetest.Later)
			again(t, w, next, id, m)
			w.Fixed(t, store, id)
		}
		return nil
	})
	stalled.Handle(t.Context(), m)
	if n := w.Puts(store); n > 2 {
		t.Errorf("%d writes to the store, want no more than one each", n)
	}
	w.Settled(t, store, id)
	w.Clock.Move(enginetest.Later)
	next.Handled(t, m, enginetest.Sweep())
	w.Settled(t, store, id)
	if n := enginetest.Fixes(next, stalled); n != 1 {
		t.Errorf("people were told %d times, want once", n)
	}
	w.TakenBack(t, next, w.Only(t))
	w.Flagged(t, store, tr.before)
}
