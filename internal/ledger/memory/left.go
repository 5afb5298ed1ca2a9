package memory

import (
	"context"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// Left reads who has items, by their keys. What nobody has is left out.
func (l *Ledger) Left(ctx context.Context, items ...string) ([]run.Left, error) {
	return call(ctx, l, "Left", func() ([]run.Left, error) {
		var out []run.Left
		for _, item := range items {
			if id := l.holder(item); id != "" {
				out = append(out, l.holding(run.Left{Item: item, Run: id}))
			}
		}
		return out, nil
	})
}

// holder is the run that has an item; "" if none does.
func (l *Ledger) holder(item string) string {
	if lock, ok := strings.CutPrefix(item, "lock#"); ok {
		return l.locks[lock]
	}
	if w := l.works[strings.TrimPrefix(item, "work#")]; w != nil && w.Open {
		return w.Run
	}
	return ""
}

func (l *Ledger) holding(left run.Left) run.Left {
	rec := l.runs[left.Run]
	if rec == nil {
		left.Holds = run.HoldingMissing
		return left
	}
	left.Holds, left.Lease = run.HoldingOpen, at(rec.lease)
	if _, err := l.get(left.Run); err != nil {
		left.Holds = run.HoldingUnread
	}
	if rec.state == run.StateClosed {
		left.Holds, left.Lease = run.HoldingClosed, time.Time{}
	}
	return left
}

// GiveBack releases an item that Left returned. False means that it is another's by
// now, or that its run is open.
func (l *Ledger) GiveBack(ctx context.Context, left run.Left, now time.Time) (bool, error) {
	return call(ctx, l, "GiveBack", func() (bool, error) {
		if l.holder(left.Item) != left.Run || !l.holding(left).Free(now) {
			return false, nil
		}
		if lock, ok := strings.CutPrefix(left.Item, "lock#"); ok {
			delete(l.locks, lock)
			return true, nil
		}
		l.works[strings.TrimPrefix(left.Item, "work#")].Open = false
		return true, nil
	})
}
