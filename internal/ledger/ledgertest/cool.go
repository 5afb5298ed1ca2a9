package ledgertest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

// pauses is a cooldown that grows.
func pauses() run.Cooldown { return run.Cooldown{time.Minute, 10 * time.Minute, time.Hour} }

// coolly is an ask for work that may have to rest.
func coolly(event string, after time.Duration) run.Terms {
	a := Ask(event, after)
	a.Cool = pauses()
	return a
}

// endedAt makes a run of the work that ends some time after the beginning.
func (s suite) endedAt(t *testing.T, status run.Status, trigger run.Trigger, after time.Duration) {
	t.Helper()
	r := Work(t, "S3.8", "a", "one", "f1")
	r.Trigger = trigger
	s.MustClaim(t, r, Ask("e-"+r.ID, after), run.Claimed)
	r.State, r.Status, r.Finished = run.StateRecorded, status, Began().Add(after)
	if failed, err := s.Close(t.Context(), []*run.Run{r}); err != nil || len(failed) > 0 {
		t.Fatalf("%v, %v", err, failed)
	}
}

// coolsAfterEveryEnd: whatever became of a run, the work rests after it, is not lost, and what is reported meanwhile
// joins.
func coolsAfterEveryEnd(t *testing.T, s suite) {
	for _, status := range run.Statuses() {
		t.Run(string(status), func(t *testing.T) {
			s.endedAt(t, status, run.TriggerImported, 0)
			r := Work(t, "S3.8", "a", "two", "f2")
			got := s.MustClaim(t, r, coolly("e-f2", time.Minute-time.Second), run.Later)
			if d := cmp.Diff(run.Cooled{Runs: 1, Within: time.Minute}, got.Cooled); d != "" {
				t.Error(d)
			}
			stored := s.MustGet(t, got.Run.ID)
			if stored.Status != run.StatusDeferred || !stored.Due.Equal(Began().Add(time.Minute)) ||
				stored.Reason != got.Cooled.Sentence() {
				t.Errorf("%s, due %v, %q", stored.Status, stored.Due, stored.Reason)
			}
			if s.Holder(t, r.Locks[0]) != "" {
				t.Error("a run that rests keeps the resource from others")
			}
			s.MustClaim(t, Work(t, "S3.8", "a", "three", "f3"), coolly("e-f3", time.Minute-time.Second), run.Joined)
			if _, err := s.Take(t.Context(), r.ID, "four", Ask("", time.Minute-time.Second)); err == nil {
				t.Error("taken before its time")
			}
			if due := s.MustDue(t, Began().Add(time.Minute)); !slices.Contains(due, r.ID) {
				t.Error("it is never due")
			}
			taken, err := s.Take(t.Context(), r.ID, "four", Ask("", time.Minute))
			if err != nil || len(taken.Findings) != 2 || s.Holder(t, r.Locks[0]) != r.ID {
				t.Errorf("%v, findings %v, lock of %q", err, taken.Findings, s.Holder(t, r.Locks[0]))
			}
		})
	}
}

// coolsLonger: the pause grows with the runs that ended within a span, and is over with the span.
func coolsLonger(t *testing.T, s suite) {
	tests := map[string]struct {
		ends  []time.Duration // in order
		after time.Duration
		until time.Duration // 0: claimed
		runs  int
	}{
		"a minute later":        {ends: []time.Duration{0}, after: time.Minute},
		"twice":                 {[]time.Duration{0, time.Minute}, 2 * time.Minute, 10 * time.Minute, 2},
		"three times":           {[]time.Duration{0, time.Minute, 10 * time.Minute}, 11 * time.Minute, time.Hour, 3},
		"three times, at last":  {ends: []time.Duration{0, time.Minute, 10 * time.Minute}, after: time.Hour},
		"the first is long ago": {[]time.Duration{0, time.Hour, time.Hour}, time.Hour + 5*time.Minute, 70 * time.Minute, 2},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			for _, at := range tc.ends {
				s.endedAt(t, run.StatusRefused, run.TriggerImported, at)
			}
			want := run.Later
			if tc.until == 0 {
				want = run.Claimed
			}
			got := s.MustClaim(t, Work(t, "S3.8", "a", "two", "f2"), coolly("new", tc.after), want)
			if got.Cooled.Runs != tc.runs || tc.until > 0 && !got.Run.Due.Equal(Began().Add(tc.until)) {
				t.Errorf("rests until %v for %+v", got.Run.Due, got.Cooled)
			}
		})
	}
}

