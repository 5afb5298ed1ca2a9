package ledger_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

// locking is a run of a control of its own that writes to several roots.
func locking(t *testing.T, control, owner string, roots ...string) *run.Run {
	t.Helper()
	r := work(t, control, "a", owner, control)
	r.Locks = nil
	for _, root := range roots {
		r.Locks = append(r.Locks, t.Name()+root)
	}
	return r
}

// holders expects which runs have the roots of the test; nil is free.
func holders(t *testing.T, want map[string]*run.Run) {
	t.Helper()
	for root, r := range want {
		id := ""
		if r != nil {
			id = r.ID
		}
		if got := holder(t, t.Name()+root); got != id {
			t.Errorf("root %s is locked by %q, want %q", root, got, id)
		}
	}
}

// TestLocksMeet: two runs share a root or they do not, whatever the order in
// which they name them. Who comes second has none of its own or all.
func TestLocksMeet(t *testing.T) {
	tests := map[string]struct {
		first, second []string
		busy          bool
	}{
		"one and the same":      {[]string{"a"}, []string{"a"}, true},
		"the first of two":      {[]string{"a"}, []string{"a", "b"}, true},
		"the last of two":       {[]string{"b"}, []string{"a", "b"}, true},
		"one of many":           {[]string{"a", "b", "c"}, []string{"c", "d", "e"}, true},
		"the other order":       {[]string{"a", "b"}, []string{"b", "a"}, true},
		"named twice":           {[]string{"a", "a"}, []string{"a", "b", "a"}, true},
		"two others":            {[]string{"a", "b"}, []string{"c", "d"}, false},
		"named twice, no other": {[]string{"a", "a"}, []string{"b", "b"}, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			first, second := locking(t, "S3.2", "one", tc.first...), locking(t, "S3.8", "two", tc.second...)
			claim(t, first, ask("e1", 0), run.Claimed)
			want, has := run.Claimed, map[string]*run.Run{}
			for _, root := range tc.second {
				has[root] = second
			}
			if tc.busy {
				want = run.Busy
				for _, root := range tc.second {
					has[root] = nil
				}
			}
			for _, root := range tc.first {
				has[root] = first
			}
			claim(t, second, ask("e2", 0), want)
			holders(t, has)
			if d := cmp.Diff(second.Locks, stored(t, second.ID).Locks); d != "" {
				t.Errorf("what is stored:\n%s", d)
			}
		})
	}
}

// TestLocksWait: a run waits until all its roots are free, and has them all then.
func TestLocksWait(t *testing.T) {
	one, two := locking(t, "S3.2", "one", "a"), locking(t, "S3.3", "two", "b", "c")
	third := locking(t, "S3.8", "three", "a", "b")
	claim(t, one, ask("e1", 0), run.Claimed)
	claim(t, two, ask("e2", 0), run.Claimed)
	claim(t, third, ask("e3", 0), run.Busy)
	finish(t, one, run.StatusVerified)
	if _, err := open().Take(t.Context(), third.ID, "four", ask("", retry)); !errors.Is(err, run.ErrLost) {
		t.Fatalf("taken while one of two roots is locked: %v", err)
	}
	if due := stored(t, third.ID).Due; !due.Equal(began().Add(2 * retry)) {
		t.Errorf("due at %v, want once more after a while", due)
	}
	holders(t, map[string]*run.Run{"a": nil, "b": two, "c": two})
	finish(t, two, run.StatusVerified)
	holders(t, map[string]*run.Run{"a": nil, "b": nil, "c": nil})
	taken, err := open().Take(t.Context(), third.ID, "four", ask("", 2*retry))
	if err != nil {
		t.Fatal(err)
	}
	holders(t, map[string]*run.Run{"a": third, "b": third, "c": nil})
	finish(t, taken, run.StatusVerified)
	holders(t, map[string]*run.Run{"a": nil, "b": nil})
}

