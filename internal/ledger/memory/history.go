package memory

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/run"
)

// errUnbounded is a mistake of the caller.
var errUnbounded = errors.New("a history by time needs a time at which it ends")

// History returns the runs that are wanted, open and closed, the newest first, at most q.Limit.
func (l *Ledger) History(ctx context.Context, q run.Query) (run.Page, error) {
	if q.Batch == "" && q.Resource == "" && q.Until.IsZero() {
		return run.Page{}, errUnbounded
	}
	return call(ctx, l, "History", func() (run.Page, error) {
		ids := l.wanted(q, func(*record) bool { return true })
		slices.SortFunc(ids, func(x, y *run.Run) int { return strings.Compare(y.Place(), x.Place()) })
		var page run.Page
		for i, r := range ids {
			if l.show(r, &page); q.Limit > 0 && len(page.Runs) == q.Limit {
				if i < len(ids)-1 {
					page.Next = r.Place()
				}
				break
			}
		}
		return page, nil
	})
}

// Waiting returns what waits and is wanted: first those whose plan waits for
// approval, then open runs, the next one due first.
func (l *Ledger) Waiting(ctx context.Context, q run.Query) (run.Page, error) {
	return call(ctx, l, "Waiting", func() (run.Page, error) {
		asked, open := l.approvals(q), l.open(q)
		return cut(run.Page{
			Runs: append(asked.Runs, open.Runs...), Skipped: append(asked.Skipped, open.Skipped...),
		}, q), nil
	})
}

// Approvals returns the runs whose plan waits for approval, the one that waits longest first.
func (l *Ledger) Approvals(ctx context.Context, q run.Query) (run.Page, error) {
	return call(ctx, l, "Approvals", func() (run.Page, error) { return cut(l.approvals(q), q), nil })
}

func (l *Ledger) approvals(q run.Query) run.Page {
	var page run.Page
	for _, r := range l.wanted(q, func(*record) bool { return true }) {
		if l.copied(r.Key).Asked == r.ID {
			l.show(r, &page)
		}
	}
	slices.SortFunc(page.Runs, func(x, y *run.Run) int { return strings.Compare(x.Place(), y.Place()) })
	return page
}

// Open returns open runs, the next one due first.
func (l *Ledger) Open(ctx context.Context, q run.Query) (run.Page, error) {
	return call(ctx, l, "Open", func() (run.Page, error) { return cut(l.open(q), q), nil })
}

func (l *Ledger) open(q run.Query) run.Page {
	var page run.Page
	for _, r := range l.wanted(q, func(rec *record) bool { return rec.state != run.StateClosed }) {
		l.show(r, &page)
	}
	slices.SortFunc(page.Runs, func(x, y *run.Run) int {
		return cmp.Or(x.Due.Compare(y.Due), strings.Compare(x.ID, y.ID))
	})
	return page
}

// wanted are the runs that match, also those that cannot be read as a whole.
func (l *Ledger) wanted(q run.Query, is func(*record) bool) []*run.Run {
	var found []*run.Run
	for id, rec := range l.runs {
		r, err := rec.decode(id)
		if err != nil {
			r = &run.Run{}
			_ = json.Unmarshal(rec.doc, r) // as far as it goes
		}
		if is(rec) && q.Matches(r) {
			found = append(found, r)
		}
	}
	return found
}

// show puts a run on the page, or that it cannot be read.
func (l *Ledger) show(r *run.Run, page *run.Page) {
	if _, err := l.get(r.ID); err != nil {
		page.Skipped = append(page.Skipped, err)
		return
	}
	page.Runs = append(page.Runs, r)
}

func cut(page run.Page, q run.Query) run.Page {
	if q.Limit > 0 {
		page.Runs = page.Runs[:min(len(page.Runs), q.Limit)]
	}
	return page
}
