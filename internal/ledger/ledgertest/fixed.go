package ledgertest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

const week = 7 * 24 * time.Hour

// met is closed work of a test's own, with a status.
func (s suite) met(t *testing.T, bucket string, status run.Status) *run.Run {
	t.Helper()
	r := Work(t, "S3.8", bucket, "one", "f-"+bucket)
	s.MustClaim(t, r, Ask("e-"+r.ID, 0), run.Claimed)
	s.MustFinish(t, r, status)
	return r
}

// due is the work of a run as a sweep takes it after a while; nil if it does not.
func (s suite) due(t *testing.T, r *run.Run, after time.Duration) *run.Fixed {
	t.Helper()
	all, err := s.Fixed(t.Context(), Began().Add(after), Began().Add(after+10*time.Minute), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if f.Key.String() == r.Key.String() {
			return &f
		}
	}
	return nil
}

// fixedWork: what is met is due for another look a week later, given to one sweep, and again if that one dies.
func fixedWork(t *testing.T, s suite) {
	r := s.met(t, "a", run.StatusVerified)
	if got := s.due(t, r, week-time.Minute); got != nil {
		t.Fatalf("too early: %+v", got)
	}
	got := s.due(t, r, week)
	key := r.Key.Of("s3.8") // as items are called
	want := &run.Fixed{
		Key: key, Fix: r.ID, Last: r.ID, Was: Began().Add(week), Due: Began().Add(week + 10*time.Minute),
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("(-want +got):\n%s", d)
	}
	if again := s.due(t, r, week+time.Minute); again != nil {
		t.Error("given out twice")
	}
	got = s.due(t, r, week+10*time.Minute)
	if got == nil {
		t.Fatal("lost with the process that took it")
	}
	if err := s.Stays(t.Context(), *got, Began().Add(2*week)); err != nil {
		t.Fatal(err)
	}
	if early := s.due(t, r, week+time.Hour); early != nil {
		t.Errorf("looked at too early: %+v", early)
	}
	if got = s.due(t, r, 2*week); got == nil {
		t.Fatal("not looked at in the week after that")
	}
	if err := s.Stays(t.Context(), *got, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if got = s.due(t, r, 10*week); got != nil {
		t.Errorf("looked at for ever: %+v", got)
	}
}

// fixedByOne: of sweeps at once one gets it.
func fixedByOne(t *testing.T, s suite) {
	r := s.met(t, "a", run.StatusVerified)
	var got atomic.Int32
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			some, err := s.Fixed(t.Context(), Began().Add(week), Began().Add(week+time.Minute), 1000)
			if err != nil {
				t.Error(err)
			}
			for _, f := range some {
				if f.Key.String() == r.Key.String() {
					got.Add(1)
				}
			}
		})
	}
	if all.Wait(); got.Load() != 1 {
		t.Errorf("given out %d times", got.Load())
	}
}

// notFixed: work that ended otherwise is not looked at, nor what a person has only asked a plan for.
func notFixed(t *testing.T, s suite) {
	for _, status := range []run.Status{
		run.StatusFailed, run.StatusDenied, run.StatusRefused, run.StatusUnverified, run.StatusGone, run.StatusPlanned,
	} {
		if got := s.due(t, s.met(t, string(status), status), week); got != nil {
			t.Errorf("%s: %+v", status, got)
		}
	}
	plan := Work(t, "S3.8", "plan", "one", "f-plan")
	plan.Key.Reads, plan.Locks = true, []string{"plan#" + t.Name()}
	s.MustClaim(t, plan, Ask("e-"+plan.ID, 0), run.Claimed)
	s.MustFinish(t, plan, run.StatusCompliant)
	if got := s.due(t, plan, week); got != nil {
		t.Errorf("a plan: %+v", got)
	}
	// What was met without a run of ours is known to be so: nothing is to be read of it.
	met := s.met(t, "met", run.StatusCompliant)
	got := s.due(t, met, week)
	if got == nil || got.Fix != "" {
		t.Fatalf("met without a fix: %+v", got)
	}
	if err := s.Stays(t.Context(), *got, time.Time{}); err != nil || s.due(t, met, 2*week) != nil {
		t.Errorf("looked at for ever, %v", err)
	}
}

