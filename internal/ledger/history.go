package ledger

import (
	"context"
	"errors"
	"time"

	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// errUnbounded is a mistake of the caller.
var errUnbounded = errors.New("a history by time needs a time at which it ends")

// History returns the runs that are wanted, open and closed, the newest first, at
// most q.Limit of them. What it reads depends on the page and not on how many runs
// there are: one partition for a batch or a resource, else day after day of the
// index that fits best, from q.Until back to q.Since (zero: as far back as runs
// are kept). Filters beside that of the index are looked at entry by entry.
//
// The indexes follow the table within a second or so; what is returned is read
// from the table itself.
func (l Ledger) History(ctx context.Context, q run.Query) (run.Page, error) {
	var page run.Page
	if q.Batch == "" && q.Resource == "" && q.Until.IsZero() {
		return page, errUnbounded
	}
	for {
		want := 0
		if q.Limit > 0 {
			want = q.Limit - len(page.Runs) + 1 // one more tells whether there are more
		}
		entries, err := l.entries(ctx, q, want)
		if err != nil {
			return run.Page{}, err
		}
		more := want > 0 && len(entries) == want
		if more {
			entries = entries[:want-1]
		}
		if err := l.fetch(ctx, entries, q.Matches, &page); err != nil {
			return run.Page{}, err
		}
		if !more {
			return page, nil
		}
		// Runs that are gone or cannot be read leave room on the page.
		if q.Before = entries[len(entries)-1].place; len(page.Runs) == q.Limit {
			page.Next = q.Before
			return page, nil
		}
	}
}

// entries are the newest entries of the indexes that are wanted, at most want; zero
// is all.
func (l Ledger) entries(ctx context.Context, q run.Query, want int) ([]entry, error) {
	switch {
	case until(q) < run.Moment(q.Since):
		return nil, nil
	case q.Batch != "":
		return l.newest(ctx, q, want, []partition{{names.BatchIndex, names.Batch, q.Batch}})
	case q.Resource != "":
		return l.newest(ctx, q, want, []partition{{names.ResourceIndex, names.Resource, q.Resource}})
	}
	var found []entry
	for days := range walk(q) {
		var parts []partition
		for _, day := range days {
			parts = append(parts, ofDay(q, day)...)
		}
		left := 0
		if want > 0 {
			left = want - len(found)
		}
		some, err := l.newest(ctx, q, left, parts)
		if err != nil {
			return nil, err
		}
		if found = append(found, some...); want > 0 && len(found) == want {
			return found, nil
		}
	}
	return found, nil
}

// ofDay are the partitions in which the runs of a day are that are wanted.
func ofDay(q run.Query, day time.Time) []partition {
	var parts []partition
	if q.Status == "" && len(q.Accounts) > 0 {
		for _, account := range q.Accounts {
			parts = append(parts, partition{names.AccountIndex, names.AccountDay, accountDay(account, day)})
		}
		return parts
	}
	for i := range shards {
		if q.Status != "" {
			parts = append(parts, partition{names.StatusIndex, names.StatusDay, statusDay(q.Status, day, i)})
			continue
		}
		parts = append(parts, partition{names.DayIndex, names.DayShard, dayShard(day, i)})
	}
	return parts
}

// longestStride is how many days are read at a time where there is little in them.
const longestStride = 16

// walk goes back over the days of a query, in strides that grow: a page is mostly
// in the first day, and a quiet month should not take a call after the other.
func walk(q run.Query) func(yield func(days []time.Time) bool) {
	const day = 24 * time.Hour
	last, first := q.Until.Add(-time.Nanosecond), q.Since
	if before := timeOf(q.Before); !before.IsZero() && before.Before(last) {
		last = before
	}
	if oldest := last.Add(-keepFor - 31*day); first.Before(oldest) {
		first = oldest // runs are kept for a while after their end, and few are open for long
	}
	first = first.UTC().Truncate(day)
	return func(yield func([]time.Time) bool) {
		at := last.UTC().Truncate(day)
		for stride := 1; !at.Before(first); stride = min(2*stride, longestStride) {
			var days []time.Time
			for ; len(days) < stride && !at.Before(first); at = at.Add(-day) {
				days = append(days, at)
			}
			if !yield(days) {
				return
			}
		}
	}
}
