package sweep

import (
	"context"
	"errors"
	"time"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// reserved is how long a sweep has to tell people of a run before the next one
// takes it for dead.
const reserved = 2 * time.Minute

// reserve keeps the runs that no other sweep is about to tell of.
func (s *Sweeper) reserve(ctx context.Context, runs []*run.Run) ([]*run.Run, error) {
	var mine []*run.Run
	var errs []error
	for _, r := range runs {
		ours, err := s.Untold.Reserve(ctx, r, s.Now().Add(reserved))
		errs = append(errs, err)
		if ours {
			mine = append(mine, r)
		}
	}
	return mine, errors.Join(errs...)
}

// disputed tells of a dispute unless another sweep does, or the fix was taken
// back meanwhile: then Security Hub is right to see it as failed.
func (s *Sweeper) disputed(ctx context.Context, r *run.Run, views map[finding.Key]finding.View) error {
	mine, err := s.reserve(ctx, []*run.Run{r})
	if err != nil || len(mine) == 0 {
		return err
	}
	if r.UndoneBy != "" {
		r.Confirmed = ""
	} else if err = s.dispute(ctx, r, views); err != nil {
		r.Confirmed, r.Confirm = "", s.Now().Add(disputeAgain)
	}
	return errors.Join(err, s.Unconfirmed.Confirmed(ctx, r))
}
