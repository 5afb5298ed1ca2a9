package ledgertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// few is a limit that the runs which cannot be read fill more than once.
const few = 3

// spoil makes runs that cannot be read: some are garbled, some of a newer schema.
// More changes a run before it is claimed, ends what is done with it after.
func (s suite) spoil(t *testing.T, account string, more func(i int, r *run.Run), end func(r *run.Run)) []string {
	t.Helper()
	var ids []string
	for i := range 2*few + 1 {
		r := Work(t, "S3.8", fmt.Sprint("spoilt", i), "one", "f1")
		r.Key.Account = account
		if i%2 > 0 {
			r.Schema = run.Schema + 1
		}
		more(i, r)
		s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
		t.Cleanup(func() { s.Forget(t, r.ID) })
		end(r)
		if i%2 == 0 {
			s.Garble(t, r.ID)
		}
		ids = append(ids, r.ID)
	}
	return ids
}

func nothing(*run.Run) {}

// spoiltApprovals: what waits for approval is listed however much in front of it cannot be read, and that is said.
func spoiltApprovals(t *testing.T, s suite) {
	const account = "101010101010"
	s.spoil(t, account, func(i int, r *run.Run) {
		r.Created = Began().Add(time.Duration(i-100) * time.Hour)
		r.ID = run.NewID(r.Created)
	}, func(r *run.Run) {
		if r.Schema > run.Schema {
			r.State, r.Status, r.Finished = run.StateRecorded, run.StatusAwaitingApproval, Began()
			if failed, err := s.Close(t.Context(), []*run.Run{r}); err != nil || len(failed) > 0 {
				t.Fatal(err, failed)
			}
			return
		}
		s.MustFinish(t, r, run.StatusAwaitingApproval)
	})
	plain := Work(t, "S3.8", "plain", "one", "f1")
	plain.Key.Account = account
	s.MustClaim(t, plain, Ask("e-f1", 0), run.Claimed)
	s.MustFinish(t, plain, run.StatusAwaitingApproval)
	for name, list := range map[string]func(run.Query) (run.Page, error){
		"approvals": func(q run.Query) (run.Page, error) { return s.Approvals(t.Context(), q) },
		"waiting":   func(q run.Query) (run.Page, error) { return s.Waiting(t.Context(), q) },
	} {
		page, err := list(run.Query{Accounts: []string{account}, Limit: few})
		if err != nil || len(page.Runs) != 1 || page.Runs[0].ID != plain.ID || len(page.Skipped) == 0 {
			t.Errorf("%s: %d runs, skipped %v, %v: want the one that can be read, and that others cannot", name, len(page.Runs),
				page.Skipped, err)
		}
	}
}

// spoiltDue: runs that cannot be read are among those due, can be put off, and then keep nobody waiting.
func spoiltDue(t *testing.T, s suite) {
	early := Began().AddDate(-2, 0, 0) // before anybody else's
	spoilt := s.spoil(t, "121212121212", func(i int, r *run.Run) {}, nothing)
	for _, id := range spoilt {
		if err := s.Postpone(t.Context(), id, early); err != nil {
			t.Fatal(err)
		}
	}
	due, err := s.Due(t.Context(), early, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range spoilt {
		if !slices.Contains(due, id) {
			t.Errorf("run %s is not due", id)
		}
		if err := s.Postpone(t.Context(), id, early.Add(time.Hour)); err != nil {
			t.Errorf("put off %s: %v", id, err)
		}
	}
	if due, err = s.Due(t.Context(), early, 1000); err != nil || len(due) > 0 {
		t.Errorf("due %v, %v: want none, they were put off", due, err)
	}
}

// spoiltClosed: people are told, and Security Hub is asked, of the runs that can be read, however many cannot; the
// error does not grow with them.
func spoiltClosed(t *testing.T, s suite) {
	before := Began().AddDate(-3, 0, 0) // anybody else's
	for name, later := range map[string]func(r *run.Run, at time.Time){
		"told":      func(r *run.Run, at time.Time) { r.Tell = at },
		"confirmed": func(r *run.Run, at time.Time) { r.Confirm = at },
	} {
		end := func(r *run.Run) {
			r.State, r.Status, r.Finished = run.StateRecorded, run.StatusVerified, Began()
			if failed, err := s.Close(t.Context(), []*run.Run{r}); err != nil || len(failed) > 0 {
				t.Fatal(err, failed)
			}
		}
		s.spoil(t, "131313131313", func(_ int, r *run.Run) {
			r.Key.Resource += name
			later(r, before)
		}, end)
		plain := Work(t, "S3.8", "plain"+name, "one", "f1")
		later(plain, before.Add(time.Hour))
		s.MustClaim(t, plain, Ask("e-f1", 0), run.Claimed)
		end(plain)
		list := s.Untold
		if name == "confirmed" {
			list = s.Unconfirmed
		}
		runs, err := list(t.Context(), before.Add(time.Hour), few)
		if !slices.ContainsFunc(runs, func(r *run.Run) bool { return r.ID == plain.ID }) {
			t.Errorf("%s: %d runs, and not the one that can be read", name, len(runs))
		}
		if err == nil || strings.Count(err.Error(), "\n") > run.MostUnread || !strings.Contains(err.Error(), "more") {
			t.Errorf("%s: error %v: want %d of them, and that there are more", name, err, run.MostUnread)
		}
		s.Forget(t, plain.ID)
	}
}

// spoiltAccounts: the runs of an account are released whatever is in them.
func spoiltAccounts(t *testing.T, s suite) {
	const account = "141414141414"
	var ids []string
	for i := range few {
		r := Work(t, "S3.8", fmt.Sprint("waits", i), "one", "f1")
		r.Key.Account = account
		s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
		t.Cleanup(func() { s.Forget(t, r.ID) })
		if err := s.Await(t.Context(), r, Began()); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, r.ID)
	}
	s.Garble(t, ids[0])
	n, err := s.Release(t.Context(), account, Began(), 100)
	if err != nil || n != few {
		t.Errorf("released %d, %v", n, err)
	}
	due := s.MustDue(t, Began())
	for _, id := range ids {
		if !slices.Contains(due, id) {
			t.Errorf("run %s is not due", id)
		}
	}
}

func spoiltCases() cases {
	return cases{
		"SpoiltApprovals": spoiltApprovals, "SpoiltDue": spoiltDue, "SpoiltClosed": spoiltClosed,
		"SpoiltAccounts": spoiltAccounts,
	}
}
