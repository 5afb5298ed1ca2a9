// Package past knows what the earlier runs of a piece of work left that still holds.
package past

import (
	"context"
	"errors"

	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/run"
)

// Runs reads runs. internal/ledger implements it.
type Runs interface {
	Get(ctx context.Context, id string) (*run.Run, error)
}

// Works knows the runs of a piece of work. internal/ledger implements it.
type Works interface {
	Latest(ctx context.Context, k run.Key) ([]string, error)
	Wrote(ctx context.Context, k run.Key) ([]string, error)
}

// Standing is what stands of a piece of work: the last run that changed something, unless all of it was taken back, and
// the last one if it proved that nothing is left to do.
func Standing(ctx context.Context, runs Runs, works Works, k run.Key) (note.Standing, error) {
	k = k.Work()
	wrote, undo, err := written(ctx, runs, works, k)
	if err != nil {
		return note.Standing{}, err
	}
	ids, err := works.Latest(ctx, k)
	if err != nil {
		return note.Standing{}, err
	}
	last, err := first(ctx, runs, ids)
	if err != nil {
		return note.Standing{}, err
	}
	if last != nil && (last.State != run.StateClosed || !outcome.Of(last).Row().Resolves()) {
		last = nil
	}
	return note.Stands(wrote, undo, last), nil
}

// written is the last run that changed something, unless all of it was taken back, and the undo that put back a part.
func written(ctx context.Context, runs Runs, works Works, k run.Key) (wrote, undo *run.Run, err error) {
	ids, err := works.Wrote(ctx, k)
	if err != nil {
		return nil, nil, err
	}
	if wrote, err = first(ctx, runs, ids); err != nil || wrote == nil || wrote.UndoneBy == "" {
		return wrote, nil, err
	}
	undo, err = first(ctx, runs, []string{wrote.UndoneBy})
	if err != nil || undo == nil || undo.Status != run.StatusUndoneInPart {
		return nil, nil, err
	}
	return wrote, undo, nil
}

// first is the first of runs; nil where there is none, it is too old to be kept, or only a newer version can read it:
// that is no reason to leave anybody without an answer.
func first(ctx context.Context, runs Runs, ids []string) (*run.Run, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	r, err := runs.Get(ctx, ids[0])
	newer := new(run.SchemaError)
	if errors.Is(err, run.ErrNotFound) || errors.As(err, &newer) {
		return nil, nil
	}
	return r, err
}