// recurs: a fix that is undone is told of once, and not looked at before it is fixed again.
func recurs(t *testing.T, s suite) {
	r := s.met(t, "a", run.StatusVerified)
	f := s.due(t, r, week)
	found := run.Recurrence{At: Began().Add(week), Left: []string{"BlockPublicAcls"}, Times: 1, Place: 1}
	tell := Began().Add(week + 5*time.Minute)
	if noted, err := s.Recurs(t.Context(), *f, found, tell); err != nil || !noted {
		t.Fatalf("noted: %t, %v", noted, err)
	}
	if noted, err := s.Recurs(t.Context(), *f, found, tell); err != nil || noted {
		t.Errorf("noted twice: %t, %v", noted, err)
	}
	if got := s.MustGet(t, r.ID).Recurrence; cmp.Diff(&found, got) != "" {
		t.Errorf("the run says %+v", got)
	}
	if s.due(t, r, 3*week) != nil {
		t.Error("looked at, though it is known to be undone")
	}
	s.toldOnce(t, r, week+5*time.Minute)
	again := Work(t, "S3.8", "a", "two", "f2")
	s.MustClaim(t, again, Ask("e-f2", week), run.Claimed)
	s.MustFinish(t, again, run.StatusVerified)
	if got := s.due(t, again, week); got == nil || got.Recurrences != 1 || got.Fix != again.ID {
		t.Errorf("fixed once more: %+v", got)
	}
}

// toldOnce wants people to be told of a run that recurs after a while, once, and no sooner.
func (s suite) toldOnce(t *testing.T, r *run.Run, after time.Duration) {
	t.Helper()
	if s.listed(t, s.Untold, r.ID, after-time.Minute) != nil {
		t.Error("told before its time")
	}
	untold := s.listed(t, s.Untold, r.ID, after)
	if untold == nil || untold.Recurrence == nil {
		t.Fatalf("nobody is told: %+v", untold)
	}
	if err := s.Told(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	if s.listed(t, s.Untold, r.ID, 2*week) != nil {
		t.Error("told for ever")
	}
}

// overtakenLook: what a look found is not noted where a run has ended since.
func overtakenLook(t *testing.T, s suite) {
	r := s.met(t, "a", run.StatusVerified)
	f := s.due(t, r, week)
	again := Work(t, "S3.8", "a", "two", "f2")
	s.MustClaim(t, again, Ask("e-f2", week), run.Claimed)
	s.MustFinish(t, again, run.StatusVerified)
	found := run.Recurrence{At: Began().Add(week), Times: 1, Place: 1}
	if noted, err := s.Recurs(t.Context(), *f, found, Began()); err != nil || noted {
		t.Errorf("noted: %t, %v", noted, err)
	}
	if err := s.Stays(t.Context(), *f, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if got := s.due(t, again, week); got == nil {
		t.Error("an older look has ended the looks at a newer fix")
	}
	if got := s.MustGet(t, r.ID); got.Recurrence != nil {
		t.Errorf("the run says %+v", got.Recurrence)
	}
}

// recursUnconfirmed: people are told, and Security Hub is asked all the same.
func recursUnconfirmed(t *testing.T, s suite) {
	r := s.ended(t, 0, 8*24*time.Hour)
	f := s.due(t, r, week)
	found := run.Recurrence{Times: 1, Place: 1}
	if noted, err := s.Recurs(t.Context(), *f, found, Began().Add(week)); err != nil || !noted {
		t.Fatalf("noted: %t, %v", noted, err)
	}
	if s.listed(t, s.Untold, r.ID, week) == nil {
		t.Fatal("nobody is told")
	}
	if err := s.Told(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	if s.listed(t, s.Unconfirmed, r.ID, 8*24*time.Hour) == nil {
		t.Error("Security Hub is not asked any more")
	}
}

func fixedCases() cases {
	return cases{
		"Fixed": fixedWork, "FixedOnce": fixedByOne, "NotFixed": notFixed, "Recurs": recurs, "OvertakenLook": overtakenLook,
		"RecursUnconfirmed": recursUnconfirmed,
	}
}
