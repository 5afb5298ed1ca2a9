package ledger

import (
	"context"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// Hold returns what keeps the engine away from a piece of work now; nil if nothing does.
func (l Ledger) Hold(ctx context.Context, k run.Key, now time.Time) (*run.Hold, error) {
	item, err := l.work(ctx, k)
	if err != nil {
		return nil, err
	}
	hold, held := holdIn(item, now)
	if !held {
		return nil, nil
	}
	return &hold, nil
}

// holdIn is the hold that stands in the item of a piece of work and has not ended.
// One that cannot be read holds without an end: salve apply does not mind it, and
// an undo puts another in its place.
func holdIn(item values, now time.Time) (h run.Hold, held bool) {
	f := fields{item: item}
	until := f.seconds("hold_until")
	if f.err() != nil {
		return run.Hold{Until: forever(), By: "nobody known", Reason: "the stored hold cannot be read"}, true
	}
	h = run.Hold{
		Until: time.Unix(until, 0).UTC(), By: stringOf(item["hold_by"]), Reason: stringOf(item["hold_reason"]),
	}
	return h, until > now.Unix()
}
