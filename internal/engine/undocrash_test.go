package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/salve-security/salve/internal/run"
)

// repair is a bucket that was fixed, ready to be taken back.
func (w *world) repair(t *testing.T, before *types.PublicAccessBlockConfiguration) (bucket, id, fix string) {
	t.Helper()
	bucket = w.bucket(t, before)
	id = w.report(t, w.spec(bucket))
	w.start(t).handle(t, w.imported(t, id))
	w.fixed(t, bucket, id)
	w.clock.move(time.Second) // ids of runs sort by time
	return bucket, id, w.only(t).ID
}

// undoing is the work of a command line that takes a run back.
func undoing(fix string) func(context.Context, *process) {
	return func(ctx context.Context, p *process) { _, _ = p.Undo(ctx, fix, "tester") }
}

// TestUndoCrash kills the command line at every single call of an undo. The
// sweep of the hub finishes it; before its claim nothing has happened.
func TestUndoCrash(t *testing.T) {
	w := newWorld(t)
	_, _, fix := w.repair(t, nil)
	var calls []call
	undoing(fix)(t.Context(), w.start(t, func(ctx context.Context, c call, do func(context.Context) error) error {
		calls = append(calls, c)
		return do(ctx)
	}))
	for _, c := range calls {
		for done, before := range map[bool]*types.PublicAccessBlockConfiguration{
			false: block(true, false, false, false), true: nil,
		} {
			d := death{at: c.n, done: done}
			t.Run(fmt.Sprintf("%02d %s %s", c.n, c.operation, d), func(t *testing.T) { undoCrash(t, before, d) })
		}
	}
}

func undoCrash(t *testing.T, before *types.PublicAccessBlockConfiguration, d death) {
	w := newWorld(t)
	bucket, id, fix := w.repair(t, before)
	w.die(t, d, undoing(fix))
	w.clock.move(later)
	p := w.start(t)
	p.handle(t, sweep())
	if len(w.runs(t)) == 1 {
		w.fixed(t, bucket, id)
		if _, err := p.Undo(t.Context(), fix, "tester"); err != nil {
			t.Fatal(err)
		}
	}
	w.flagged(t, bucket, before)
	w.says(t, id, "NEW")
	runs := w.runs(t)
	if len(runs) != 2 {
		t.Fatalf("%d runs, want fix and undo: %+v", len(runs), runs)
	}
	if undo := runs[1]; undo.State != run.StateClosed || undo.Status != run.StatusUndone || runs[0].UndoneBy != undo.ID {
		t.Errorf("undo is %s, %s (%s); the fix was undone by %q", undo.State, undo.Status, undo.Reason, runs[0].UndoneBy)
	}
	if locks := w.locks(t); len(locks) > 0 {
		t.Errorf("locks left: %v", locks)
	}
	// The hold holds: the finding as it is now starts nothing.
	p.handle(t, w.imported(t, id), sweep())
	w.flagged(t, bucket, before)
	if n := w.puts(bucket); n != 2 {
		t.Errorf("%d writes to the bucket, want the fix and its undo", n)
	}
}