// coolsNobodyElse: other work, who asks without a cooldown, and work that only an operator has tried.
func coolsNobodyElse(t *testing.T, s suite) {
	s.endedAt(t, run.StatusFailed, run.TriggerOperator, 0)
	s.endedAt(t, run.StatusFailed, run.TriggerOperator, 0)
	mine := Work(t, "S3.8", "a", "two", "f2")
	s.MustClaim(t, mine, coolly("e-f2", 0), run.Claimed)
	s.MustFinish(t, mine, run.StatusRefused)
	s.MustClaim(t, Work(t, "S3.2", "b", "two", "f2"), coolly("e-f2", 0), run.Claimed)
	s.MustClaim(t, Work(t, "S3.8", "a", "three", "f3"), Ask("e-f3", 0), run.Claimed)
}

// coolsAfterTheRest: what is no matter of pauses is said as before.
func coolsAfterTheRest(t *testing.T, s suite) {
	t.Run("the same event", func(t *testing.T) {
		first := Work(t, "S3.8", "a", "one", "f1")
		s.MustClaim(t, first, Ask("e-f1", 0), run.Claimed)
		s.MustFinish(t, first, run.StatusRefused)
		s.MustClaim(t, Work(t, "S3.8", "a", "two", "f1"), coolly("e-f1", 0), run.Duplicate)
	})
	t.Run("on hold", func(t *testing.T) {
		s.endedAt(t, run.StatusRefused, run.TriggerImported, 0)
		if err := s.KeepOff(t.Context(), Work(t, "S3.8", "a", "two", "f2").Key, *hold()); err != nil {
			t.Fatal(err)
		}
		s.MustClaim(t, Work(t, "S3.8", "a", "two", "f2"), coolly("new", 0), run.Held)
	})
	t.Run("fixed three times", func(t *testing.T) {
		for i := range 3 {
			s.fixedAgain(t, fmt.Sprint("e", i), time.Duration(i)*time.Minute)
		}
		a := coolly("new", 3*time.Minute)
		a.Thrice = 7 * 24 * time.Hour
		s.MustClaim(t, Work(t, "S3.8", "a", "two", "f2"), a, run.Reverted)
	})
}

// startsLater: a run that may not begin yet is stored for its time; what is known of its work comes first, and the
// later of two times counts.
func startsLater(t *testing.T, s suite) {
	later := func(event string, after time.Duration) run.Terms {
		a := coolly(event, 0)
		a.Start, a.Why = Began().Add(after), "its account has had its share"
		return a
	}
	first := Work(t, "S3.8", "a", "one", "f1")
	got := s.MustClaim(t, first, later("e-f1", 5*time.Minute), run.Later)
	stored := s.MustGet(t, first.ID)
	if got.Cooled.Runs != 0 || !stored.Due.Equal(Began().Add(5*time.Minute)) ||
		stored.Reason != "its account has had its share" {
		t.Errorf("cooled %+v, due %v, %q", got.Cooled, stored.Due, stored.Reason)
	}
	s.MustClaim(t, Work(t, "S3.8", "a", "two", "f2"), later("e-f2", 5*time.Minute), run.Joined)
	taken, err := s.Take(t.Context(), first.ID, "three", Ask("", 5*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	s.MustFinish(t, taken, run.StatusRefused)
	s.MustClaim(t, Work(t, "S3.8", "a", "four", "f2"), later("e-f2", 5*time.Minute), run.Duplicate)
	for wait, want := range map[time.Duration]time.Duration{time.Second: time.Minute, time.Hour: time.Hour} {
		s.endedAt(t, run.StatusRefused, run.TriggerOperator, 0)
		r := Work(t, "S3.8", "a", "five", "f5")
		both := s.MustClaim(t, r, later("e-"+r.ID, wait), run.Later)
		if both.Cooled.Runs != 1 || !both.Run.Due.Equal(Began().Add(want)) {
			t.Errorf("cooled %+v, due %v, want after %v", both.Cooled, both.Run.Due, want)
		}
		if taken, err = s.Take(t.Context(), r.ID, "six", Ask("", want)); err != nil {
			t.Fatal(err)
		}
		taken.Trigger = run.TriggerOperator
		s.MustFinish(t, taken, run.StatusRefused)
	}
}

func coolCases() cases {
	return cases{
		"CoolsAfterEveryEnd": coolsAfterEveryEnd, "CoolsLonger": coolsLonger, "CoolsNobodyElse": coolsNobodyElse,
		"CoolsAfterTheRest": coolsAfterTheRest, "StartsLater": startsLater,
	}
}
