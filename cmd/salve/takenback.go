package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/run"
)

// takenBack says which run took a run back, and what it left.
func takenBack(r *run.Run, all []*run.Run) string {
	undo := undoOf(r, all)
	if undo == nil || undo.Status != run.StatusUndoneInPart {
		return "taken back by run " + r.UndoneBy
	}
	return "taken back in part by run " + r.UndoneBy + ": " + note.Of(undo).Left
}

// undoOf is the last run that took back a run, or a part of it; nil where there is none, or it is not among all.
func undoOf(r *run.Run, all []*run.Run) *run.Run {
	at := slices.IndexFunc(all, func(o *run.Run) bool { return o.ID == r.UndoneBy })
	if r.UndoneBy == "" || at < 0 {
		return nil
	}
	return all[at]
}

// shownStatus is the status, or how far a run has come that has none yet. What was taken back holds no longer, however
// the run ended. All are the runs among which is its undo.
func shownStatus(r *run.Run, all ...*run.Run) run.Status {
	undo := undoOf(r, all)
	switch {
	case undo != nil && undo.Status == run.StatusUndoneInPart:
		return run.StatusUndoneInPart
	case r.UndoneBy != "":
		return run.StatusUndone
	case r.Status == "":
		return run.Status(r.State)
	}
	return r.Status
}

// undosOf are the runs that took some of these runs back, those among them apart. Some are too old to be kept.
func undosOf(ctx context.Context, book ledger.Ledger, runs []*run.Run) ([]*run.Run, error) {
	missing := map[string]bool{}
	for _, r := range runs {
		if r.UndoneBy != "" && undoOf(r, runs) == nil {
			missing[r.UndoneBy] = true
		}
	}
	var mu sync.Mutex
	var undos []*run.Run
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(lookUps)
	for id := range missing {
		g.Go(func() error {
			undo, err := book.Get(ctx, id)
			if errors.Is(err, run.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			undos = append(undos, undo)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("look for what took runs back: %w", err)
	}
	return undos, nil
}
