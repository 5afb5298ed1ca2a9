package ledgertest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

// locking is a run of a control of its own that writes to several roots.
func locking(t *testing.T, control, owner string, roots ...string) *run.Run {
	t.Helper()
	r := Work(t, control, "a", owner, control)
	r.Locks = nil
	for _, root := range roots {
		r.Locks = append(r.Locks, t.Name()+root)
	}
	return r
}

// holders expects which runs have the roots of the test; nil is free.
func (s suite) holders(t *testing.T, want map[string]*run.Run) {
	t.Helper()
	for root, r := range want {
		id := ""
		if r != nil {
			id = r.ID
		}
		if got := s.Holder(t, t.Name()+root); got != id {
			t.Errorf("root %s is locked by %q, want %q", root, got, id)
		}
	}
}

// locksMeet: two runs share a root or they do not, whatever the order in
// which they name them. Who comes second has none of its own or all.
func locksMeet(t *testing.T, s suite) {
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
			s.MustClaim(t, first, Ask("e1", 0), run.Claimed)
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
			s.MustClaim(t, second, Ask("e2", 0), want)
			s.holders(t, has)
			if d := cmp.Diff(second.Locks, s.MustGet(t, second.ID).Locks); d != "" {
				t.Errorf("what is stored:\n%s", d)
			}
		})
	}
}

// locksWait: a run waits until all its roots are free, and has them all then.
func locksWait(t *testing.T, s suite) {
	one, two := locking(t, "S3.2", "one", "a"), locking(t, "S3.3", "two", "b", "c")
	third := locking(t, "S3.8", "three", "a", "b")
	s.MustClaim(t, one, Ask("e1", 0), run.Claimed)
	s.MustClaim(t, two, Ask("e2", 0), run.Claimed)
	s.MustClaim(t, third, Ask("e3", 0), run.Busy)
	s.MustFinish(t, one, run.StatusVerified)
	if _, err := s.Take(t.Context(), third.ID, "four", Ask("", Retry)); !errors.Is(err, run.ErrLost) {
		t.Fatalf("taken while one of two roots is locked: %v", err)
	}
	if due := s.MustGet(t, third.ID).Due; !due.Equal(Began().Add(2 * Retry)) {
		t.Errorf("due at %v, want once more after a while", due)
	}
	s.holders(t, map[string]*run.Run{"a": nil, "b": two, "c": two})
	s.MustFinish(t, two, run.StatusVerified)
	s.holders(t, map[string]*run.Run{"a": nil, "b": nil, "c": nil})
	taken, err := s.Take(t.Context(), third.ID, "four", Ask("", 2*Retry))
	if err != nil {
		t.Fatal(err)
	}
	s.holders(t, map[string]*run.Run{"a": third, "b": third, "c": nil})
	s.MustFinish(t, taken, run.StatusVerified)
	s.holders(t, map[string]*run.Run{"a": nil, "b": nil})
}

// locksAfterDeath: whoever takes a run over has its locks, and rests and
// closes with all of them.
func locksAfterDeath(t *testing.T, s suite) {
	r := locking(t, "S3.8", "dead", "b", "a")
	s.MustClaim(t, r, Ask("e1", 0), run.Claimed)
	taken, err := s.Take(t.Context(), r.ID, "two", Ask("", Lease))
	if err != nil {
		t.Fatal(err)
	}
	s.holders(t, map[string]*run.Run{"a": r, "b": r})
	other := locking(t, "S3.2", "three", "b", "c")
	s.MustClaim(t, other, Ask("e2", Lease), run.Busy)
	taken.Lease, taken.Due = Began(), Began().Add(time.Hour)
	if err := s.Rest(t.Context(), taken); err != nil {
		t.Fatal(err)
	}
	s.holders(t, map[string]*run.Run{"a": nil, "b": nil})
	if _, err := s.Take(t.Context(), other.ID, "three", Ask("", Lease+Retry)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Take(t.Context(), r.ID, "two", Ask("", time.Hour)); !errors.Is(err, run.ErrLost) {
		t.Errorf("taken while another has one of its roots: %v", err)
	}
	s.holders(t, map[string]*run.Run{"a": nil, "b": other, "c": other})
}

// TestLocksThatCannotBeClaimed are refused before anything is written.
func locksThatCannotBeClaimed(t *testing.T, s suite) {
	var nine []string
	for i := range run.MaxLocks + 1 {
		nine = append(nine, fmt.Sprint(i))
	}
	for name, roots := range map[string][]string{"none": nil, "too many": nine} {
		t.Run(name, func(t *testing.T) {
			r := locking(t, "S3.8", "one", roots...)
			if _, err := s.Claim(t.Context(), r, Ask("e1", 0)); !errors.Is(err, run.ErrLocks) {
				t.Fatalf("error %v, want ErrLocks", err)
			}
			if s.Stored(t, r.ID) != "" {
				t.Error("a run was stored")
			}
		})
	}
	most := locking(t, "S3.8", "one", nine[1:]...)
	s.MustClaim(t, most, Ask("e1", 0), run.Claimed)
	s.MustFinish(t, most, run.StatusVerified)
}

// iDThatIsTaken: whose id was drawn before has no part in the other run,
// neither its work nor its locks.
func iDThatIsTaken(t *testing.T, s suite) {
	first := locking(t, "S3.2", "one", "a", "b")
	s.MustClaim(t, first, Ask("e1", 0), run.Claimed)
	second := locking(t, "S3.8", "two", "b", "c")
	second.ID = first.ID
	if got, err := s.Claim(t.Context(), second, Ask("e2", 0)); err == nil {
		t.Fatalf("verdict %s, want an error", got.Verdict)
	}
	s.holders(t, map[string]*run.Run{"a": first, "b": first, "c": nil})
	if got := s.MustGet(t, first.ID); got.Key != first.Key {
		t.Errorf("the run is about %s, want %s", got.Key, first.Key)
	}
	second.ID = run.NewID(Began())
	s.MustClaim(t, second, Ask("e2", 0), run.Busy)
}

func locksCases() cases {
	return cases{
		"LocksMeet":                locksMeet,
		"LocksWait":                locksWait,
		"LocksAfterDeath":          locksAfterDeath,
		"LocksThatCannotBeClaimed": locksThatCannotBeClaimed,
		"IDThatIsTaken":            iDThatIsTaken,
	}
}
