package ledgertest

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// approvals: what waits for approval is found until somebody carries it out. A
// later plan takes its place; a later try that failed leaves it.
func approvals(t *testing.T, s suite) {
	type end struct {
		status run.Status
		undoes string
	}
	tests := map[string]struct {
		ends []end
		want []string // names of runs by their number
	}{
		"asked":                   {[]end{{run.StatusAwaitingApproval, ""}}, []string{"0"}},
		"asked again":             {[]end{{run.StatusAwaitingApproval, ""}, {run.StatusAwaitingApproval, ""}}, []string{"1"}},
		"carried out":             {[]end{{run.StatusAwaitingApproval, ""}, {run.StatusVerified, ""}}, nil},
		"found compliant":         {[]end{{run.StatusAwaitingApproval, ""}, {run.StatusCompliant, ""}}, nil},
		"found gone":              {[]end{{run.StatusAwaitingApproval, ""}, {run.StatusGone, ""}}, nil},
		"a try failed":            {[]end{{run.StatusAwaitingApproval, ""}, {run.StatusFailed, ""}}, []string{"0"}},
		"a fix was taken back":    {[]end{{run.StatusAwaitingApproval, ""}, {run.StatusVerified, "r1"}}, []string{"0"}},
		"only a plan":             {[]end{{run.StatusPlanned, ""}}, nil},
		"asked after it was done": {[]end{{run.StatusVerified, ""}, {run.StatusAwaitingApproval, ""}}, []string{"1"}},
		"carried out, then asked once more": {
			[]end{{run.StatusAwaitingApproval, ""}, {run.StatusVerified, ""}, {run.StatusAwaitingApproval, ""}}, []string{"2"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			p := listing{s, map[string]string{}}
			const account = "727272727272"
			for i, end := range tc.ends {
				age := time.Duration(len(tc.ends)-i) * time.Minute
				r := p.add(t, string(rune('0'+i)), "S3.8", "a", account, age, func(r *run.Run) { r.Undoes = end.undoes })
				s.MustFinish(t, r, end.status)
			}
			resource := Work(t, "S3.8", "a", "one", "f1").Key.Resource
			page, err := s.Approvals(t.Context(), run.Query{Accounts: []string{account}, Resource: resource})
			p.expect(t, page, err, tc.want...)
			page, err = s.Approvals(t.Context(), run.Query{Resource: resource})
			p.expect(t, page, err, tc.want...)
			page, err = s.Approvals(t.Context(), run.Query{Accounts: []string{"999999999999"}, Resource: resource})
			p.expect(t, page, err)
		})
	}
}

// waiting: who waits for a person comes first, then who is due next. A run that
// waits for its account is open too.
func waiting(t *testing.T, s suite) {
	p := listing{s, map[string]string{}}
	const account = "717171717171"
	due := map[string]time.Duration{"first": time.Minute, "last": time.Hour}
	for name, after := range due {
		r := p.add(t, name, "S3.8", name, account, 0, nil)
		r.Due = Began().Add(after)
		if err := s.Save(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	r := p.add(t, "account", "S3.8", "account", account, 0, nil)
	r.Due = Began().Add(30 * time.Minute)
	if err := s.Await(t.Context(), r, Began()); err != nil {
		t.Fatal(err)
	}
	s.MustFinish(t, p.add(t, "done", "S3.8", "done", account, time.Hour, nil), run.StatusVerified)
	for name, age := range map[string]time.Duration{"asked": time.Hour, "asked before": 48 * time.Hour} {
		s.MustFinish(t, p.add(t, name, "S3.8", name, account, age, nil), run.StatusAwaitingApproval)
	}
	q := run.Query{Accounts: []string{account}}
	page, err := s.Waiting(t.Context(), q)
	p.expect(t, page, err, "asked before", "asked", "first", "account", "last")
	q.Limit = 3
	page, err = s.Waiting(t.Context(), q)
	p.expect(t, page, err, "asked before", "asked", "first")
	page, err = s.Waiting(t.Context(), run.Query{Accounts: []string{account}, Since: Began().Add(-time.Hour)})
	p.expect(t, page, err, "asked", "first", "account", "last")
	page, err = s.Open(t.Context(), run.Query{Accounts: []string{account}, Control: "s3.8", Limit: 2})
	p.expect(t, page, err, "first", "account")
	page, err = s.Open(t.Context(), run.Query{Accounts: []string{account}, Control: "S3.2"})
	p.expect(t, page, err)
}

// approvalsOfOthers: neither a run that is not finished nor one on another resource
// carries a plan out.
func approvalsOfOthers(t *testing.T, s suite) {
	p := listing{s, map[string]string{}}
	const account = "696969696969"
	s.MustFinish(t, p.add(t, "asked", "S3.8", "a", account, 2*time.Hour, nil), run.StatusAwaitingApproval)
	s.MustFinish(t, p.add(t, "another", "S3.8", "b", account, time.Hour, nil), run.StatusVerified)
	s.MustFinish(t, p.add(t, "sibling", "S3.2", "a", account, time.Hour, nil), run.StatusVerified)
	waits := p.add(t, "waits", "S3.8", "a", account, time.Minute, nil)
	waits.Status = run.StatusDeferred
	if err := s.Save(t.Context(), waits); err != nil {
		t.Fatal(err)
	}
	page, err := s.Approvals(t.Context(), run.Query{Accounts: []string{account}})
	p.expect(t, page, err, "asked")
}

func waitingCases() cases {
	return cases{"Approvals": approvals, "ApprovalsOfOthers": approvalsOfOthers, "Waiting": waiting}
}
