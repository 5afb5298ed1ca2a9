package sweep

import (
	"context"
	"errors"
	"fmt"

	"github.com/salve-security/salve/internal/run"
)

// lapse denies the plans that nobody has approved in time. What is in the way of one is no reason to leave the others:
// it is looked at again a while later.
func (s *Sweeper) lapse(ctx context.Context) error {
	now := s.Now()
	ids, err := s.Lapsed.Lapsed(ctx, now, now.Add(run.LongestWait), sweepLimit)
	errs := []error{err}
	for _, id := range ids {
		if err := s.Lapse(ctx, id); err != nil {
			errs = append(errs, fmt.Errorf("the plan of run %s lapsed: %w", id, err))
		}
	}
	return errors.Join(errs...)
}
