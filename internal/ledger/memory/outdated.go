package memory

import (
	"context"
	"slices"
	"time"
)

// Outdated returns ids of open runs that nobody is at, that are due after a time, and that wait under none of the
// stamps: some limit of them, or all there are.
func (l *Ledger) Outdated(ctx context.Context, stamps []string, now, after time.Time, limit int) ([]string, error) {
	return call(ctx, l, "Outdated", func() ([]string, error) {
		var ids []string
		for _, id := range l.due(whenOpen, now.AddDate(100, 0, 0), 1<<30) {
			if rec := l.runs[id]; rec.due <= after.Unix() || rec.lease > now.Unix() {
				continue
			}
			r, err := l.get(id)
			if err != nil {
				continue // of another form: nobody knows what it waits for
			}
			if r.Under != "" && !slices.Contains(stamps, r.Under) && len(ids) < limit {
				ids = append(ids, id)
			}
		}
		return ids, nil
	})
}
