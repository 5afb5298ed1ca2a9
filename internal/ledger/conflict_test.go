package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/ledger/ledgertest"
	"github.com/salve-security/salve/internal/run"
)

// refusal answers a write in DynamoDB's place; nil lets it through.
type refusal func(input any) error

// refusing is the ledger behind refusals. It counts its pauses and takes none.
func refusing(refuse refusal) (ledger.Ledger, *int) {
	book, pauses := open(), new(int)
	cfg := world.Orchestrator()
	cfg.APIOptions = append(cfg.APIOptions, func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("Refuse", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			if err := refuse(in.Parameters); err != nil {
				return middleware.InitializeOutput{}, middleware.Metadata{}, err
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.After)
	})
	book.DB = dynamodb.NewFromConfig(cfg)
	book.Pause = func(_ context.Context, d time.Duration) error {
		*pauses++
		if d < 20*time.Millisecond || d > 200*time.Millisecond {
			return fmt.Errorf("pause of %v, want 20 to 200 ms", d)
		}
		return nil
	}
	return book, pauses
}

// cancelled is how DynamoDB refuses a transaction, with a reason an item.
func cancelled(codes ...string) error {
	err := &types.TransactionCanceledException{}
	for _, code := range codes {
		err.CancellationReasons = append(err.CancellationReasons, types.CancellationReason{Code: aws.String(code)})
	}
	return err
}

// conflict is the answer to a write whose items a transaction is at.
func conflict(input any) error {
	switch input.(type) {
	case *dynamodb.TransactWriteItemsInput:
		return cancelled("None", "TransactionConflict")
	case *dynamodb.UpdateItemInput:
		return &types.TransactionConflictException{}
	}
	return nil
}

// times refuses the first n writes.
func times(n int) refusal {
	return func(input any) error {
		if err := conflict(input); err != nil && n > 0 {
			n--
			return err
		}
		return nil
	}
}

// writes are the writes of the ledger. Each gets an open run of its own; closed
// makes it a closed one that people have to be told of.
func writes() map[string]struct {
	closed bool
	write  func(ctx context.Context, book ledger.Ledger, r *run.Run) error
} {
	type entry = struct {
		closed bool
		write  func(ctx context.Context, book ledger.Ledger, r *run.Run) error
	}
	return map[string]entry{
		"claim": {true, func(ctx context.Context, book ledger.Ledger, r *run.Run) error {
			next := *r
			next.ID, next.State = run.NewID(ledgertest.Began()), run.StateClaimed
			_, err := book.Claim(ctx, &next, ledgertest.Ask("next", 0))
			return err
		}},
		"join": {false, func(ctx context.Context, book ledger.Ledger, r *run.Run) error {
			next := *r
			next.ID = run.NewID(ledgertest.Began())
			_, err := book.Claim(ctx, &next, ledgertest.Ask("next", 0))
			return err
		}},
		"save": {false, func(ctx context.Context, book ledger.Ledger, r *run.Run) error { return book.Save(ctx, r) }},
		"take": {false, func(ctx context.Context, book ledger.Ledger, r *run.Run) error {
			_, err := book.Take(ctx, r.ID, "two", ledgertest.Ask("", ledgertest.Lease))
			return err
		}},
		"postpone": {false, func(ctx context.Context, book ledger.Ledger, r *run.Run) error {
			return book.Postpone(ctx, r.ID, ledgertest.Began().Add(time.Hour))
		}},
		"reserve": {true, func(ctx context.Context, book ledger.Ledger, r *run.Run) error {
			r.Due = r.Tell
			_, err := book.Reserve(ctx, r, ledgertest.Began().Add(time.Hour))
			return err
		}},
		"told": {true, func(ctx context.Context, book ledger.Ledger, r *run.Run) error { return book.Told(ctx, r.ID) }},
		"undone": {true, func(ctx context.Context, book ledger.Ledger, r *run.Run) error {
			return book.MarkUndone(ctx, r.ID, "rundo")
		}},
		"once": {true, func(ctx context.Context, book ledger.Ledger, r *run.Run) error {
			_, err := book.Once(ctx, r.ID, ledgertest.Began(), ledgertest.Began().Add(time.Hour))
			return err
		}},
		"count": {true, func(ctx context.Context, book ledger.Ledger, r *run.Run) error {
			_, err := book.Count(ctx, r.ID, time.Hour, ledgertest.Began())
			return err
		}},
	}
}

