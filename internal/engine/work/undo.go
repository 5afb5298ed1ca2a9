package work

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

// ErrNothingToUndo says why a run cannot be taken back.
var ErrNothingToUndo = errors.New("there is nothing to take back")

// Takeback is the wish of a person to take a run back.
type Takeback struct {
	Run   string
	Actor string
	// NoFindings leaves the findings as they are, which the run told.
	NoFindings bool
}

// Undo is TakeBack as most people ask for it.
func (w *Worker) Undo(ctx context.Context, id, actor string) (*run.Run, error) {
	return w.TakeBack(ctx, Takeback{Run: id, Actor: actor})
}

// TakeBack takes back what a finished run changed, and holds the engine off the
// resource so that it is not fixed again at once.
func (w *Worker) TakeBack(ctx context.Context, t Takeback) (*run.Run, error) {
	_, old, r, err := w.undoRun(ctx, t)
	if err != nil {
		return nil, err
	}
	if r.NoFindings = t.NoFindings; !t.NoFindings {
		handOn(r, old)
	}
	if old.AwaitsPerson() {
		if err := w.abandon(ctx, old.ID, t.Actor); err != nil {
			return nil, err
		}
	}
	return w.operate(ctx, r)
}

// UndoPreview is what an undo would put back now, and which other controls would
// be unmet then.
type UndoPreview struct {
	Plan  control.Plan
	Unmet []string
}

// PreviewUndo reads the resource and returns what an undo would do, or why it
// would be refused. Its session cannot write.
func (w *Worker) PreviewUndo(ctx context.Context, t Takeback) (UndoPreview, error) {
	c, _, r, err := w.undoRun(ctx, t)
	if err != nil {
		return UndoPreview{}, err
	}
	c.Actions, c.UndoActions = c.Reads(), nil
	a := &attempt{Worker: w, r: r, dry: true}
	env, err := a.open(ctx, c)
	if err != nil {
		return UndoPreview{}, err
	}
	plan, err := a.planUndo(ctx, c, env)
	if drift := new(control.DriftError); errors.As(err, &drift) {
		err = fault.Wrap(fault.Refused, err)
	}
	return UndoPreview{Plan: plan, Unmet: r.Unmet}, a.shown(err)
}

// undoRun is the run that would take back an old one, and its control.
func (w *Worker) undoRun(ctx context.Context, t Takeback) (c control.Control, old, r *run.Run, err error) {
	if old, err = w.Runs.Get(ctx, t.Run); err != nil {
		return c, nil, nil, err
	}
	again, err := w.tookPart(ctx, old)
	if err != nil {
		return c, nil, nil, err
	}
	if !old.Undoable() && !old.AwaitsPerson() && !again {
		return c, nil, nil, fmt.Errorf("run %s (%s): %w", t.Run, whyNot(old), ErrNothingToUndo)
	}
	if c, err = w.own(Request{Control: old.Key.Control, Target: old.Target()}); err != nil {
		return c, nil, nil, err
	}
	r = w.operatorRun(c, Request{Target: old.Target(), Scope: old.Key.Scope, Actor: t.Actor}, as(old))
	r.Undoes, r.Said, r.AccountName = old.ID, old.Said, old.AccountName
	return c, old, r, nil
}

// tookPart tells that an undo of the run put back a part of it: there is a rest to put back.
func (w *Worker) tookPart(ctx context.Context, old *run.Run) (bool, error) {
	if old.UndoneBy == "" || old.Undoes != "" {
		return false, nil
	}
	last, err := w.Runs.Get(ctx, old.UndoneBy)
	if errors.Is(err, run.ErrNotFound) {
		return false, nil
	}
	return err == nil && last.Status == run.StatusUndoneInPart, err
}

func whyNot(r *run.Run) string {
	switch {
	case r.State != run.StateClosed:
		return "it is not finished: ask again once it is"
	case r.UndoneBy != "":
		return "it was taken back by run " + r.UndoneBy
	case r.Undoes != "":
		return "it is an undo itself"
	}
	var all []string
	for _, c := range r.Changes() {
		if r.BeforeHash != "" && !r.Reversible() && !slices.Contains(all, c.Stays) {
			all = append(all, c.Stays)
		}
	}
	if len(all) > 0 {
		return "it is one way: " + strings.Join(all, "; ")
	}
	return "it changed nothing: " + string(r.Status)
}

// handOn hands the findings of a run on to one that takes it back and asks for itself.
func handOn(r, old *run.Run) {
	for _, f := range old.Findings {
		f.Event = r.ID
		r.Findings[f.Key] = f
	}
}
