package ledger_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

func TestGrewWhileClosing(t *testing.T) {
	r := work(t, "S3.8", "a", "one", "f1")
	claim(t, r, ask("e-f1", 0), run.Claimed)
	r.State, r.Status, r.Finished = run.StateRecorded, run.StatusVerified, began()
	if err := open().Save(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	claim(t, work(t, "S3.8", "a", "two", "f2"), ask("e-f2", 0), run.Joined)
	failed, err := open().Close(t.Context(), []*run.Run{r})
	if err != nil || !errors.Is(failed[r.ID], run.ErrGrew) {
		t.Fatalf("closed over the head of a finding: %v, %v", err, failed)
	}
	if len(r.Findings) != 2 || stored(t, r.ID).State != run.StateRecorded || locked(t, r) != r.ID {
		t.Errorf("%d findings, state %s: the run should know both and be open", len(r.Findings), stored(t, r.ID).State)
	}
	if failed, err = open().Close(t.Context(), []*run.Run{r}); err != nil || len(failed) > 0 {
		t.Fatalf("closed with both: %v, %v", err, failed)
	}
	claim(t, work(t, "S3.8", "a", "three", "f2"), ask("e-f2", 0), run.Duplicate)
}

// TestCloseManyTogether: more runs than fit into one transaction, among them one
// that grew and one that was lost.
func TestCloseManyTogether(t *testing.T) {
	var runs []*run.Run
	for i := range 40 {
		r := work(t, "S3.8", fmt.Sprint(i), "one", fmt.Sprintf("f%d", i))
		claim(t, r, ask(fmt.Sprintf("e-f%d", i), 0), run.Claimed)
		r.State, r.Status, r.Finished = run.StateRecorded, run.StatusVerified, began()
		runs = append(runs, r)
	}
	grew, lost := runs[3], runs[37]
	claim(t, work(t, "S3.8", "3", "two", "more"), ask("e-more", 0), run.Joined)
	if _, err := open().Take(t.Context(), lost.ID, "two", ask("", lease)); err != nil {
		t.Fatal(err)
	}
	world.ClearCalls()
	failed, err := open().Close(t.Context(), runs)
	if err != nil {
		t.Fatal(err)
	}
	if len(failed) != 2 || !errors.Is(failed[grew.ID], run.ErrGrew) || !errors.Is(failed[lost.ID], run.ErrLost) {
		t.Errorf("not closed: %v, want %s as grown and %s as lost", failed, grew.ID, lost.ID)
	}
	for i, r := range runs {
		open := failed[r.ID] != nil
		if got := stored(t, r.ID).State; (got != run.StateClosed) != open || (locked(t, r) != "") != open {
			t.Errorf("run %d: state %s, lock %q", i, got, locked(t, r))
		}
	}
}

func TestCloseTogetherIsCheap(t *testing.T) {
	var runs []*run.Run
	for i := range 40 {
		r := work(t, "S3.8", fmt.Sprint(i), "one", "f1")
		claim(t, r, ask("e-f1", 0), run.Claimed)
		r.State, r.Status, r.Finished = run.StateRecorded, run.StatusVerified, began()
		runs = append(runs, r)
	}
	world.ClearCalls()
	if failed, err := open().Close(t.Context(), runs); err != nil || len(failed) > 0 {
		t.Fatalf("%v, %v", err, failed)
	}
	n := 0
	for _, c := range world.Calls(0) {
		if c.Service == "dynamodb" {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d calls for 40 runs, want 2", n)
	}
	// The answer to a transaction may be lost; closing again is then no failure.
	if failed, err := open().Close(t.Context(), runs[:2]); err != nil || len(failed) > 0 {
		t.Errorf("closed twice: %v, %v", err, failed)
	}
}

func TestTellLater(t *testing.T) {
	r := work(t, "S3.8", "a", "one", "f1")
	claim(t, r, ask("e-f1", 0), run.Claimed)
	r.Tell = began().Add(5 * time.Minute)
	finish(t, r, run.StatusVerified)
	untold := func(after time.Duration) bool {
		runs, err := open().Untold(t.Context(), began().Add(after), 1000)
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
	if contains(dueIDs(t, began().Add(24*time.Hour)), r.ID) {
		t.Error("a closed run is due: the sweep would take it up")
	}
	for range 2 { // twice, as two sweeps may
		if err := open().Told(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
	}
	if untold(24 * time.Hour) {
		t.Error("told again and again")
	}
	if got := stored(t, r.ID); got.State != run.StateClosed {
		t.Errorf("state %s", got.State)
	}
}

func TestPast(t *testing.T) {
	first := work(t, "S3.8", "a", "one", "f1")
	claim(t, first, ask("e-f1", 0), run.Claimed)
	finish(t, first, run.StatusVerified)
	// A later run that fixed nothing leaves the fix on record.
	second := work(t, "S3.8", "a", "one", "f1")
	claim(t, second, ask("e2", 0), run.Claimed)
	finish(t, second, run.StatusCompliant)
	id, err := open().LastFix(t.Context(), first.Key)
	if err != nil || id != first.ID {
		t.Errorf("last fix %q, %v, want %s", id, err, first.ID)
	}
	if err := open().MarkUndone(t.Context(), first.ID, "rundo"); err != nil {
		t.Fatal(err)
	}
	want := *first
	want.UndoneBy, want.State = "rundo", run.StateClosed
	if d := cmp.Diff(&want, stored(t, first.ID)); d != "" {
		t.Errorf("marking a run as undone changed more:\n%s", d)
	}
	third := work(t, "S3.8", "a", "one", "f1")
	claim(t, third, ask("e3", 0), run.Claimed)
	if err := open().MarkUndone(t.Context(), third.ID, "rundo"); err == nil {
		t.Error("an open run was marked as undone")
	}
}
