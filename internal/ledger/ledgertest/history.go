package ledgertest

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

// listing are runs of a test by name, on resources and in accounts of their own.
type listing struct {
	s     suite
	names map[string]string // by id
}

// add claims a run that was created a while before the beginning. Accounts are
// its own by their first letter.
func (p listing) add(
	t *testing.T, name, control, bucket, account string, age time.Duration, more func(*run.Run),
) *run.Run {
	t.Helper()
	r := Work(t, control, bucket, "one", "f1")
	r.Key.Account, r.Created, r.Actor = account, Began().Add(-age), "alice"
	r.Locks = []string{t.Name() + name}
	if more != nil {
		more(r)
	}
	p.s.MustClaim(t, r, Ask("e-"+name, 0), run.Claimed)
	p.names[r.ID] = name
	return r
}

// expect compares the names of runs, in their order.
func (p listing) expect(t *testing.T, page run.Page, err error, want ...string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range page.Runs {
		got = append(got, p.names[r.ID])
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if len(page.Skipped) > 0 {
		t.Errorf("skipped: %v", page.Skipped)
	}
}

const (
	mine   = "777777777777"
	theirs = "888888888888"
)

// scene is a history of two accounts over three days.
func (s suite) scene(t *testing.T) listing {
	t.Helper()
	p := listing{s, map[string]string{}}
	ireland := func(r *run.Run) { r.Region = "eu-west-1" }
	bob := func(r *run.Run) { r.Actor = "bob" }
	p.add(t, "old", "S3.8", "a", mine, 48*time.Hour, nil)
	p.add(t, "other bucket", "S3.8", "b", mine, 0, ireland)
	p.add(t, "other control", "S3.2", "a", mine, time.Hour, bob)
	failed := p.add(t, "failed", "S3.8", "c", mine, 26*time.Hour, nil)
	s.MustFinish(t, failed, run.StatusFailed)
	verified := p.add(t, "other account", "S3.8", "a", theirs, 2*time.Hour, nil)
	s.MustFinish(t, verified, run.StatusVerified)
	return p
}

// history: open runs and closed ones, the newest first, whatever narrows them.
func history(t *testing.T, s suite) {
	p := s.scene(t)
	resource := Work(t, "S3.8", "a", "one", "f1").Key.Resource
	both, end, hourAgo := []string{mine, theirs}, Began().Add(time.Millisecond), Began().Add(-time.Hour)
	days := Began().Add(-72 * time.Hour) // a quiet day takes calls too
	tests := map[string]struct {
		query run.Query
		want  []string
	}{
		"account": {
			run.Query{Accounts: []string{mine}, Until: end}, []string{"other bucket", "other control", "failed", "old"},
		},
		"accounts": {
			run.Query{Accounts: both, Until: end},
			[]string{"other bucket", "other control", "other account", "failed", "old"},
		},
		"until": {run.Query{Accounts: both, Until: hourAgo}, []string{"other account", "failed", "old"}},
		"since": {
			run.Query{Accounts: both, Since: Began().Add(-2 * time.Hour), Until: end},
			[]string{"other bucket", "other control", "other account"},
		},
		"an instant": {
			run.Query{Accounts: both, Since: hourAgo, Until: hourAgo.Add(time.Millisecond)}, []string{"other control"},
		},
		"no time":  {run.Query{Accounts: both, Since: Began(), Until: hourAgo}, nil},
		"resource": {run.Query{Resource: resource}, []string{"other control", "other account", "old"}},
		"resource, control, account": {
			run.Query{Accounts: []string{mine}, Control: "S3.8", Resource: resource}, []string{"old"},
		},
		"resource since": {
			run.Query{Resource: resource, Since: Began().Add(-2 * time.Hour)}, []string{"other control", "other account"},
		},
		"control in other capitals": {run.Query{Resource: resource, Control: "s3.2"}, []string{"other control"}},
		"control and account": {
			run.Query{Accounts: []string{mine}, Control: "S3.2", Until: end}, []string{"other control"},
		},
		"status":              {run.Query{Accounts: both, Status: run.StatusFailed, Until: end}, []string{"failed"}},
		"status and account":  {run.Query{Accounts: []string{theirs}, Status: run.StatusFailed, Until: end}, nil},
		"status and resource": {run.Query{Resource: resource, Status: run.StatusVerified}, []string{"other account"}},
		"actor":               {run.Query{Accounts: both, Actor: "bob", Until: end}, []string{"other control"}},
		"Region":              {run.Query{Accounts: both, Region: "eu-west-1", Until: end}, []string{"other bucket"}},
		"nothing": {
			run.Query{Accounts: []string{"999999999999"}, Since: days, Until: end}, nil,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if q := tc.query; q.Since.IsZero() && name != "account" {
				tc.query.Since = days
			}
			page, err := s.History(t.Context(), tc.query)
			p.expect(t, page, err, tc.want...)
			if page.Next != "" {
				t.Errorf("the next page begins at %q, there is none", page.Next)
			}
		})
	}
	if _, err := s.History(t.Context(), run.Query{Accounts: both}); err == nil {
		t.Error("a history by time without an end")
	}
}

