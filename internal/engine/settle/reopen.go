package settle

import (
	"context"
	"errors"
	"time"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/run"
)

// others sees to the other controls that an undo leaves unmet: the engine keeps
// off the siblings, and the findings that Salve resolved are open again. Security
// Hub opens them by itself only if it saw the controls as met in between.
func (s *Settler) others(ctx context.Context, r *run.Run) error {
	if !r.TookBack() || r.Hold == nil {
		return nil
	}
	for _, id := range r.Unmet {
		if err := s.Past.KeepOff(ctx, r.Key.Of(id), *r.Hold); err != nil {
			return err
		}
		if err := s.reopen(ctx, r, r.Key.Of(id), r.Hold.Until); err != nil {
			return err
		}
	}
	for _, id := range r.Lost {
		if err := s.reopen(ctx, r, r.Key.Of(id), time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// reopen makes the findings NEW that the last runs of a piece of work resolved.
// What people or Security Hub have made of them since is left alone.
func (s *Settler) reopen(ctx context.Context, r *run.Run, k run.Key, until time.Time) error {
	if r.NoFindings {
		return nil
	}
	ids, err := s.Past.Latest(ctx, k)
	if err != nil {
		return err
	}
	for _, id := range ids {
		last, err := s.Runs.Get(ctx, id)
		if errors.Is(err, run.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		views, err := s.Look.Findings(ctx, last)
		if err != nil {
			return err
		}
		o := note.Outcome{
			Cell: outcome.Of(r), Control: k.Control, By: note.By(r), RunID: r.ID, Until: until, Reason: "The undo of a fix of " +
				r.Key.Control + " put the same setting back.",
		}
		updates := o.OnThose(last, views, func(v finding.View) bool { return v.Active() && v.Resolved() && !v.Passed() })
		if _, err := s.Hub.Apply(ctx, updates); err != nil {
			return err
		}
	}
	return nil
}