// TestWriteMeetsTransactions: other transactions at the same items are over
// soon; a write tries again five times, and then says that it is worth a retry.
func TestWriteMeetsTransactions(t *testing.T) {
	for name, tc := range writes() {
		for _, conflicts := range []int{0, 1, 5, 6} {
			t.Run(fmt.Sprintf("%s, %d conflicts", name, conflicts), func(t *testing.T) {
				r := ledgertest.Work(t, "S3.8", "a", "one", "f1")
				bench().MustClaim(t, r, ledgertest.Ask("e-f1", 0), run.Claimed)
				if tc.closed {
					r.Tell = ledgertest.Began()
					bench().MustFinish(t, r, run.StatusVerified)
				}
				book, pauses := refusing(times(conflicts))
				err := tc.write(t.Context(), book, r)
				switch {
				case conflicts <= 5 && err != nil:
					t.Error(err)
				case conflicts > 5 && fault.Of(err) != fault.Retry:
					t.Errorf("error %v, want one that is worth a retry", err)
				}
				if want := min(conflicts, 5); *pauses != want {
					t.Errorf("%d pauses, want %d", *pauses, want)
				}
			})
		}
	}
}

// TestConditionFailsAmongConflicts: that the resource is locked is the answer,
// whatever transaction is at the other items.
func TestConditionFailsAmongConflicts(t *testing.T) {
	first := true
	book, pauses := refusing(func(input any) error {
		if _, ok := input.(*dynamodb.TransactWriteItemsInput); ok && first {
			first = false
			return cancelled("TransactionConflict", "None", "ConditionalCheckFailed")
		}
		return nil
	})
	got, err := book.Claim(t.Context(), ledgertest.Work(t, "S3.8", "a", "one", "f1"), ledgertest.Ask("e-f1", 0))
	if err != nil || got.Verdict != run.Busy || *pauses != 0 {
		t.Errorf("verdict %q after %d pauses, %v, want busy at once", got.Verdict, *pauses, err)
	}
}

// threeRecorded are runs that are ready to be closed together.
func threeRecorded(t *testing.T) []*run.Run {
	t.Helper()
	var runs []*run.Run
	for _, bucket := range []string{"a", "b", "c"} {
		r := ledgertest.Work(t, "S3.8", bucket, "one", "f1")
		bench().MustClaim(t, r, ledgertest.Ask("e-f1", 0), run.Claimed)
		r.State, r.Status, r.Finished = run.StateRecorded, run.StatusVerified, ledgertest.Began()
		runs = append(runs, r)
	}
	return runs
}

// TestConflictWhileClosing: a run that other transactions are at must not keep
// the others open.
func TestConflictWhileClosing(t *testing.T) {
	tests := map[string]struct {
		refuse func(busy *run.Run, in *dynamodb.TransactWriteItemsInput) bool
		open   int
	}{
		"only together": {func(_ *run.Run, in *dynamodb.TransactWriteItemsInput) bool {
			return len(in.TransactItems) > 3
		}, 0},
		"one of them": {func(busy *run.Run, in *dynamodb.TransactWriteItemsInput) bool {
			return slices.Contains(itemsOf(in), "lock#"+busy.Locks[0])
		}, 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			runs := threeRecorded(t)
			book, _ := refusing(func(input any) error {
				in, ok := input.(*dynamodb.TransactWriteItemsInput)
				if ok && tc.refuse(runs[0], in) {
					return conflict(input)
				}
				return nil
			})
			failed, err := book.Close(t.Context(), runs)
			if err != nil || len(failed) != tc.open {
				t.Fatalf("%v, not closed: %v, want %d", err, failed, tc.open)
			}
			for i, r := range runs {
				if open := bench().MustGet(t, r.ID).State != run.StateClosed; open != (i < tc.open) {
					t.Errorf("run %d: open %v, %v", i, open, failed[r.ID])
				}
			}
			if tc.open > 0 && fault.Of(failed[runs[0].ID]) != fault.Retry {
				t.Errorf("not closed for %v, want what is worth a retry", failed[runs[0].ID])
			}
		})
	}
}

// TestPauseEndsWithItsContext: a process whose time is up does not wait.
func TestPauseEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	book, _ := refusing(func(input any) error {
		cancel()
		return conflict(input)
	})
	book.Pause = nil
	err := book.Postpone(ctx, "r1", ledgertest.Began())
	if !errors.Is(err, context.Canceled) || fault.Of(err) != fault.Retry {
		t.Errorf("error %v, want the conflict and that the time was up", err)
	}
}
