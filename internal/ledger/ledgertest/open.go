package ledgertest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/run"
)

func saveKeepsWhatJoined(t *testing.T, s suite) {
	r := Work(t, "S3.8", "a", "one", "f1")
	s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
	s.MustClaim(t, Work(t, "S3.8", "a", "two", "f2"), Ask("e-f2", 0), run.Joined)
	r.State, r.Due = run.StateApplying, Began().Add(time.Hour)
	r.Plan = &control.Plan{Control: "S3.8", Hash: "h", Changes: []control.Change{{Path: "a", From: false, To: true}}}
	if err := s.Save(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if len(r.Findings) != 2 {
		t.Errorf("Save fills in %d findings, want both", len(r.Findings))
	}
	got := s.MustGet(t, r.ID)
	if got.State != run.StateApplying || len(got.Findings) != 2 {
		t.Errorf("state %s with %d findings", got.State, len(got.Findings))
	}
	if d := cmp.Diff(r.Plan.Changes, got.Plan.Changes); d != "" {
		t.Errorf("changes:\n%s", d)
	}
	if slices.Contains(s.MustDue(t, Began().Add(time.Hour-time.Second)), r.ID) ||
		!slices.Contains(s.MustDue(t, Began().Add(time.Hour)), r.ID) {
		t.Error("the index does not know the new due time")
	}
}

// formerOwner: a process that was taken for dead may not write any more.
func formerOwner(t *testing.T, s suite) {
	r := Work(t, "S3.8", "a", "one", "f1")
	s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
	if _, err := s.Take(t.Context(), r.ID, "two", Ask("", Lease-time.Second)); !errors.Is(err, run.ErrLost) {
		t.Fatalf("taken before the lease ended: %v", err)
	}
	taken, err := s.Take(t.Context(), r.ID, "two", Ask("", Lease))
	if err != nil {
		t.Fatal(err)
	}
	r.State = run.StateRecorded
	if err := s.Save(t.Context(), r); !errors.Is(err, run.ErrLost) {
		t.Errorf("Save by the former owner: %v, want ErrLost", err)
	}
	failed, err := s.Close(t.Context(), []*run.Run{r})
	if err != nil || !errors.Is(failed[r.ID], run.ErrLost) {
		t.Errorf("Close by the former owner: %v, %v, want ErrLost", err, failed)
	}
	if got := s.MustGet(t, r.ID); got.State != run.StateClaimed || got.Owner != "two" || s.Holder(t, r.Locks[0]) != r.ID {
		t.Errorf("state %s of %s, lock %q: the former owner changed something", got.State, got.Owner, s.Holder(t, r.Locks[0]))
	}
	s.MustFinish(t, taken, run.StatusVerified)
	if err := s.Save(t.Context(), taken); !errors.Is(err, run.ErrLost) {
		t.Errorf("Save of a closed run: %v, want ErrLost", err)
	}
	if _, err := s.Take(t.Context(), r.ID, "three", Ask("", 24*time.Hour)); !errors.Is(err, run.ErrLost) {
		t.Errorf("Take of a closed run: %v, want ErrLost", err)
	}
}

func notFound(t *testing.T, s suite) {
	if _, err := s.Get(t.Context(), "rnothing"); !errors.Is(err, run.ErrNotFound) {
		t.Errorf("Get: %v", err)
	}
	if _, err := s.Take(t.Context(), "rnothing", "one", Ask("", 0)); !errors.Is(err, run.ErrNotFound) {
		t.Errorf("Take: %v", err)
	}
	if err := s.MarkUndone(t.Context(), "rnothing", "r1"); !errors.Is(err, run.ErrNotFound) {
		t.Errorf("MarkUndone: %v", err)
	}
	if id, err := s.LastFix(t.Context(), run.Key{Resource: "nothing"}); id != "" || err != nil {
		t.Errorf("LastFix: %q, %v", id, err)
	}
}

func openCases() cases {
	return cases{
		"SaveKeepsWhatJoined": saveKeepsWhatJoined,
		"FormerOwner":         formerOwner,
		"NotFound":            notFound,
	}
}
