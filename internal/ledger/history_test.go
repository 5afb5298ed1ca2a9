package ledger_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/ledger/ledgertest"
	"github.com/salve-security/salve/internal/run"
)

// TestHistoryOfABatch: the id of a batch names its runs, and nothing that merely begins alike.
func TestHistoryOfABatch(t *testing.T) {
	batch := run.NewID(ledgertest.Began())
	var want []string
	for name, id := range map[string]string{
		"one": run.InBatch(batch, ledgertest.Began()), "two": run.InBatch(batch, ledgertest.Began()),
		"alone": batch, "longer": run.InBatch(batch+"0", ledgertest.Began()), "another": run.InBatch(run.NewID(ledgertest.Began()), ledgertest.Began()),
	} {
		r := ledgertest.Work(t, "S3.8", name, "one", "f1")
		r.ID, r.Locks = id, []string{name}
		bench().MustClaim(t, r, ledgertest.Ask("e-"+name, 0), run.Claimed)
		if name == "one" || name == "two" {
			want = append(want, id)
		}
	}
	runs, err := history().History(t.Context(), ledger.Filter{Batch: batch})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range runs {
		got = append(got, r.ID)
	}
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestHistory(t *testing.T) {
	names := map[string]string{}
	add := func(name, control, bucket, account string, age time.Duration) *run.Run {
		r := ledgertest.Work(t, control, bucket, "one", "f1")
		r.Key.Account, r.Created = account, ledgertest.Began().Add(-age)
		r.Locks = []string{r.Key.Account + name}
		bench().MustClaim(t, r, ledgertest.Ask("e-"+name, 0), run.Claimed)
		names[r.ID] = name
		return r
	}
	add("old", "S3.8", "a", "777777777777", 48*time.Hour)
	add("other bucket", "S3.8", "b", "777777777777", 0)
	add("other control", "S3.2", "a", "777777777777", time.Hour)
	closed := add("other account", "S3.8", "a", "888888888888", 2*time.Hour)
	bench().MustFinish(t, closed, run.StatusVerified)

	resource := closed.Key.Resource
	tests := map[string]struct {
		filter ledger.Filter
		want   []string
	}{
		"account":             {ledger.Filter{Account: "777777777777"}, []string{"old", "other bucket", "other control"}},
		"closed ones as well": {ledger.Filter{Account: "888888888888"}, []string{"other account"}},
		"resource":            {ledger.Filter{Resource: resource}, []string{"old", "other account", "other control"}},
		"all three": {
			ledger.Filter{Account: "777777777777", Control: "S3.8", Resource: resource}, []string{"old"},
		},
		"since": {
			ledger.Filter{Resource: resource, Since: ledgertest.Began().Add(-2 * time.Hour)}, []string{"other account", "other control"},
		},
		"control in other capitals": {
			ledger.Filter{Resource: resource, Control: "s3.2"}, []string{"other control"},
		},
		"nothing": {ledger.Filter{Account: "999999999999"}, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			runs, err := history().History(t.Context(), tc.filter)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range runs {
				got = append(got, names[r.ID])
			}
			slices.Sort(got)
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
