package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// disputes is how often people were told that Security Hub disagrees.
func disputes(notices []notice.Notice) int {
	n := 0
	for _, one := range notices {
		if one.Kind == notice.Disputed {
			n++
		}
	}
	return n
}

// meanwhile calls do before the first call of an operation.
func meanwhile(operation string, do func()) hook {
	done := false
	return func(ctx context.Context, c call, through func(context.Context) error) error {
		if c.operation == operation && !done {
			done = true
			do()
		}
		return through(ctx)
	}
}

// looks calls do right after a sweep has found whom to tell.
func looks(do func()) hook {
	return func(ctx context.Context, c call, through func(context.Context) error) error {
		err := through(ctx)
		if in, ok := c.input.(*dynamodb.QueryInput); ok {
			if shard, ok := in.ExpressionAttributeValues[":shard"].(*types.AttributeValueMemberS); ok && shard.Value == "tell" {
				do()
			}
		}
		return err
	}
}

// TestTwoSweepsTellOnce: whatever a sweep is at when another begins, one of
// them tells people.
func TestTwoSweepsTellOnce(t *testing.T) {
	tests := map[string]func(w *world, t *testing.T, other func()) *process{
		"while it looks": func(w *world, t *testing.T, other func()) *process { return w.start(t, looks(other)) },
		"while it tells": func(w *world, t *testing.T, other func()) *process {
			p := w.start(t)
			p.Tell = func(ctx context.Context, n notice.Notice) error {
				other()
				return p.tell(ctx, n)
			}
			return p
		},
	}
	for name, begin := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			second := w.start(t)
			second.handle(t, w.imported(t, w.report(t, w.spec(w.bucket(t, nil)))))
			w.clock.move(later)
			first := begin(w, t, func() { second.handle(t, sweep()) })
			first.handle(t, sweep())
			for range 2 {
				w.clock.move(later)
				second.handle(t, sweep())
			}
			if one, two := len(first.told()), len(second.told()); one+two != 1 {
				t.Errorf("told %d and %d times, want once", one, two)
			}
		})
	}
}

// TestSweepDiesWhileItTells: the next one finds the run again.
func TestSweepDiesWhileItTells(t *testing.T) {
	w := newWorld(t)
	p := w.start(t)
	p.handle(t, w.imported(t, w.report(t, w.spec(w.bucket(t, nil)))))
	w.clock.move(later)
	dead := w.start(t)
	dead.Tell = func(context.Context, notice.Notice) error { return context.Canceled }
	dead.handle(t, sweep())
	p.handle(t, sweep())
	if n := len(p.told()); n != 0 {
		t.Errorf("told %d times while the other may be at it", n)
	}
	w.clock.move(2 * time.Minute)
	p.handle(t, sweep())
	if n := len(p.told()); n != 1 {
		t.Errorf("told %d times, want once", n)
	}
}

// disputable is a fix that Security Hub still sees as failed when it is asked.
func (w *world) disputable(t *testing.T) (bucket, id, fix string) {
	t.Helper()
	bucket, id, fix = w.repair(t, block(false, false, false, false))
	p := w.start(t)
	w.clock.move(time.Hour)
	p.handle(t, sweep()) // the digest
	w.answer(t, bucket, id, "FAILED")
	w.clock.move(36 * time.Hour)
	return bucket, id, fix
}

// TestTwoSweepsDisputeOnce: the same for what Security Hub does not agree with.
func TestTwoSweepsDisputeOnce(t *testing.T) {
	for name, at := range map[string]string{"while it asks": "GetFindings", "while it tells": "BatchUpdateFindings"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			_, id, fix := w.disputable(t)
			second := w.start(t)
			first := w.start(t, meanwhile(at, func() { second.handle(t, sweep()) }))
			first.handle(t, sweep())
			if one, two := disputes(first.told()), disputes(second.told()); one+two != 1 {
				t.Errorf("told %d and %d times, want once", one, two)
			}
			w.says(t, id, hubtypes.WorkflowStatusNotified)
			if r, err := first.Ledger.Get(t.Context(), fix); err != nil || r.Confirmed != run.ConfirmedDisputed {
				t.Errorf("confirmed %q, %v", r.Confirmed, err)
			}
		})
	}
}

// TestUndoneIsNotDisputed: that Security Hub sees a fix as failed that was taken
// back is as it should be, also when it is taken back right now.
func TestUndoneIsNotDisputed(t *testing.T) {
	tests := map[string]func(w *world, t *testing.T, undo func()) *process{
		"before": func(w *world, t *testing.T, undo func()) *process {
			undo()
			return w.start(t)
		},
		"while Security Hub is asked": func(w *world, t *testing.T, undo func()) *process {
			return w.start(t, meanwhile("GetFindings", undo))
		},
	}
	for name, begin := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			_, id, fix := w.disputable(t)
			p := begin(w, t, func() {
				if _, err := w.start(t).Undo(t.Context(), fix, "tester"); err != nil {
					t.Fatal(err)
				}
			})
			p.handle(t, sweep())
			w.clock.move(48 * time.Hour)
			p.handle(t, sweep())
			if n := disputes(p.told()); n != 0 {
				t.Errorf("disputed %d times", n)
			}
			r, err := p.Ledger.Get(t.Context(), fix)
			if err != nil || r.UndoneBy == "" || r.Confirmed != "" || !r.Confirm.IsZero() {
				t.Errorf("undone by %q, confirmed %q, asked again at %v, %v", r.UndoneBy, r.Confirmed, r.Confirm, err)
			}
			w.says(t, id, hubtypes.WorkflowStatusNew)
		})
	}
}
