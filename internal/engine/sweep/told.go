package sweep

import (
	"context"
	"errors"

	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// tellTogether tells of many runs in few notices, and marks those told. A
// notice that nobody heard is due again soon.
func (s *Sweeper) tellTogether(ctx context.Context, runs []*run.Run) error {
	runs, err := s.reserve(ctx, runs)
	errs := []error{err}
	var notices []notice.Notice
	for _, r := range runs {
		notices = append(notices, s.People.Of(r))
	}
	for _, n := range notice.Summarise(notices) {
		if !s.People.Inform(ctx, n) {
			continue
		}
		for _, id := range n.Runs() {
			errs = append(errs, s.Untold.Told(ctx, id))
		}
	}
	return errors.Join(errs...)
}
