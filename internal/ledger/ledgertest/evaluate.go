package ledgertest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

// place is an account and Region that no other test uses, with rules that are due after a while.
func place(t *testing.T, after time.Duration, rules ...string) run.Evaluation {
	t.Helper()
	e := run.Evaluation{Account: t.Name(), Region: "eu-west-1", Partition: "aws", Due: Began().Add(after)}
	for _, rule := range rules {
		e.Rules = append(e.Rules, run.Rule{Control: "S3.5", Name: rule})
	}
	return e
}

// mustAsk notes rules, as of a while after the test began.
func (s suite) mustAsk(t *testing.T, e run.Evaluation, after time.Duration) {
	t.Helper()
	if err := s.AskAgain(t.Context(), e, Began().Add(after)); err != nil {
		t.Fatal(err)
	}
}

// evaluation is what waits in the place after a while, taken; nil if nothing does.
func (s suite) evaluation(t *testing.T, at run.Evaluation, after time.Duration) *run.Evaluation {
	t.Helper()
	all, err := s.Evaluations(t.Context(), Began().Add(after), Began().Add(after+time.Minute), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.Account == at.Account {
			return &e
		}
	}
	return nil
}

// wait wants rules to wait in the place.
func (s suite) wait(t *testing.T, at run.Evaluation, after time.Duration, tries int, rules ...string) run.Evaluation {
	t.Helper()
	got := s.evaluation(t, at, after)
	if got == nil {
		t.Fatalf("after %v nothing waits, want %v", after, rules)
	}
	want := place(t, after+time.Minute, rules...)
	want.Tries, want.Account = tries, at.Account
	if d := cmp.Diff(want, *got); d != "" {
		t.Fatalf("after %v (-want +got):\n%s", after, d)
	}
	return *got
}

// togetherAsked: what is asked for while something waits goes with it; the first says when.
func togetherAsked(t *testing.T, s suite) {
	e := place(t, 10*time.Minute, "b")
	s.mustAsk(t, e, 0)
	s.mustAsk(t, place(t, 19*time.Minute, "a", "b"), 9*time.Minute)
	if got := s.evaluation(t, e, 9*time.Minute); got != nil {
		t.Fatalf("too early: %+v", got)
	}
	first := s.wait(t, e, 10*time.Minute, 0, "a", "b")
	s.mustAsk(t, place(t, 20*time.Minute, "c"), 10*time.Minute) // while the first are being asked about
	first.Tries = 2
	if err := s.Evaluated(t.Context(), first, first.Rules, Began().Add(20*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if got := s.evaluation(t, e, 19*time.Minute); got != nil {
		t.Fatalf("too early: %+v", got)
	}
	rest := s.wait(t, e, 20*time.Minute, 2, "c")
	for range 2 { // the second time it is gone
		if err := s.Evaluated(t.Context(), rest, rest.Rules, Began().Add(30*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.evaluation(t, e, 24*time.Hour); got != nil {
		t.Fatalf("left: %+v", got)
	}
	s.mustAsk(t, place(t, 25*time.Hour, "a"), 24*time.Hour)
	s.wait(t, e, 25*time.Hour, 0, "a")
}

// askedByOne: of sweeps that find the same one gets it, and if that dies it is found again.
func askedByOne(t *testing.T, s suite) {
	e := place(t, time.Minute, "a")
	s.mustAsk(t, e, 0)
	var got atomic.Int32
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			some, err := s.Evaluations(t.Context(), Began().Add(time.Minute), Began().Add(2*time.Minute), 1000)
			if err != nil {
				t.Error(err)
			}
			for _, one := range some {
				if one.Account == e.Account {
					got.Add(1)
				}
			}
		})
	}
	if all.Wait(); got.Load() != 1 {
		t.Errorf("given out %d times", got.Load())
	}
	s.wait(t, e, 2*time.Minute, 0, "a")
}

// putOffForGood: where AWS refuses nothing is noted for a while, and all is as before after that.
func putOffForGood(t *testing.T, s suite) {
	e := place(t, time.Minute, "a")
	s.mustAsk(t, e, 0)
	taken := s.wait(t, e, time.Minute, 0, "a")
	if err := s.NotEvaluated(t.Context(), taken, Began().Add(24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	s.mustAsk(t, place(t, 3*time.Hour, "b"), 2*time.Hour)
	if got := s.evaluation(t, e, 12*time.Hour); got != nil {
		t.Fatalf("noted all the same: %+v", got)
	}
	s.mustAsk(t, place(t, 26*time.Hour, "c"), 25*time.Hour)
	s.wait(t, e, 26*time.Hour, 0, "c")
}

func evaluateCases() cases {
	return cases{"AskAgain": togetherAsked, "EvaluationsOnce": askedByOne, "NotEvaluated": putOffForGood}
}
