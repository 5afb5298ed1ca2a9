package memory

import (
	"context"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// Slots reads who may write in an account and Region now.
func (l *Ledger) Slots(ctx context.Context, account, region string) (run.Slots, error) {
	return call(ctx, l, "Slots", func() (run.Slots, error) {
		s := l.slots[account+"#"+region]
		s.List = slices.Clone(s.List)
		return s, nil
	})
}

// PutSlots stores them in place of those that were read with the version; false: somebody was faster.
func (l *Ledger) PutSlots(ctx context.Context, account, region string, s run.Slots, _ time.Time) (bool, error) {
	return call(ctx, l, "PutSlots", func() (bool, error) {
		key := account + "#" + region
		if l.slots[key].Version != s.Version {
			return false, nil
		}
		kept := run.Slots{Version: s.Version + 1}
		for _, slot := range s.List {
			slot.Until = at(slot.Until.Unix())
			if !slot.Doubted.IsZero() {
				slot.Doubted = at(slot.Doubted.Unix())
			}
			kept.List = append(kept.List, slot)
		}
		l.slots[key] = kept
		return true, nil
	})
}
