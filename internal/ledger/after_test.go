package ledger_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/salve-security/salve/internal/run"
)

// ended is a closed run that people have to be told of and that Security Hub
// should have confirmed, each after a while; zero leaves it out.
func ended(t *testing.T, tell, confirm time.Duration) *run.Run {
	t.Helper()
	r := work(t, "S3.8", "a", "one", "f1")
	claim(t, r, ask("e-f1", 0), run.Claimed)
	if tell > 0 {
		r.Tell = began().Add(tell)
	}
	if confirm > 0 {
		r.Confirm = began().Add(confirm)
	}
	finish(t, r, run.StatusVerified)
	return r
}

type lister func(context.Context, time.Time, int32) ([]*run.Run, error)

// listed is the run as a sweep finds it; nil if it does not.
func listed(t *testing.T, list lister, id string, after time.Duration) *run.Run {
	t.Helper()
	runs, err := list(t.Context(), began().Add(after), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range runs {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// TestReserve: of sweeps that found the same run one gets it, and if it dies
// the run is found again.
func TestReserve(t *testing.T) {
	tests := map[string]struct {
		tell, confirm time.Duration
		list          lister
		done          func(r *run.Run) error
	}{
		"to tell": {time.Minute, 0, open().Untold, func(r *run.Run) error { return open().Told(t.Context(), r.ID) }},
		"to confirm": {0, time.Minute, open().Unconfirmed, func(r *run.Run) error {
			r.Confirm = time.Time{}
			return open().Confirmed(t.Context(), r)
		}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			id := ended(t, tc.tell, tc.confirm).ID
			const until = 10 * time.Minute
			var found []*run.Run
			for range 5 {
				found = append(found, listed(t, tc.list, id, 2*time.Minute))
			}
			var got atomic.Int32
			var wait sync.WaitGroup
			for _, r := range found {
				wait.Go(func() {
					if mine, err := open().Reserve(t.Context(), r, began().Add(until)); err != nil {
						t.Error(err)
					} else if mine {
						got.Add(1)
					}
				})
			}
			wait.Wait()
			if got.Load() != 1 {
				t.Errorf("%d got it, want one", got.Load())
			}
			if listed(t, tc.list, id, until-time.Second) != nil {
				t.Error("found again while somebody is at it")
			}
			r := listed(t, tc.list, id, until)
			if r == nil {
				t.Fatal("its process died, and nobody finds it again")
			}
			if err := tc.done(r); err != nil {
				t.Fatal(err)
			}
			if mine, err := open().Reserve(t.Context(), r, began().Add(2*until)); mine || err != nil {
				t.Errorf("reserved though it is done: %v, %v", mine, err)
			}
		})
	}
}

// TestUndoneWhileAsked: an undo and what Security Hub says are noted at the same
// time, whoever comes first.
func TestUndoneWhileAsked(t *testing.T) {
	said := func(r *run.Run) error {
		r.Confirmed, r.Confirm = run.ConfirmedPassed, time.Time{}
		return open().Confirmed(t.Context(), r)
	}
	tests := map[string]func(ctx context.Context, r *run.Run) error{
		"undone before it is said": func(ctx context.Context, r *run.Run) error {
			if err := open().MarkUndone(ctx, r.ID, "rundo"); err != nil {
				return err
			}
			return said(r)
		},
		"said while it is undone": func(ctx context.Context, r *run.Run) error {
			book, _ := refusing(func(input any) error {
				if _, ok := input.(*dynamodb.UpdateItemInput); ok {
					return said(r)
				}
				return nil
			})
			return book.MarkUndone(ctx, r.ID, "rundo")
		},
	}
	for name, both := range tests {
		t.Run(name, func(t *testing.T) {
			id := ended(t, 0, time.Hour).ID
			if err := both(t.Context(), listed(t, open().Unconfirmed, id, time.Hour)); err != nil {
				t.Fatal(err)
			}
			got := stored(t, id)
			if got.UndoneBy != "rundo" || got.Confirmed != run.ConfirmedPassed || !got.Confirm.IsZero() {
				t.Errorf("undone by %q, confirmed %q, asked again %v", got.UndoneBy, got.Confirmed, got.Confirm)
			}
		})
	}
}

// TestReserveKnowsOfAnUndo: what a sweep has read may be old by the time it speaks.
func TestReserveKnowsOfAnUndo(t *testing.T) {
	id := ended(t, 0, time.Hour).ID
	r := listed(t, open().Unconfirmed, id, time.Hour)
	if err := open().MarkUndone(t.Context(), id, "rundo"); err != nil {
		t.Fatal(err)
	}
	mine, err := open().Reserve(t.Context(), r, began().Add(2*time.Hour))
	if err != nil || !mine || r.UndoneBy != "rundo" {
		t.Errorf("reserved %v, undone by %q, %v", mine, r.UndoneBy, err)
	}
}

// TestAskedAgain: a confirmation that is put off keeps its new time.
func TestAskedAgain(t *testing.T) {
	id := ended(t, 0, time.Hour).ID
	r := listed(t, open().Unconfirmed, id, time.Hour)
	r.Confirm = began().Add(3 * time.Hour)
	if err := open().Confirmed(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if got := stored(t, id); !got.Confirm.Equal(r.Confirm) || got.Confirmed != "" {
		t.Errorf("asked again at %v, confirmed %q", got.Confirm, got.Confirmed)
	}
	if listed(t, open().Unconfirmed, id, 3*time.Hour-time.Second) != nil ||
		listed(t, open().Unconfirmed, id, 3*time.Hour) == nil {
		t.Error("the index does not know the new time")
	}
}
