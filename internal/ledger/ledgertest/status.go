package ledgertest

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// historyByStatus: a run is found by the status it has, and no more by one it had.
func historyByStatus(t *testing.T, s suite) {
	p := listing{s, map[string]string{}}
	const account = "757575757575"
	r := p.add(t, "run", "S3.8", "a", account, 0, nil)
	found := func(status run.Status, want ...string) {
		t.Helper()
		page, err := s.History(t.Context(), run.Query{
			Accounts: []string{account}, Status: status, Since: Began(), Until: Began().Add(time.Second),
		})
		p.expect(t, page, err, want...)
	}
	save := func(status run.Status) {
		t.Helper()
		r.Status = status
		if err := s.Save(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	found(run.StatusDeferred)
	save(run.StatusDeferred)
	found(run.StatusDeferred, "run")
	save("")
	found(run.StatusDeferred)
	save(run.StatusParked)
	found(run.StatusParked, "run")
	r.Lease, r.Due = Began(), Began()
	if err := s.Rest(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	found(run.StatusParked, "run")
	taken, err := s.Take(t.Context(), r.ID, "two", Ask("", 0))
	if err != nil {
		t.Fatal(err)
	}
	found(run.StatusParked, "run")
	s.MustFinish(t, taken, run.StatusVerified)
	found(run.StatusParked)
	found(run.StatusVerified, "run")
}

// historyByActor: who joined a run is found from the next writing on.
func historyByActor(t *testing.T, s suite) {
	p := listing{s, map[string]string{}}
	const account = "747474747474"
	r := p.add(t, "run", "S3.8", "a", account, 0, nil)
	found := func(actor string, want ...string) {
		t.Helper()
		page, err := s.History(t.Context(), run.Query{
			Accounts: []string{account}, Actor: actor, Since: Began(), Until: Began().Add(time.Second),
		})
		p.expect(t, page, err, want...)
	}
	found("alice", "run")
	other := Work(t, "S3.8", "a", "two", "f2")
	other.Key, other.Trigger, other.Actor = r.Key, run.TriggerClick, "unattributed"
	s.MustClaim(t, other, Ask("e-f2", 0), run.Joined)
	if err := s.Save(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	s.MustFinish(t, r, run.StatusVerified)
	found("unattributed", "run")
	found("alice")
}

// busyHasAStatus: a run that had to wait for its lock is found as deferred.
func busyHasAStatus(t *testing.T, s suite) {
	p := listing{s, map[string]string{}}
	const account = "737373737373"
	p.add(t, "first", "S3.2", "a", account, 0, nil)
	second := Work(t, "S3.8", "a", "two", "f2")
	second.Key.Account, second.Locks = account, []string{t.Name() + "first"}
	s.MustClaim(t, second, Ask("e2", 0), run.Busy)
	p.names[second.ID] = "second"
	page, err := s.History(t.Context(), run.Query{
		Accounts: []string{account}, Status: run.StatusDeferred, Since: Began(), Until: Began().Add(time.Second),
	})
	p.expect(t, page, err, "second")
}

func statusCases() cases {
	return cases{"HistoryByStatus": historyByStatus, "HistoryByActor": historyByActor, "BusyHasAStatus": busyHasAStatus}
}