// TestLocksAfterDeath: whoever takes a run over has its locks, and rests and
// closes with all of them.
func TestLocksAfterDeath(t *testing.T) {
	r := locking(t, "S3.8", "dead", "b", "a")
	claim(t, r, ask("e1", 0), run.Claimed)
	taken, err := open().Take(t.Context(), r.ID, "two", ask("", lease))
	if err != nil {
		t.Fatal(err)
	}
	holders(t, map[string]*run.Run{"a": r, "b": r})
	other := locking(t, "S3.2", "three", "b", "c")
	claim(t, other, ask("e2", lease), run.Busy)
	taken.Lease, taken.Due = began(), began().Add(time.Hour)
	if err := open().Rest(t.Context(), taken); err != nil {
		t.Fatal(err)
	}
	holders(t, map[string]*run.Run{"a": nil, "b": nil})
	if _, err := open().Take(t.Context(), other.ID, "three", ask("", lease+retry)); err != nil {
		t.Fatal(err)
	}
	if _, err := open().Take(t.Context(), r.ID, "two", ask("", time.Hour)); !errors.Is(err, run.ErrLost) {
		t.Errorf("taken while another has one of its roots: %v", err)
	}
	holders(t, map[string]*run.Run{"a": nil, "b": other, "c": other})
}

// TestLocksThatCannotBeClaimed are refused before anything is written.
func TestLocksThatCannotBeClaimed(t *testing.T) {
	var nine []string
	for i := range run.MaxLocks + 1 {
		nine = append(nine, fmt.Sprint(i))
	}
	for name, roots := range map[string][]string{"none": nil, "too many": nine} {
		t.Run(name, func(t *testing.T) {
			r := locking(t, "S3.8", "one", roots...)
			if _, err := open().Claim(t.Context(), r, ask("e1", 0)); !errors.Is(err, run.ErrLocks) {
				t.Fatalf("error %v, want ErrLocks", err)
			}
			if raw(t, "run#"+r.ID, "run") != nil {
				t.Error("a run was stored")
			}
		})
	}
	most := locking(t, "S3.8", "one", nine[1:]...)
	claim(t, most, ask("e1", 0), run.Claimed)
	finish(t, most, run.StatusVerified)
}

// TestIDThatIsTaken: whose id was drawn before has no part in the other run,
// neither its work nor its locks.
func TestIDThatIsTaken(t *testing.T) {
	first := locking(t, "S3.2", "one", "a", "b")
	claim(t, first, ask("e1", 0), run.Claimed)
	second := locking(t, "S3.8", "two", "b", "c")
	second.ID = first.ID
	if got, err := open().Claim(t.Context(), second, ask("e2", 0)); err == nil {
		t.Fatalf("verdict %s, want an error", got.Verdict)
	}
	holders(t, map[string]*run.Run{"a": first, "b": first, "c": nil})
	if got := stored(t, first.ID); got.Key != first.Key {
		t.Errorf("the run is about %s, want %s", got.Key, first.Key)
	}
	second.ID = run.NewID(began())
	claim(t, second, ask("e2", 0), run.Busy)
}

// TestCloseManyWithManyLocks: as many runs go together as their items allow.
func TestCloseManyWithManyLocks(t *testing.T) {
	tests := map[string]struct{ runs, locks, calls int }{
		"one each":              {40, 1, 2}, // 33 of 3 items, 7
		"eight each":            {21, 8, 3}, // 10 of 10, 10, 1
		"exactly a transaction": {25, 2, 1}, // 25 of 4
		"one more":              {26, 2, 2},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var runs []*run.Run
			for i := range tc.runs {
				var roots []string
				for j := range tc.locks {
					roots = append(roots, fmt.Sprintf("%d-%d", i, j))
				}
				r := locking(t, fmt.Sprint("S3.", i), "one", roots...)
				claim(t, r, ask("e1", 0), run.Claimed)
				r.State, r.Status, r.Finished = run.StateRecorded, run.StatusVerified, began()
				runs = append(runs, r)
			}
			calls := 0
			book, _ := refusing(func(input any) error {
				if in, ok := input.(*dynamodb.TransactWriteItemsInput); ok {
					calls++
					if n := len(in.TransactItems); n > 100 {
						t.Errorf("%d items in a transaction, DynamoDB takes 100", n)
					}
				}
				return nil
			})
			if failed, err := book.Close(t.Context(), runs); err != nil || len(failed) > 0 {
				t.Fatalf("%v, %v", err, failed)
			}
			if calls != tc.calls {
				t.Errorf("%d calls, want %d", calls, tc.calls)
			}
			for _, r := range runs {
				for _, lock := range r.Locks {
					if id := holder(t, lock); id != "" {
						t.Errorf("lock %s is left to %s", lock, id)
					}
				}
			}
		})
	}
}
