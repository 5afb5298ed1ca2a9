package ledgertest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// ended is a closed run that people have to be told of and that Security Hub
// should have confirmed, each after a while; zero leaves it out.
func (s suite) ended(t *testing.T, tell, confirm time.Duration) *run.Run {
	t.Helper()
	r := Work(t, "S3.8", "a", "one", "f1")
	s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
	if tell > 0 {
		r.Tell = Began().Add(tell)
	}
	if confirm > 0 {
		r.Confirm = Began().Add(confirm)
	}
	s.MustFinish(t, r, run.StatusVerified)
	return r
}

type lister func(context.Context, time.Time, int32) ([]*run.Run, error)

// listed is the run as a sweep finds it; nil if it does not.
func (s suite) listed(t *testing.T, list lister, id string, after time.Duration) *run.Run {
	t.Helper()
	runs, err := list(t.Context(), Began().Add(after), 1000)
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

// reserve: of sweeps that found the same run one gets it, and if it dies
// the run is found again.
func reserve(t *testing.T, s suite) {
	tests := map[string]struct {
		tell, confirm time.Duration
		list          lister
		done          func(r *run.Run) error
	}{
		"to tell": {time.Minute, 0, s.Untold, func(r *run.Run) error { return s.Told(t.Context(), r.ID) }},
		"to confirm": {0, time.Minute, s.Unconfirmed, func(r *run.Run) error {
			r.Confirm = time.Time{}
			return s.Confirmed(t.Context(), r)
		}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			id := s.ended(t, tc.tell, tc.confirm).ID
			const until = 10 * time.Minute
			var found []*run.Run
			for range 5 {
				found = append(found, s.listed(t, tc.list, id, 2*time.Minute))
			}
			var got atomic.Int32
			var wait sync.WaitGroup
			for _, r := range found {
				wait.Go(func() {
					if mine, err := s.Reserve(t.Context(), r, Began().Add(until)); err != nil {
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
			if s.listed(t, tc.list, id, until-time.Second) != nil {
				t.Error("found again while somebody is at it")
			}
			r := s.listed(t, tc.list, id, until)
			if r == nil {
				t.Fatal("its process died, and nobody finds it again")
			}
			if err := tc.done(r); err != nil {
				t.Fatal(err)
			}
			if mine, err := s.Reserve(t.Context(), r, Began().Add(2*until)); mine || err != nil {
				t.Errorf("reserved though it is done: %v, %v", mine, err)
			}
		})
	}
}

// reserveKnowsOfAnUndo: what a sweep has read may be old by the time it speaks.
func reserveKnowsOfAnUndo(t *testing.T, s suite) {
	id := s.ended(t, 0, time.Hour).ID
	r := s.listed(t, s.Unconfirmed, id, time.Hour)
	if err := s.MarkUndone(t.Context(), id, "rundo"); err != nil {
		t.Fatal(err)
	}
	mine, err := s.Reserve(t.Context(), r, Began().Add(2*time.Hour))
	if err != nil || !mine || r.UndoneBy != "rundo" {
		t.Errorf("reserved %v, undone by %q, %v", mine, r.UndoneBy, err)
	}
}

// undoneBeforeItIsSaid: that a run was undone stays, whatever Security Hub says later.
func undoneBeforeItIsSaid(t *testing.T, s suite) {
	id := s.ended(t, 0, time.Hour).ID
	r := s.listed(t, s.Unconfirmed, id, time.Hour)
	if err := s.MarkUndone(t.Context(), id, "rundo"); err != nil {
		t.Fatal(err)
	}
	r.Confirmed, r.Confirm = run.ConfirmedPassed, time.Time{}
	if err := s.Confirmed(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	got := s.MustGet(t, id)
	if got.UndoneBy != "rundo" || got.Confirmed != run.ConfirmedPassed || !got.Confirm.IsZero() {
		t.Errorf("undone by %q, confirmed %q, asked again %v", got.UndoneBy, got.Confirmed, got.Confirm)
	}
}

// askedAgain: a confirmation that is put off keeps its new time.
func askedAgain(t *testing.T, s suite) {
	id := s.ended(t, 0, time.Hour).ID
	r := s.listed(t, s.Unconfirmed, id, time.Hour)
	r.Confirm = Began().Add(3 * time.Hour)
	if err := s.Confirmed(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if got := s.MustGet(t, id); !got.Confirm.Equal(r.Confirm) || got.Confirmed != "" {
		t.Errorf("asked again at %v, confirmed %q", got.Confirm, got.Confirmed)
	}
	if s.listed(t, s.Unconfirmed, id, 3*time.Hour-time.Second) != nil ||
		s.listed(t, s.Unconfirmed, id, 3*time.Hour) == nil {
		t.Error("the index does not know the new time")
	}
}

func afterCases() cases {
	return cases{
		"Reserve":              reserve,
		"ReserveKnowsOfAnUndo": reserveKnowsOfAnUndo,
		"UndoneBeforeItIsSaid": undoneBeforeItIsSaid,
		"AskedAgain":           askedAgain,
	}
}
