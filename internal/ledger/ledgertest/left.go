package ledgertest

import (
	"errors"
	"testing"

	"github.com/salve-security/salve/internal/run"
)

// kept are the items that a run keeps from others.
func kept(r *run.Run) []string {
	items := []string{"work#" + r.Key.String()}
	for _, lock := range r.Locks {
		items = append(items, "lock#"+lock)
	}
	return items
}

// leftBehind: what a run kept that somebody deleted is seen and released, and then the work goes on.
func leftBehind(t *testing.T, s suite) {
	lost := Work(t, "S3.8", "a", "one", "f1")
	s.MustClaim(t, lost, Ask("e-f1", 0), run.Claimed)
	waits := Work(t, "S3.2", "a", "two", "f2")
	waits.Key.Resource, waits.Locks = lost.Key.Resource, lost.Locks
	s.MustClaim(t, waits, Ask("e-f2", 0), run.Busy)
	s.Forget(t, lost.ID)

	again := Work(t, "S3.8", "a", "three", "f3")
	again.Key, again.Locks = lost.Key, lost.Locks
	_, err := s.Claim(t.Context(), again, Ask("e-f3", Lease))
	var left *run.LeftError
	if !errors.As(err, &left) || left.Run != lost.ID || left.Item != "work#"+lost.Key.String() {
		t.Errorf("claim: %v, want a LeftError that names item and run", err)
	}
	list := s.mustLeft(t, kept(lost)...)
	if len(list) != 1+len(lost.Locks) {
		t.Fatalf("left behind: %+v", list)
	}
	for _, l := range list {
		if l.Holds != run.HoldingMissing || l.Run != lost.ID || !l.Free(Began()) {
			t.Errorf("left behind: %+v", l)
		}
		other := l
		other.Run = waits.ID
		s.mustGiveBack(t, other, false)
		s.mustGiveBack(t, l, true)
		s.mustGiveBack(t, l, false) // nobody has it any more
	}
	if list := s.mustLeft(t, kept(lost)...); len(list) > 0 {
		t.Errorf("left behind: %+v", list)
	}
	again.ID = run.NewID(Began())
	s.MustClaim(t, again, Ask("e-f3", 0), run.Claimed)
	if got := s.Holder(t, lost.Locks[0]); got != again.ID {
		t.Errorf("the lock is %q's", got)
	}
}

// notLeft: what a run has that goes on is not given away, nor what one has that nobody can read while its lease holds.
func notLeft(t *testing.T, s suite) {
	r := Work(t, "S3.8", "a", "one", "f1")
	s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
	t.Cleanup(func() { s.Forget(t, r.ID) })
	for _, l := range s.mustLeft(t, kept(r)...) {
		if l.Holds != run.HoldingOpen || l.Free(Began().Add(10*Lease)) || !l.Lease.Equal(Began().Add(Lease)) {
			t.Errorf("of an open run: %+v", l)
		}
		s.mustGiveBack(t, l, false)
		l.Holds = run.HoldingMissing // what was read before is not what is
		s.mustGiveBack(t, l, false)
	}
	s.Garble(t, r.ID)
	for _, l := range s.mustLeft(t, kept(r)...) {
		if l.Holds != run.HoldingUnread || l.Free(Began()) || !l.Free(Began().Add(Lease)) {
			t.Errorf("of a run that cannot be read: %+v", l)
		}
		s.mustGiveBack(t, l, false)
		if ok, err := s.GiveBack(t.Context(), l, Began().Add(Lease)); err != nil || !ok {
			t.Errorf("after its lease: released %v, %v", ok, err)
		}
	}
}

func (s suite) mustLeft(t *testing.T, items ...string) []run.Left {
	t.Helper()
	list, err := s.Left(t.Context(), items...)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (s suite) mustGiveBack(t *testing.T, l run.Left, want bool) {
	t.Helper()
	if ok, err := s.GiveBack(t.Context(), l, Began()); err != nil || ok != want {
		t.Errorf("released %+v: %v, %v, want %v", l, ok, err, want)
	}
}

func leftCases() cases { return cases{"LeftBehind": leftBehind, "NotLeft": notLeft} }
