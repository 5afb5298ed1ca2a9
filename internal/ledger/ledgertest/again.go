package ledgertest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// claimTwice: the answer to a claim was lost, and the same process asks again.
func claimTwice(t *testing.T, s suite) {
	r := Work(t, "S3.8", "a", "one", "f1")
	s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
	s.MustClaim(t, r, Ask("e-f1", time.Second), run.Claimed)
	if got := s.MustGet(t, r.ID); got.Attempts != 0 || s.Holder(t, r.Locks[0]) != r.ID {
		t.Errorf("attempt %d, lock of %q", got.Attempts, s.Holder(t, r.Locks[0]))
	}
}

// claimOfWorkWithoutItsRun: somebody took the open run out by hand. Nobody may act
// on what cannot be known.
func claimOfWorkWithoutItsRun(t *testing.T, s suite) {
	r := Work(t, "S3.8", "a", "one", "f1")
	s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
	s.Forget(t, r.ID)
	if got, err := s.Claim(t.Context(), Work(t, "S3.8", "a", "two", "f2"), Ask("e-f2", Lease)); err == nil {
		t.Errorf("verdict %s, want an error", got.Verdict)
	}
	r.State, r.Status = run.StateRecorded, run.StatusVerified
	if failed, err := s.Close(t.Context(), []*run.Run{r}); err == nil {
		t.Errorf("closed: %v", failed)
	}
	if s.Holder(t, r.Locks[0]) != r.ID {
		t.Error("its lock went to nobody")
	}
}

// postpone puts an open run off and leaves a closed one alone.
func postpone(t *testing.T, s suite) {
	r := Work(t, "S3.8", "a", "one", "f1")
	s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
	until := Began().Add(time.Hour)
	for _, id := range []string{r.ID, "rnothing"} {
		if err := s.Postpone(t.Context(), id, until); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.MustGet(t, r.ID); !got.Due.Equal(until) || got.Owner != "one" || !got.Lease.Equal(r.Lease) {
		t.Errorf("due %v, lease %v of %s", got.Due, got.Lease, got.Owner)
	}
	if slices.Contains(s.MustDue(t, until.Add(-time.Second)), r.ID) || !slices.Contains(s.MustDue(t, until), r.ID) {
		t.Error("the sweep does not know the new time")
	}
	s.MustFinish(t, r, run.StatusVerified)
	if err := s.Postpone(t.Context(), r.ID, until); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(s.MustDue(t, until), r.ID) {
		t.Error("a closed run is due again")
	}
}

// toldThenAsked: people first, then Security Hub.
func toldThenAsked(t *testing.T, s suite) {
	r := s.ended(t, time.Minute, time.Hour)
	if s.listed(t, s.Unconfirmed, r.ID, 2*time.Hour) != nil {
		t.Error("Security Hub is asked before people are told")
	}
	if got := s.MustGet(t, r.ID); !got.Confirm.Equal(r.Confirm) || !got.Tell.Equal(r.Tell) {
		t.Errorf("told at %v, asked at %v", got.Tell, got.Confirm)
	}
	if err := s.Told(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	if s.listed(t, s.Unconfirmed, r.ID, time.Hour-time.Second) != nil {
		t.Error("asked too early")
	}
	found := s.listed(t, s.Unconfirmed, r.ID, time.Hour)
	if found == nil || !found.Due.Equal(r.Confirm) {
		t.Fatalf("found %+v", found)
	}
	found.Confirmed, found.Confirm = run.ConfirmedPassed, time.Time{}
	if err := s.Confirmed(t.Context(), found); err != nil {
		t.Fatal(err)
	}
	if got := s.MustGet(t, r.ID); got.Confirmed != run.ConfirmedPassed || !got.Confirm.IsZero() {
		t.Errorf("confirmed %q, asked again at %v", got.Confirmed, got.Confirm)
	}
}

// oldestFirst: a list with a limit begins with what is due longest.
func oldestFirst(t *testing.T, s suite) {
	const account = "787878787878" // its runs are a list of their own
	for i := range 3 {
		r := Work(t, "S3.8", fmt.Sprint(i), "one", "f1")
		r.Key.Account, r.Locks = account, []string{fmt.Sprint(t.Name(), i)}
		s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
		r.Lease, r.Due = Began(), Began().Add(time.Duration(3-i)*time.Hour)
		if err := s.Await(t.Context(), r, Began()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Forget(t, r.ID) })
	}
	if n, err := s.Release(t.Context(), account, Began(), 1); n != 1 || err != nil {
		t.Fatalf("released %d, %v", n, err)
	}
	due := s.MustDue(t, Began())
	for i := range 3 {
		key := Work(t, "S3.8", fmt.Sprint(i), "one", "f1").Key
		key.Account = account
		ids, err := s.Latest(t.Context(), key)
		if err != nil || len(ids) != 1 {
			t.Fatalf("%v, %v", ids, err)
		}
		if slices.Contains(due, ids[0]) != (i == 2) {
			t.Errorf("run %d: released %v, want the one that was due first", i, i != 2)
		}
	}
}

func againCases() cases {
	return cases{
		"ClaimTwice": claimTwice, "ClaimOfWorkWithoutItsRun": claimOfWorkWithoutItsRun, "Postpone": postpone,
		"ToldThenAsked": toldThenAsked, "OldestFirst": oldestFirst,
	}
}
