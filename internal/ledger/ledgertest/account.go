package ledgertest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// awaits makes a run that waits for its account.
func (s suite) awaits(t *testing.T, account, bucket string) *run.Run {
	t.Helper()
	r := Work(t, "S3.8", bucket, "me", bucket)
	r.Key.Account = account
	r.Locks = []string{account + bucket}
	s.MustClaim(t, r, Ask(bucket, 0), run.Claimed)
	r.Lease, r.Due = Began(), Began().Add(24*time.Hour)
	if err := s.Await(t.Context(), r, Began().Add(5*time.Minute)); err != nil {
		t.Fatal(err)
	}
	return r
}

// account finds the one account that is due, nil if it is not.
func (s suite) account(t *testing.T, id string, at time.Time) *run.Account {
	t.Helper()
	list, err := s.Accounts(t.Context(), at, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if a.ID == id {
			return &a
		}
	}
	return nil
}

// dueOf counts the runs that a sweep would find in two days.
func (s suite) dueOf(t *testing.T, runs map[string]bool) int {
	t.Helper()
	ids, err := s.Due(t.Context(), Began().Add(48*time.Hour), 100)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, id := range ids {
		if runs[id] {
			n++
		}
	}
	return n
}

// released expects how many runs each call lets go, two at most.
func (s suite) released(t *testing.T, id string, at time.Time, wants ...int) {
	t.Helper()
	for i, want := range wants {
		if n, err := s.Release(t.Context(), id, at, 2); err != nil || n != want {
			t.Errorf("release %d: %d, %v; want %d", i, n, err, want)
		}
	}
}

// runsWaitForTheirAccount: they are out of the sweep's way until they are
// released, some at a time, and the account is forgotten when none is left.
func runsWaitForTheirAccount(t *testing.T, s suite) {
	ctx := t.Context()
	const id = "545454545454"
	runs := map[string]bool{}
	for i := range 3 {
		runs[s.awaits(t, id, fmt.Sprint("waits-", i)).ID] = true
	}
	if s.account(t, id, Began().Add(4*time.Minute)) != nil {
		t.Error("the account is due before its probe")
	}
	later := Began().Add(5 * time.Minute)
	a := s.account(t, id, later)
	if a == nil || a.Region != "us-east-1" || a.Partition != "aws" {
		t.Fatalf("account %+v", a)
	}
	if n := s.dueOf(t, runs); n != 0 {
		t.Errorf("%d runs are due, want none", n)
	}
	s.released(t, id, later, 2, 1, 0)
	if n := s.dueOf(t, runs); n != 3 {
		t.Errorf("%d runs are due, want 3", n)
	}
	if err := s.Probed(ctx, *a, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if s.account(t, id, later) != nil {
		t.Error("the account is not forgotten")
	}
}

// accountWithANewRunIsNotForgotten: a run that began to wait while the
// account was probed must not be left alone.
func accountWithANewRunIsNotForgotten(t *testing.T, s suite) {
	ctx := t.Context()
	const id = "656565656565"
	s.awaits(t, id, "early")
	later := Began().Add(5 * time.Minute)
	seen := s.account(t, id, later)
	s.awaits(t, id, "late")
	if err := s.Probed(ctx, *seen, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if s.account(t, id, later) == nil {
		t.Fatal("the account is forgotten, and a run waits for it")
	}
	if err := s.Probed(ctx, *seen, later.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if s.account(t, id, later) != nil || s.account(t, id, later.Add(time.Minute)) == nil {
		t.Error("the next probe is not at its time")
	}
}

// awaitOfALostRun: a process whose run was taken over stores nothing.
func awaitOfALostRun(t *testing.T, s suite) {
	r := s.awaits(t, "676767676767", "lost")
	r.Owner = "somebody else"
	if err := s.Await(t.Context(), r, Began()); !errors.Is(err, run.ErrLost) {
		t.Errorf("error %v, want ErrLost", err)
	}
}

func accountCases() cases {
	return cases{
		"RunsWaitForTheirAccount":          runsWaitForTheirAccount,
		"AccountWithANewRunIsNotForgotten": accountWithANewRunIsNotForgotten,
		"AwaitOfALostRun":                  awaitOfALostRun,
	}
}
