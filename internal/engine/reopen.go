package engine

import (
	"context"
	"errors"

	"github.com/salve-security/salve/internal/hub"
	"github.com/salve-security/salve/internal/ledger"
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
		key := r.Key
		key.Control = id
		if err := e.Past.KeepOff(ctx, key, *r.Hold); err != nil {
			return err
		}
		if err := e.reopen(ctx, r, key, true); err != nil {
			return err
		}
	}
	for _, id := range r.Lost {
		key := r.Key
		key.Control = id
		if err := e.reopen(ctx, r, key, false); err != nil {
			return err
		}
	}
	return nil
}

// reopen makes the findings NEW that the last runs of a piece of work resolved.
// What people or Security Hub have made of them since is left alone.
func (e *Engine) reopen(ctx context.Context, r *run.Run, k run.Key, held bool) error {
	if r.NoFindings {
		return nil
	}
	ids, err := e.Past.Latest(ctx, k)
	if err != nil {
		return err
	}
	for _, id := range ids {
		last, err := e.Runs.Get(ctx, id)
		if errors.Is(err, ledger.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		views, err := e.views(ctx, last)
		if err != nil {
			return err
		}
		o := hub.Outcome{
			Status: hub.Undone, Control: k.Control, By: r.Actor, RunID: r.ID, Reason: "The undo of a fix of " +
				r.Key.Control + " put the same setting back.",
		}
		if held {
			o.Until = r.Hold.Until
		}
		if err := e.reopened(ctx, last, o, views); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) reopened(ctx context.Context, last *run.Run, o hub.Outcome, views map[string]hub.View) error {
	var updates []hub.Update
	for id, f := range last.Findings {
		if v := views[id]; !v.Active || !v.Resolved || v.Passed {
			continue
		}
		if u, ok := o.Update(f.ID, f.ProductArn, f.Region); ok {
			updates = append(updates, u)
		}
	}
	if len(updates) == 0 {
		return nil
	}
	_, err := e.Hub.Apply(ctx, updates)
	return err
}
