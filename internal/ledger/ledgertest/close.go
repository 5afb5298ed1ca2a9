package ledgertest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

func grewWhileClosing(t *testing.T, s suite) {
	r := Work(t, "S3.8", "a", "one", "f1")
	s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
	r.State, r.Status, r.Finished = run.StateRecorded, run.StatusVerified, Began()
	if err := s.Save(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	s.MustClaim(t, Work(t, "S3.8", "a", "two", "f2"), Ask("e-f2", 0), run.Joined)
	failed, err := s.Close(t.Context(), []*run.Run{r})
	if err != nil || !errors.Is(failed[r.ID], run.ErrGrew) {
		t.Fatalf("closed over the head of a finding: %v, %v", err, failed)
	}
	if len(r.Findings) != 2 || s.MustGet(t, r.ID).State != run.StateRecorded || s.Holder(t, r.Locks[0]) != r.ID {
		t.Errorf("%d findings, state %s: the run should know both and be open", len(r.Findings), s.MustGet(t, r.ID).State)
	}
	if failed, err = s.Close(t.Context(), []*run.Run{r}); err != nil || len(failed) > 0 {
		t.Fatalf("closed with both: %v, %v", err, failed)
	}
	s.MustClaim(t, Work(t, "S3.8", "a", "three", "f2"), Ask("e-f2", 0), run.Duplicate)
}

// closeManyTogether: more runs than fit into one transaction, among them one
// that grew and one that was lost.
func closeManyTogether(t *testing.T, s suite) {
	var runs []*run.Run
	for i := range 40 {
		r := Work(t, "S3.8", fmt.Sprint(i), "one", fmt.Sprintf("f%d", i))
		s.MustClaim(t, r, Ask(fmt.Sprintf("e-f%d", i), 0), run.Claimed)
		r.State, r.Status, r.Finished = run.StateRecorded, run.StatusVerified, Began()
		runs = append(runs, r)
	}
	grew, lost := runs[3], runs[37]
	s.MustClaim(t, Work(t, "S3.8", "3", "two", "more"), Ask("e-more", 0), run.Joined)
	if _, err := s.Take(t.Context(), lost.ID, "two", Ask("", Lease)); err != nil {
		t.Fatal(err)
	}
	failed, err := s.Close(t.Context(), runs)
	if err != nil {
		t.Fatal(err)
	}
	if len(failed) != 2 || !errors.Is(failed[grew.ID], run.ErrGrew) || !errors.Is(failed[lost.ID], run.ErrLost) {
		t.Errorf("not closed: %v, want %s as grown and %s as lost", failed, grew.ID, lost.ID)
	}
	for i, r := range runs {
		open := failed[r.ID] != nil
		if got := s.MustGet(t, r.ID).State; (got != run.StateClosed) != open || (s.Holder(t, r.Locks[0]) != "") != open {
			t.Errorf("run %d: state %s, lock %q", i, got, s.Holder(t, r.Locks[0]))
		}
	}
}

// closeTwice: the answer to closing may be lost; closing again is then no failure.
func closeTwice(t *testing.T, s suite) {
	var runs []*run.Run
	for i := range 2 {
		r := Work(t, "S3.8", fmt.Sprint(i), "one", "f1")
		s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
		s.MustFinish(t, r, run.StatusVerified)
		runs = append(runs, r)
	}
	if failed, err := s.Close(t.Context(), runs); err != nil || len(failed) > 0 {
		t.Errorf("closed twice: %v, %v", err, failed)
	}
}

func tellLater(t *testing.T, s suite) {
	r := Work(t, "S3.8", "a", "one", "f1")
	s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
	r.Tell = Began().Add(5 * time.Minute)
	s.MustFinish(t, r, run.StatusVerified)
	untold := func(after time.Duration) bool {
		runs, err := s.Untold(t.Context(), Began().Add(after), 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range runs {
			if one.ID == r.ID {
				return true
			}
		}
		return false
	}
	if untold(5*time.Minute - time.Second) {
		t.Error("told too early")
	}
	if !untold(5 * time.Minute) {
		t.Error("nobody is told")
	}
	if slices.Contains(s.MustDue(t, Began().Add(24*time.Hour)), r.ID) {
		t.Error("a closed run is due: the sweep would take it up")
	}
	for range 2 { // twice, as two sweeps may
		if err := s.Told(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
	}
	if untold(24 * time.Hour) {
		t.Error("told again and again")
	}
	if got := s.MustGet(t, r.ID); got.State != run.StateClosed {
		t.Errorf("state %s", got.State)
	}
}

func past(t *testing.T, s suite) {
	first := Work(t, "S3.8", "a", "one", "f1")
	s.MustClaim(t, first, Ask("e-f1", 0), run.Claimed)
	s.MustFinish(t, first, run.StatusVerified)
	// A later run that fixed nothing leaves the fix on record.
	second := Work(t, "S3.8", "a", "one", "f1")
	s.MustClaim(t, second, Ask("e2", 0), run.Claimed)
	s.MustFinish(t, second, run.StatusCompliant)
	id, err := s.LastFix(t.Context(), first.Key)
	if err != nil || id != first.ID {
		t.Errorf("last fix %q, %v, want %s", id, err, first.ID)
	}
	if err := s.MarkUndone(t.Context(), first.ID, "rundo"); err != nil {
		t.Fatal(err)
	}
	want := *first
	want.UndoneBy, want.State = "rundo", run.StateClosed
	if d := cmp.Diff(&want, s.MustGet(t, first.ID)); d != "" {
		t.Errorf("marking a run as undone changed more:\n%s", d)
	}
	third := Work(t, "S3.8", "a", "one", "f1")
	s.MustClaim(t, third, Ask("e3", 0), run.Claimed)
	if err := s.MarkUndone(t.Context(), third.ID, "rundo"); err == nil {
		t.Error("an open run was marked as undone")
	}
}

func closeCases() cases {
	return cases{
		"GrewWhileClosing":  grewWhileClosing,
		"CloseManyTogether": closeManyTogether,
		"CloseTwice":        closeTwice,
		"TellLater":         tellLater,
		"Past":              past,
	}
}