// historyOfAll: among the runs of everybody the newest are found without any filter.
func historyOfAll(t *testing.T, s suite) {
	p := listing{s, map[string]string{}}
	now := Began().AddDate(7, 0, 0) // when nobody else was at work
	for name, age := range map[string]time.Duration{"a": 0, "b": time.Minute, "c": 25 * time.Hour} {
		p.add(t, name, "S3.8", name, mine, 0, func(r *run.Run) { r.Created = now.Add(-age) })
	}
	q := run.Query{Since: now.Add(-48 * time.Hour), Until: now.Add(time.Second)}
	page, err := s.History(t.Context(), q)
	p.expect(t, page, err, "a", "b", "c")
	q.Limit = 2
	page, err = s.History(t.Context(), q)
	p.expect(t, page, err, "a", "b")
}

// historyOfABatch: the id of a batch names its runs, and nothing that merely begins alike.
func historyOfABatch(t *testing.T, s suite) {
	batch := run.NewID(Began())
	var want []string
	for name, id := range map[string]string{
		"one": run.InBatch(batch, Began()), "two": run.InBatch(batch, Began()),
		"alone": batch, "longer": run.InBatch(batch+"0", Began()), "another": run.InBatch(run.NewID(Began()), Began()),
	} {
		r := Work(t, "S3.8", name, "one", "f1")
		r.ID = id
		s.MustClaim(t, r, Ask("e-"+name, 0), run.Claimed)
		if name == "one" || name == "two" {
			want = append(want, id)
		}
	}
	page, err := s.History(t.Context(), run.Query{Batch: batch})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range page.Runs {
		got = append(got, r.ID)
	}
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// historyWithinAMillisecond: who asks for all runs until now gets the one that began just now, at the turn of a day
// too.
func historyWithinAMillisecond(t *testing.T, s suite) {
	p := listing{s, map[string]string{}}
	const account = "787878787878"
	midnight := Began().Truncate(24 * time.Hour)
	just := midnight.Add(300 * time.Microsecond)
	p.add(t, "just now", "S3.8", "a", account, 0, func(r *run.Run) { r.Created = just })
	p.add(t, "before", "S3.8", "b", account, 0, func(r *run.Run) { r.Created = midnight.Add(-time.Minute) })
	for until, want := range map[time.Time][]string{
		just.Add(100 * time.Microsecond): {"just now", "before"},
		midnight.Add(time.Millisecond):   {"just now", "before"},
		midnight:                         {"before"},
	} {
		page, err := s.History(t.Context(), run.Query{
			Accounts: []string{account}, Since: midnight.Add(-time.Hour), Until: until,
		})
		p.expect(t, page, err, want...)
	}
}

func historyCases() cases {
	return cases{
		"HistoryWithinAMillisecond": historyWithinAMillisecond,
		"History":                   history, "HistoryOfAll": historyOfAll, "HistoryOfABatch": historyOfABatch,
	}
}
