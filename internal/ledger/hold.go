package ledger

import (
	"context"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// Hold returns what keeps the engine away from a piece of work now; nil if nothing does.
func (l Ledger) Hold(ctx context.Context, k run.Key, now time.Time) (*run.Hold, error) {
	item, err := l.work(ctx, k)
	if err != nil || secondsOf(item["hold_until"]) <= now.Unix() {
		return nil, err
	}
	hold := holdOf(item)
	return &hold, nil
}
