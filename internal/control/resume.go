package control

import (
	"context"
	"fmt"
	"slices"
)

// Continue takes up a stored plan whose run stopped somewhere between storing
// it and recording its end. Paths at To are done; those still at From, or where
// the run's own last look saw them, are left to write. Another value is left
// alone where a fix has nothing against it, and else a *DriftError. Paths, values
// and Hash stay the stored ones.
func (c Control) Continue(ctx context.Context, env Env, stored Plan) (Plan, error) {
	if stored.Control != c.ID || stored.Target != env.Target {
		return Plan{}, fmt.Errorf("continue %s on %s: %w", c.ID, env.Target.Resource, ErrForeign)
	}
	now, err := c.state.read(ctx, env)
	if err != nil {
		return Plan{}, err
	}
	to := now.written
	stored.Changes = slices.Clone(stored.Changes)
	for i, ch := range stored.Changes {
		stored.Changes[i].Unsure = false // as far as an earlier try is concerned
		switch v := at(now.written, ch.Path); {
		case c.state.shape().isFact(ch.Path), equal(v, ch.To):
		case equal(v, ch.From), ch.ours(v):
			to = with(to, ch.Path, ch.To)
		default:
			if stored.Changes[i].Unsure, err = c.leaves(now, env, stored, ch.Path); err != nil {
				return Plan{}, err
			}
			if !stored.Changes[i].Unsure {
				return Plan{}, &DriftError{Path: ch.Path, Now: Text(v), Value: v}
			}
		}
	}
	stored.from, stored.to, stored.facts, stored.ready = now.written, to, now.facts, true
	return stored, nil
}

// leaves tells that a fix would not change what is at a path now. An undo has
// only one goal, and whatever is not at it has drifted.
func (c Control) leaves(now look, env Env, stored Plan, path string) (bool, error) {
	if stored.Undo {
		return false, nil
	}
	want, err := c.state.want(now, env)
	if err != nil {
		return false, err
	}
	return equal(at(now.written, path), at(want, path)), nil
}

// PlanUndo returns the plan that takes the changes of a finished run back. A
// path that is no longer as the run left it is a *DriftError; one that is
// already as it was before, or that stays by declaration, is left out.
func (c Control) PlanUndo(ctx context.Context, env Env, changes []Change) (Plan, error) {
	now, err := c.state.read(ctx, env)
	if err != nil {
		return Plan{}, err
	}
	to := now.written
	var back []Change
	for _, ch := range changes {
		v := at(now.written, ch.Path)
		switch {
		case ch.Stays != "", ch.Theirs, c.state.shape().isFact(ch.Path), equal(v, ch.From):
		case ch.ours(v) && c.state.shape().at(ch.Path).hides(ch.From):
			return Plan{}, fmt.Errorf("put back %s: %w", name(ch.Path), ErrSealed) // of a time when it was no secret
		case ch.ours(v):
			to = with(to, ch.Path, ch.From)
			back = append(back, Change{Path: ch.Path, From: v, To: ch.From})
		default:
			return Plan{}, &DriftError{Path: ch.Path, Now: Text(v), Value: v, Unsure: ch.Unsure}
		}
	}
	return c.plan(ctx, env, now, to, back, true)
}
