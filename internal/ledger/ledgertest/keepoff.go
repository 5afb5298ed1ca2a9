package ledgertest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

// keepsOff: a hold on work that never was keeps events off, not operators.
func keepsOff(t *testing.T, s suite) {
	r := Work(t, "S3.2", "new", "one", "f1")
	hold := run.Hold{Until: Began().Add(time.Hour), By: "alice", Reason: "run r1 was taken back"}
	s.keepOff(t, r.Key, hold)
	claimed := s.MustClaim(t, r, Ask("e1", 0), run.Held)
	if d := cmp.Diff(hold, claimed.Hold); d != "" {
		t.Errorf("hold:\n%s", d)
	}
	again := Ask("e1", 0)
	again.IgnoreHold = true
	s.MustClaim(t, r, again, run.Claimed)
}

// keepOffEnds: the first event after the hold finds free work.
func keepOffEnds(t *testing.T, s suite) {
	r := Work(t, "S3.2", "new", "one", "f1")
	s.keepOff(t, r.Key, run.Hold{Until: Began().Add(time.Hour), By: "alice"})
	s.MustClaim(t, r, Ask("e1", time.Hour), run.Claimed)
}

// keepOffDoesNotShorten: another undo has asked for more.
func keepOffDoesNotShorten(t *testing.T, s suite) {
	r := Work(t, "S3.2", "old", "one", "f1")
	s.MustClaim(t, r, Ask("e1", 0), run.Claimed)
	r.Hold = &run.Hold{Until: Began().Add(2 * time.Hour), By: "bob", Reason: "mine"}
	s.MustFinish(t, r, run.StatusUndone)
	s.keepOff(t, r.Key, run.Hold{Until: Began().Add(time.Hour), By: "alice", Reason: "shorter"})
	s.held(t, r.Key, r.Hold)
	longer := run.Hold{Until: Began().Add(3 * time.Hour), By: "alice", Reason: "longer"}
	s.keepOff(t, r.Key, longer)
	s.held(t, r.Key, &longer)
	// What was seen is not forgotten.
	s.MustClaim(t, Work(t, "S3.2", "old", "two", "f1"), Ask("e-f1", 4*time.Hour), run.Duplicate)
}

func (s suite) keepOff(t *testing.T, k run.Key, h run.Hold) {
	t.Helper()
	if err := s.KeepOff(t.Context(), k, h); err != nil {
		t.Fatal(err)
	}
}

func (s suite) held(t *testing.T, k run.Key, want *run.Hold) {
	t.Helper()
	got, err := s.Hold(t.Context(), k, Began())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("hold:\n%s", d)
	}
}

// latestAndFix: the last run and the last fix, where they are not the same.
func latestAndFix(t *testing.T, s suite) {
	fix := Work(t, "S3.8", "", "one", "f1")
	s.latest(t, fix.Key)
	s.MustClaim(t, fix, Ask("e1", 0), run.Claimed)
	s.latest(t, fix.Key, fix.ID)
	s.MustFinish(t, fix, run.StatusVerified)
	s.latest(t, fix.Key, fix.ID)
	next := Work(t, "S3.8", "", "two", "f1")
	s.MustClaim(t, next, Ask("e2", 0), run.Claimed)
	s.MustFinish(t, next, run.StatusFailed)
	s.latest(t, fix.Key, next.ID, fix.ID)
}

func (s suite) latest(t *testing.T, k run.Key, want ...string) {
	t.Helper()
	got, err := s.Latest(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("latest runs:\n%s", d)
	}
}

// keepOffOpenWork: a run that is at work stays the one that is at work.
func keepOffOpenWork(t *testing.T, s suite) {
	first := Work(t, "S3.2", "busy", "one", "f1")
	s.MustClaim(t, first, Ask("e-f1", 0), run.Claimed)
	s.keepOff(t, first.Key, run.Hold{Until: Began().Add(time.Hour), By: "alice"})
	s.MustClaim(t, Work(t, "S3.2", "busy", "two", "f2"), Ask("e-f2", time.Second), run.Joined)
}

func keepoffCases() cases {
	return cases{
		"KeepOff":               keepsOff,
		"KeepOffEnds":           keepOffEnds,
		"KeepOffDoesNotShorten": keepOffDoesNotShorten,
		"Latest":                latestAndFix,
		"KeepOffOpenWork":       keepOffOpenWork,
	}
}
