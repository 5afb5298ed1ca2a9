package ledgertest

import (
	"errors"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// deferred is an open run that waits for an hour from the beginning.
func (s suite) deferred(t *testing.T, trigger run.Trigger) *run.Run {
	t.Helper()
	r := Work(t, "S3.8", "a", "one", "f1")
	r.Trigger, r.Actor, r.Mode, r.Attempts = trigger, "Security Hub", "act", 1
	s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
	r.Status, r.Lease, r.Due = run.StatusDeferred, Began(), Began().Add(time.Hour)
	if err := s.Save(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

// takeOfARunThatWaits: a run that was put off is taken up when its time has
// come, and before that only by a person.
func takeOfARunThatWaits(t *testing.T, s suite) {
	tests := map[string]struct {
		after time.Duration
		early bool
		taken bool
	}{
		"at once":               {after: 0},
		"in its last second":    {after: time.Hour - time.Second},
		"when its time comes":   {after: time.Hour, taken: true},
		"a person at any time":  {after: time.Second, early: true, taken: true},
		"a person after it too": {after: time.Hour, early: true, taken: true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := s.deferred(t, run.TriggerImported)
			a := Ask("", tc.after)
			a.Early = tc.early
			_, err := s.Take(t.Context(), r.ID, "two", a)
			if tc.taken && err != nil || !tc.taken && !errors.Is(err, run.ErrLost) {
				t.Fatalf("take: %v", err)
			}
			got := s.MustGet(t, r.ID)
			if (got.Attempts == 2) != tc.taken || s.Holder(t, r.Locks[0]) != r.ID {
				t.Errorf("attempt %d, taken %v", got.Attempts, tc.taken)
			}
			if !tc.taken && !got.Due.Equal(Began().Add(time.Hour)) {
				t.Errorf("due %v: it waits no longer", got.Due)
			}
		})
	}
}

// joinOfARunThatWaits: events join it and cost no attempt. The first click
// takes it up, because a person waits; the next ones find that it was tried.
func joinOfARunThatWaits(t *testing.T, s suite) {
	r := s.deferred(t, run.TriggerImported)
	next := func(finding string, trigger run.Trigger, early bool, want run.Verdict) *run.Run {
		t.Helper()
		other := Work(t, "S3.8", "a", "two", finding)
		other.Trigger, other.Actor, other.Mode = trigger, "unattributed", "act"
		a := Ask("e-"+finding, time.Minute)
		a.Early = early
		return s.MustClaim(t, other, a, want).Run
	}
	for _, f := range []string{"f2", "f3", "f1"} {
		next(f, run.TriggerImported, false, run.Joined)
	}
	if got := s.MustGet(t, r.ID); got.Attempts != 1 || len(got.Findings) != 3 || got.Trigger != run.TriggerImported {
		t.Errorf("attempt %d, %d findings, by %s: events should only join", got.Attempts, len(got.Findings), got.Trigger)
	}
	taken := next("f1", run.TriggerClick, false, run.Claimed)
	if taken.ID != r.ID || taken.Trigger != run.TriggerClick || taken.Actor != "unattributed" || taken.Attempts != 2 {
		t.Errorf("took %s by %s (%s) at attempt %d", taken.ID, taken.Trigger, taken.Actor, taken.Attempts)
	}
	taken.Lease, taken.Due = Began(), Began().Add(time.Hour)
	if err := s.Save(t.Context(), taken); err != nil {
		t.Fatal(err)
	}
	next("f1", run.TriggerClick, false, run.Joined)
	next("f1", run.TriggerOperator, false, run.Joined)
	if got := next("f1", run.TriggerOperator, true, run.Claimed); got.Attempts != 3 || got.Trigger != run.TriggerClick {
		t.Errorf("an operator took it at attempt %d, it is by %s", got.Attempts, got.Trigger)
	}
}

// waitsUnderAnother: runs are found by what they wait for, unless somebody is at them or they are due soon; once they
// wait for nothing they are not.
func waitsUnderAnother(t *testing.T, s suite) {
	soon := Began().Add(10 * time.Minute)
	found := func(stamps ...string) int {
		t.Helper()
		ids, err := s.Outdated(t.Context(), stamps, Began(), soon, 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(ids)
	}
	before := found("x")
	r := s.deferred(t, run.TriggerImported)
	if n := found("x"); n != before {
		t.Errorf("%d that wait for nothing", n-before)
	}
	r.Under = t.Name()
	if err := s.Rest(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if old, now := found("x"), found("x", t.Name()); old != before+1 || now != before {
		t.Errorf("%d wait under another stamp, %d under none of two", old-before, now-before)
	}
	if got := s.MustGet(t, r.ID); got.Under != t.Name() {
		t.Errorf("it waits under %q", got.Under)
	}
	soon = r.Due
	if n := found("x"); n != 0 {
		t.Errorf("%d are due later than it", n)
	}
	soon = Began()
	taken, err := s.Take(t.Context(), r.ID, "two", Ask("", time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if n := found("x"); n != before {
		t.Errorf("%d that somebody is at", n-before)
	}
	taken.Under, taken.Lease = "", Began()
	if err := s.Save(t.Context(), taken); err != nil {
		t.Fatal(err)
	}
	if n := found("x"); n != before {
		t.Errorf("%d that wait no longer", n-before)
	}
}

func waitCases() cases {
	return cases{
		"TakeOfARunThatWaits": takeOfARunThatWaits,
		"JoinOfARunThatWaits": joinOfARunThatWaits,
		"WaitsUnderAnother":   waitsUnderAnother,
	}
}
