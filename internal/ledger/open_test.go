package ledger_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/run"
)

func contains(list []string, one string) bool { return slices.Contains(list, one) }

// dueIDs are all runs that are due at a time; other tests' are among them.
func dueIDs(t *testing.T, now time.Time) []string {
	t.Helper()
	ids, err := open().Due(t.Context(), now, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestSaveKeepsWhatJoined(t *testing.T) {
	r := work(t, "S3.8", "a", "one", "f1")
	claim(t, r, ask("e-f1", 0), run.Claimed)
	claim(t, work(t, "S3.8", "a", "two", "f2"), ask("e-f2", 0), run.Joined)
	r.State, r.Due = run.StateApplying, began().Add(time.Hour)
	r.Plan = &control.Plan{Control: "S3.8", Hash: "h", Changes: []control.Change{{Path: "a", From: false, To: true}}}
	if err := open().Save(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if len(r.Findings) != 2 {
		t.Errorf("Save fills in %d findings, want both", len(r.Findings))
	}
	got := stored(t, r.ID)
	if got.State != run.StateApplying || len(got.Findings) != 2 {
		t.Errorf("state %s with %d findings", got.State, len(got.Findings))
	}
	if d := cmp.Diff(r.Plan.Changes, got.Plan.Changes); d != "" {
		t.Errorf("changes:\n%s", d)
	}
	if contains(dueIDs(t, began().Add(time.Hour-time.Second)), r.ID) ||
		!contains(dueIDs(t, began().Add(time.Hour)), r.ID) {
		t.Error("the index does not know the new due time")
	}
}

// TestFormerOwner: a process that was taken for dead may not write any more.
func TestFormerOwner(t *testing.T) {
	r := work(t, "S3.8", "a", "one", "f1")
	claim(t, r, ask("e-f1", 0), run.Claimed)
	if _, err := open().Take(t.Context(), r.ID, "two", ask("", lease-time.Second)); !errors.Is(err, run.ErrLost) {
		t.Fatalf("taken before the lease ended: %v", err)
	}
	taken, err := open().Take(t.Context(), r.ID, "two", ask("", lease))
	if err != nil {
		t.Fatal(err)
	}
	r.State = run.StateRecorded
	if err := open().Save(t.Context(), r); !errors.Is(err, run.ErrLost) {
		t.Errorf("Save by the former owner: %v, want ErrLost", err)
	}
	failed, err := open().Close(t.Context(), []*run.Run{r})
	if err != nil || !errors.Is(failed[r.ID], run.ErrLost) {
		t.Errorf("Close by the former owner: %v, %v, want ErrLost", err, failed)
	}
	if got := stored(t, r.ID); got.State != run.StateClaimed || got.Owner != "two" || locked(t, r) != r.ID {
		t.Errorf("state %s of %s, lock %q: the former owner changed something", got.State, got.Owner, locked(t, r))
	}
	finish(t, taken, run.StatusVerified)
	if err := open().Save(t.Context(), taken); !errors.Is(err, run.ErrLost) {
		t.Errorf("Save of a closed run: %v, want ErrLost", err)
	}
	if _, err := open().Take(t.Context(), r.ID, "three", ask("", 24*time.Hour)); !errors.Is(err, run.ErrLost) {
		t.Errorf("Take of a closed run: %v, want ErrLost", err)
	}
}

func TestNotFound(t *testing.T) {
	if _, err := open().Get(t.Context(), "rnothing"); !errors.Is(err, run.ErrNotFound) {
		t.Errorf("Get: %v", err)
	}
	if _, err := open().Take(t.Context(), "rnothing", "one", ask("", 0)); !errors.Is(err, run.ErrNotFound) {
		t.Errorf("Take: %v", err)
	}
	if err := open().MarkUndone(t.Context(), "rnothing", "r1"); !errors.Is(err, run.ErrNotFound) {
		t.Errorf("MarkUndone: %v", err)
	}
	if id, err := open().LastFix(t.Context(), run.Key{Resource: "nothing"}); id != "" || err != nil {
		t.Errorf("LastFix: %q, %v", id, err)
	}
}
