package work

import (
	"context"
	"fmt"
	"time"

	"github.com/salve-security/salve/internal/run"
)

const (
	// followEvery is how often a followed run is looked up: the hub may be quicker.
	followEvery = 5 * time.Second
	// followAgain is the least pause, for a run that is due and in other hands.
	followAgain = time.Second
)

// Follow stays with an open run and takes it up whenever its time has come,
// until its outcome is known. Progress hears of the run before each pause. If
// ctx ends before that, the run is left to the sweep of the hub.
func (w *Worker) Follow(ctx context.Context, id string, progress func(*run.Run)) (*run.Run, error) {
	for {
		r, err := w.Runs.Get(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("follow run %s: %w", id, err)
		}
		if r.State == run.StateClosed || r.State == run.StateRecorded {
			return r, nil
		}
		progress(r)
		wait := min(max(r.Due.Sub(w.Now()), followAgain), followEvery)
		if err := w.Sleep(ctx, wait); err != nil {
			return r, fmt.Errorf("follow run %s: %w", id, err)
		}
		if r.Due.After(w.Now()) {
			continue
		}
		if err := w.Resume(ctx, id); err != nil {
			return r, fmt.Errorf("follow run %s: %w", id, err)
		}
	}
}
