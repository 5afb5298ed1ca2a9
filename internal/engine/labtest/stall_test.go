package labtest

import (
	"context"
	"fmt"
	"testing"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
)

// TestStall holds a process at every single call of a run until its lease is
// over and another has finished the run. When it goes on, it does no harm: what
// it still writes is what the resource has already.
func TestStall(t *testing.T) {
	for _, tr := range triggers() {
		for _, c := range tr.calls(t) {
			for _, done := range []bool{false, true} {
				d := enginetest.Death{At: c.n, Done: done}
				t.Run(fmt.Sprintf("%s/%02d %s %s", tr.name, c.n, c.operation, d), func(t *testing.T) { stall(t, tr, d) })
			}
		}
	}
}

func stall(t *testing.T, tr trigger, d enginetest.Death) {
	w := newWorld(t)
	bucket, id, m := tr.scene(w, t)
	next := w.start(t)
	stalled := w.start(t, w.honest(t, bucket), func(
		ctx context.Context, c call, do func(context.Context) error,
	) (err error) {
		if c.n != d.At {
			return do(ctx)
		}
		if d.Done {
			err = do(ctx)
		}
		w.clock.Move(enginetest.Later)
		again(t, w, next, id, m)
		w.fixed(t, bucket, id)
		if d.Done {
			return err
		}
		return do(ctx)
	})
	stalled.Handle(t.Context(), []engine.Message{m})
	if n := w.puts(bucket); n > 2 {
		t.Errorf("%d writes to the bucket, want no more than one each", n)
	}
	w.settled(t, bucket, id)
	w.clock.Move(enginetest.Later)
	next.handle(t, m, enginetest.Sweep())
	w.settled(t, bucket, id)
	if n := fixes(next, stalled); n != 1 {
		t.Errorf("people were told %d times, want once", n)
	}
	w.undone(t, next, bucket, tr.before)
}
