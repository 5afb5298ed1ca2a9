package settle

import (
	"context"
	"errors"
	"fmt"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/run"
)

// close tells people who have to know at once, then closes the runs together.
// It returns the runs that more findings joined meanwhile.
func (s *Settler) close(ctx context.Context, runs []*run.Run) ([]*run.Run, error) {
	for _, r := range runs {
		if err := errors.Join(s.announce(ctx, r), s.others(ctx, r)); err != nil {
			return nil, err
		}
	}
	failed, err := s.Runs.Close(ctx, runs)
	if err != nil {
		return nil, fmt.Errorf("close runs: %w", err)
	}
	var grown []*run.Run
	for _, r := range runs {
		switch err := failed[r.ID]; {
		case errors.Is(err, run.ErrGrew):
			grown = append(grown, r)
		case err != nil:
			s.Audit.Run(ctx, s.Now(), audit.Lost, r, err)
		default:
			r.State = run.StateClosed
		}
	}
	s.evaluate(ctx, runs)
	return grown, nil
}
