package work

import (
	"context"
	"errors"

	"github.com/salve-security/salve/internal/run"
)

// Resume takes up an open run whose time has come. A run that somebody else is
// at, or that is closed, is left alone.
func (w *Worker) Resume(ctx context.Context, id string) error {
	r, err := w.Claims.Take(ctx, id, w.Owner, w.ask(id, false))
	if errors.Is(err, run.ErrLost) || errors.Is(err, run.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	a := &attempt{Worker: w, r: r}
	switch err := a.remediate(ctx); {
	case errors.Is(err, errDeferred), errors.Is(err, run.ErrLost):
		return nil
	case err != nil:
		return err
	}
	return w.Settle(ctx, []*run.Run{r})
}
