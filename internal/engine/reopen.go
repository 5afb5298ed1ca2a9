package engine

import (
	"context"
	"errors"
	"time"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/run"
)

// idle tells that an undo ended without putting anything back: who asked for it
// sees why, and what the findings say still holds.
func idle(r *run.Run) bool {
	return r.Undoes != "" && r.Status != run.StatusUndone && r.Status != run.StatusGone && !r.Changed()
}

// others sees to the other controls that an undo leaves unmet: the engine keeps
// off the siblings, and the findings that Salve resolved are open again. Security
// Hub opens them by itself only if it saw the controls as met in between.
func (e *Engine) others(ctx context.Context, r *run.Run) error {
	if r.Status != run.StatusUndone || r.Hold == nil {
		return nil
	}
	for _, id := range r.Unmet {
		if err := e.Past.KeepOff(ctx, r.Key.Of(id), *r.Hold); err != nil {
			return err
		}
		if err := e.reopen(ctx, r, r.Key.Of(id), r.Hold.Until); err != nil {
			return err
		}
	}
	for _, id := range r.Lost {
		if err := e.reopen(ctx, r, r.Key.Of(id), time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// reopen makes the findings NEW that the last runs of a piece of work resolved.
// What people or Security Hub have made of them since is left alone.
func (e *Engine) reopen(ctx context.Context, r *run.Run, k run.Key, until time.Time) error {
	if r.NoFindings {
		return nil
	}
	ids, err := e.Past.Latest(ctx, k)
	if err != nil {
		return err
	}
	for _, id := range ids {
		last, err := e.Runs.Get(ctx, id)
		if errors.Is(err, run.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		views, err := e.views(ctx, last)
		if err != nil {
			return err
		}
		o := note.Outcome{
			Status: note.Undone, Control: k.Control, By: r.Actor, RunID: r.ID, Until: until, Reason: "The undo of a fix of " +
				r.Key.Control + " put the same setting back.",
		}
		updates := sayWhere(o, last, views, func(v finding.View) bool { return v.Active && v.Resolved && !v.Passed })
		if _, err := e.Hub.Apply(ctx, updates); err != nil {
			return err
		}
	}
	return nil
}
