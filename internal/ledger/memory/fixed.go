package memory

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// Fixed returns work that is due for another look, each to one caller.
func (l *Ledger) Fixed(ctx context.Context, now, until time.Time, limit int32) ([]run.Fixed, error) {
	return call(ctx, l, "Fixed", func() ([]run.Fixed, error) {
		var keys []string
		for key, w := range l.works {
			if !w.Look.IsZero() && w.Look.Unix() <= now.Unix() {
				keys = append(keys, key)
			}
		}
		slices.SortFunc(keys, func(x, y string) int {
			return cmp.Or(l.works[x].Look.Compare(l.works[y].Look), strings.Compare(x, y))
		})
		var out []run.Fixed
		for _, key := range keys[:min(len(keys), int(limit))] {
			w := l.works[key]
			part := strings.SplitN(key, "#", 4)
			out = append(out, run.Fixed{
				Key: run.Key{Account: part[0], Scope: part[1], Control: part[2], Resource: part[3]}, Fix: w.Fix, Last: w.Run,
				Open: w.Open, Held: w.Hold.Until.Unix() > now.Unix(), Recurrences: w.Recurrences,
				Was: w.Look, Due: at(until.Unix()),
			})
			w.Look = at(until.Unix())
		}
		return out, nil
	})
}

// taken is the work that Fixed gave out, as long as no run has ended since.
func (l *Ledger) taken(f run.Fixed) *Work {
	w := l.works[f.Key.String()]
	if w == nil || w.Look.Unix() != f.Due.Unix() || w.Fix != f.Fix {
		return nil
	}
	return w
}

// Stays notes that a piece of work is to be looked at again at next; never where that is zero.
func (l *Ledger) Stays(ctx context.Context, f run.Fixed, next time.Time) error {
	return l.act(ctx, "Stays", func() error {
		if w := l.taken(f); w != nil {
			w.Look = at(next.Unix())
		}
		return nil
	})
}

// Recurs notes on a fix that it is undone, and that people are to be told at tell.
func (l *Ledger) Recurs(ctx context.Context, f run.Fixed, r run.Recurrence, tell time.Time) (bool, error) {
	return call(ctx, l, "Recurs", func() (bool, error) {
		w, rec := l.taken(f), l.runs[f.Fix]
		if w == nil || rec == nil || rec.state != run.StateClosed {
			return false, nil
		}
		w.Look = time.Time{}
		w.Recurrences++
		rec.recurrence, rec.where, rec.due = &r, whenTold, tell.Unix()
		return true, nil
	})
}
