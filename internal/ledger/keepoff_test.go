package ledger_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

// TestKeepOff: a hold on work that never was keeps events off, not operators.
func TestKeepOff(t *testing.T) {
	r := work(t, "S3.2", "new", "one", "f1")
	hold := run.Hold{Until: began().Add(time.Hour), By: "alice", Reason: "run r1 was taken back"}
	keepOff(t, r.Key, hold)
	claimed := claim(t, r, ask("e1", 0), run.Held)
	if d := cmp.Diff(hold, claimed.Hold); d != "" {
		t.Errorf("hold:\n%s", d)
	}
	again := ask("e1", 0)
	again.IgnoreHold = true
	claim(t, r, again, run.Claimed)
}

// TestKeepOffEnds: the first event after the hold finds free work.
func TestKeepOffEnds(t *testing.T) {
	r := work(t, "S3.2", "new", "one", "f1")
	keepOff(t, r.Key, run.Hold{Until: began().Add(time.Hour), By: "alice"})
	claim(t, r, ask("e1", time.Hour), run.Claimed)
}

// TestKeepOffDoesNotShorten: another undo has asked for more.
func TestKeepOffDoesNotShorten(t *testing.T) {
	r := work(t, "S3.2", "old", "one", "f1")
	claim(t, r, ask("e1", 0), run.Claimed)
	r.Hold = &run.Hold{Until: began().Add(2 * time.Hour), By: "bob", Reason: "mine"}
	finish(t, r, run.StatusUndone)
	keepOff(t, r.Key, run.Hold{Until: began().Add(time.Hour), By: "alice", Reason: "shorter"})
	held(t, r.Key, r.Hold)
	longer := run.Hold{Until: began().Add(3 * time.Hour), By: "alice", Reason: "longer"}
	keepOff(t, r.Key, longer)
	held(t, r.Key, &longer)
	// What was seen is not forgotten.
	claim(t, work(t, "S3.2", "old", "two", "f1"), ask("e-f1", 4*time.Hour), run.Duplicate)
}

func keepOff(t *testing.T, k run.Key, h run.Hold) {
	t.Helper()
	if err := open().KeepOff(t.Context(), k, h); err != nil {
		t.Fatal(err)
	}
}

func held(t *testing.T, k run.Key, want *run.Hold) {
	t.Helper()
	got, err := open().Hold(t.Context(), k, began())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("hold:\n%s", d)
	}
}

// TestLatest: the last run and the last fix, where they are not the same.
func TestLatest(t *testing.T) {
	fix := work(t, "S3.8", "", "one", "f1")
	latest(t, fix.Key)
	claim(t, fix, ask("e1", 0), run.Claimed)
	latest(t, fix.Key, fix.ID)
	finish(t, fix, run.StatusVerified)
	latest(t, fix.Key, fix.ID)
	next := work(t, "S3.8", "", "two", "f1")
	claim(t, next, ask("e2", 0), run.Claimed)
	finish(t, next, run.StatusFailed)
	latest(t, fix.Key, next.ID, fix.ID)
}

func latest(t *testing.T, k run.Key, want ...string) {
	t.Helper()
	got, err := open().Latest(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("latest runs:\n%s", d)
	}
}

// TestKeepOffOpenWork: a run that is at work stays the one that is at work.
func TestKeepOffOpenWork(t *testing.T) {
	first := work(t, "S3.2", "busy", "one", "f1")
	claim(t, first, ask("e-f1", 0), run.Claimed)
	keepOff(t, first.Key, run.Hold{Until: began().Add(time.Hour), By: "alice"})
	claim(t, work(t, "S3.2", "busy", "two", "f2"), ask("e-f2", time.Second), run.Joined)
}
