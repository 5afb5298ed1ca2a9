// Package settle brings concluded runs to their end: their findings get status
// and note, people are told, the resource is free again.
package settle

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/run"
)

// tries is how often findings may join a run while it is being closed.
const tries = 3

// Settle brings concluded runs to their end, all in one go: their findings get
// status and note, people are told, the resource is free again. What fails is
// left for the sweep.
func (s *Settler) Settle(ctx context.Context, runs []*run.Run) error {
	ctx, cancel := run.Recording(ctx)
	defer cancel()
	runs, err := s.ours(ctx, runs)
	if err != nil {
		return err
	}
	for range tries {
		if len(runs) == 0 {
			return nil
		}
		ready, err := s.sync(ctx, runs)
		if err != nil {
			return err
		}
		runs, err = s.close(ctx, ready)
		if err != nil {
			return err
		}
	}
	return nil
}

const (
	// sure is how much of its lease a run needs for us to speak about it without asking the ledger first.
	sure = 30 * time.Second
	// syncAgain is when the sweep looks after a run whose findings were not updated.
	syncAgain   = time.Minute
	longestSync = time.Hour
)

// ours leaves out the runs that another process may have taken over meanwhile:
// what we saw of their resources may be outdated, and must not be said any more.
func (s *Settler) ours(ctx context.Context, runs []*run.Run) ([]*run.Run, error) {
	var out []*run.Run
	for _, r := range runs {
		if s.Now().Add(sure).After(r.Lease) {
			r.Lease = s.Now().Add(s.Lease)
			r.Due = r.Lease
			if err := s.Runs.Save(ctx, r); errors.Is(err, run.ErrLost) {
				s.Audit.Run(ctx, s.Now(), audit.Lost, r, err)
				continue
			} else if err != nil {
				return nil, fmt.Errorf("record outcome: %w", err)
			}
		}
		out = append(out, r)
	}
	return out, nil
}
