package ledgertest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/gate"
)

// change is the n-th change of rings: S3.8 goes to another ring.
func change(n, version int64, to string) gate.Change {
	return gate.Change{
		Number: n, Control: "S3.8", From: "lab", To: to, Bound: 1, Version: version, By: "Salve", Why: "10 fixes have held",
		At: Began().Add(time.Duration(n) * time.Minute), Salve: true,
	}
}

// ringsMove: what is moved comes back with the settings and in the history, by the number that follows the last one and
// with the version it was decided with.
func ringsMove(t *testing.T, s suite) {
	if err := s.push(t, `{"version":1,"controls":{"S3.8":{"mode":"auto"}}}`, 0); err != nil {
		t.Fatal(err)
	}
	if got, err := s.RingChanges(t.Context()); err != nil || len(got) > 0 {
		t.Fatalf("before any: %v, %v", got, err)
	}
	for _, c := range []gate.Change{change(1, 1, "dev"), change(2, 1, "prod")} {
		if err := s.MoveRing(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if err := s.MoveRing(t.Context(), c); err != nil {
			t.Errorf("the same again, as if its answer was lost: %v", err)
		}
	}
	s.moveRefused(t)
	got, err := s.RingChanges(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]gate.Change{change(2, 1, "prod"), change(1, 1, "dev")}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	s.moved(t, gate.Settings{
		Changes: 2, Modes: map[string]int64{"s3.8": 1},
		Moved: map[string]gate.Moved{
			"s3.8": {Ring: "prod", Bound: 1, Change: 2, At: Began().Add(2 * time.Minute), Salve: true},
		},
	})
}

// moveRefused expects that two changes were made with version 1, and goes on to the next.
func (s suite) moveRefused(t *testing.T) {
	t.Helper()
	for name, c := range map[string]gate.Change{
		"an old number": change(2, 1, "dev"), "a number too far": change(4, 1, "dev"), "another version": change(3, 2, "dev"),
	} {
		if err := s.MoveRing(t.Context(), c); !errors.Is(err, gate.ErrConflict) {
			t.Errorf("%s: %v, want ErrConflict", name, err)
		}
	}
}

// pushLeavesRings: a push changes the version of a mode, and moves nobody.
func pushLeavesRings(t *testing.T, s suite) {
	for n, mode := range []string{"auto", "plan"} {
		if err := s.push(t, `{"version":1,"controls":{"S3.8":{"mode":"`+mode+`"}}}`, int64(n)); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			if err := s.MoveRing(t.Context(), change(1, 1, "dev")); err != nil {
				t.Fatal(err)
			}
		}
	}
	stored, err := s.Settings(t.Context())
	if err != nil || stored.Modes["s3.8"] != 2 || stored.Changes != 1 || len(stored.Moved) != 1 {
		t.Errorf("after a push: %+v, %v", stored, err)
	}
}

// moved expects what is stored about rings.
func (s suite) moved(t *testing.T, want gate.Settings) {
	t.Helper()
	stored, err := s.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := gate.Settings{Changes: stored.Changes, Modes: stored.Modes, Moved: stored.Moved}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// twoMove: of many at once one moves the control.
func twoMove(t *testing.T, s suite) {
	if err := s.push(t, `{"version":1}`, 0); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wait.Go(func() { errs[i] = s.MoveRing(t.Context(), change(1, 1, fmt.Sprint("ring-", i))) })
	}
	wait.Wait()
	won := -1
	for i, err := range errs {
		switch {
		case err == nil && won < 0:
			won = i
		case !errors.Is(err, gate.ErrConflict):
			t.Errorf("move %d: %v", i, err)
		}
	}
	got, err := s.RingChanges(t.Context())
	if err != nil || len(got) != 1 || got[0].To != fmt.Sprint("ring-", won) {
		t.Errorf("%+v, %v: move %d was taken", got, err, won)
	}
}

// oldChangesGo: as many are kept as there is room for, the newest.
func oldChangesGo(t *testing.T, s suite) {
	if err := s.push(t, `{"version":1}`, 0); err != nil {
		t.Fatal(err)
	}
	for n := int64(1); n <= gate.KeptChanges+2; n++ {
		if err := s.MoveRing(t.Context(), change(n, 1, "dev")); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.RingChanges(t.Context())
	if err != nil || len(got) != gate.KeptChanges || got[0].Number != gate.KeptChanges+2 {
		t.Errorf("%d changes, %v", len(got), err)
	}
}

// doubts: one about each piece of work, until it is settled.
func doubts(t *testing.T, s suite) {
	const control = "Doubted.1"
	one, two := Work(t, control, "one", "o", "a").Key, Work(t, "doubted.1", "two", "o", "b").Key
	for i, why := range []string{"first", "a: disputed", "b: taken back"} {
		key := one
		if i == 2 {
			key = two
		}
		if err := s.Doubt(t.Context(), key, why, Began().Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	a := gate.Doubt{Why: "a: disputed", At: Began().Add(time.Second)}
	b := gate.Doubt{Why: "b: taken back", At: Began().Add(2 * time.Second)}
	got, err := s.Doubts(t.Context(), control)
	if d := cmp.Diff([]gate.Doubt{a, b}, got); err != nil || d != "" {
		t.Errorf("%v, (-want +got):\n%s", err, d)
	}
	for range 2 {
		left, err := s.Settled(t.Context(), one)
		if d := cmp.Diff([]gate.Doubt{b}, left); err != nil || d != "" {
			t.Errorf("%v, (-want +got):\n%s", err, d)
		}
	}
	if left, err := s.Settled(t.Context(), two); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// heldFixes: a run counts once for its control in a stage.
func heldFixes(t *testing.T, s suite) {
	name := t.Name() // other tests' may be in it
	for i, id := range []string{"r1", "r2", "r1", "r3"} {
		n, err := s.Held(t.Context(), name, "lab 1.0", id, Began())
		if want := []int{1, 2, 2, 3}[i]; err != nil || n != want {
			t.Errorf("%s: %d, %v, want %d", id, n, err, want)
		}
	}
	for stamp, want := range map[string]int{"lab 1.0": 3, "lab 1.1": 0} {
		if n, err := s.HeldSoFar(t.Context(), name, stamp); err != nil || n != want {
			t.Errorf("%s: %d, %v, want %d", stamp, n, err, want)
		}
	}
}

func ringCases() cases {
	return cases{
		"RingsMove": ringsMove, "PushLeavesRings": pushLeavesRings, "TwoMove": twoMove, "OldChangesGo": oldChangesGo,
		"Doubts": doubts, "Held": heldFixes, "Slots": slots,
	}
}
