package ledgertest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

// historyInPages: every run once, in order, although many were created in one
// millisecond and some are gone or cannot be read.
func historyInPages(t *testing.T, s suite) {
	p := listing{s, map[string]string{}}
	const account = "767676767676"
	var all []*run.Run
	for i := range 23 {
		name := string(rune('a' + i))
		age := time.Duration(i/10) * 20 * time.Hour
		all = append(all, p.add(t, name, "S3.8", name, account, age, nil))
	}
	s.Forget(t, all[3].ID)
	strange := s.newer(t, "strange", func(r *run.Run) {
		r.Key.Account, r.Created = account, Began().Add(-20*time.Hour)
	})
	slices.SortFunc(all, func(x, y *run.Run) int { return strings.Compare(y.Place(), x.Place()) })
	var want, got []string
	for _, r := range all {
		if p.names[r.ID] != "d" {
			want = append(want, p.names[r.ID])
		}
	}
	q := run.Query{
		Accounts: []string{account}, Since: Began().Add(-72 * time.Hour), Until: Began().Add(time.Second), Limit: 5,
	}
	skipped, pages := 0, 0
	for more := true; more; more = q.Before != "" {
		page, err := s.History(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if q.Before = page.Next; len(page.Runs) != 5 && page.Next != "" {
			t.Errorf("%d runs on a page that is not the last", len(page.Runs))
		}
		for _, r := range page.Runs {
			got = append(got, p.names[r.ID])
		}
		skipped += len(page.Skipped)
		pages++
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if pages != 5 || skipped != 1 {
		t.Errorf("%d pages, %d skipped; want 5 and run %s", pages, skipped, strange.ID)
	}
}

func pagesCases() cases {
	return cases{"HistoryInPages": historyInPages}
}
