// Package takeback takes many runs back, the last one first: what each would put back is shown before any is, and one
// that cannot be taken back keeps no other from it.
package takeback

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

// Engine takes one run back, or says what that would mean.
type Engine interface {
	PreviewUndo(ctx context.Context, t work.Takeback) (work.UndoPreview, error)
	TakeBack(ctx context.Context, t work.Takeback) (*run.Run, error)
}

// State is what would become of a run, or has.
type State string

// The states.
const (
	Ready    State = "ready"    // it would be taken back
	After    State = "after"    // the same, once a later run of the list is
	Nothing  State = "nothing"  // all of it is put back already
	Gone     State = "gone"     // the resource is not there any more
	Refused  State = "refused"  // somebody changed the resource since, or a later run that is not of the list
	Unlooked State = "unlooked" // nobody could look
	Done     State = "done"     // there is an undo; how it ended, it says itself
)

// Item is one of the runs.
type Item struct {
	Run    *run.Run
	State  State
	Plan   control.Plan
	Unmet  []string // controls that would be unmet
	Reason string   // why not, or not at once
	Undo   *run.Run // that took it back, as far as it came
}

// Runs are those of a history that can be taken back, the last one first.
func Runs(history []*run.Run) []*run.Run {
	out := slices.DeleteFunc(slices.Clone(history), func(r *run.Run) bool { return !r.Undoable() })
	slices.SortStableFunc(out, func(x, y *run.Run) int { return strings.Compare(y.Place(), x.Place()) })
	return out
}

// Preview reads what each of the runs would put back now. An error ends it, where going on makes no sense.
func Preview(ctx context.Context, e Engine, runs []*run.Run) ([]Item, error) {
	var out []Item
	for _, r := range runs {
		if err := ctx.Err(); err != nil {
			return out, fault.New(fault.Retry, "stopped: nothing was put back")
		}
		preview, err := e.PreviewUndo(ctx, work.Takeback{Run: r.ID})
		if fault.Expired(err) {
			return out, fault.New(fault.Retry, "your session has ended: log in again; nothing was put back")
		}
		item := Item{Run: r, State: Ready, Plan: preview.Plan, Unmet: preview.Unmet}
		switch {
		case err != nil:
			item.State, item.Reason = stateOf(err), fault.Cause(err)
			if item.State == Refused && waitsFor(err, runs, r) {
				item.State = After
			}
		case preview.Plan.Empty():
			item.State = Nothing
		}
		out = append(out, item)
	}
	return out, nil
}

// waitsFor tells that what refuses is a run of the list that is taken back before.
func waitsFor(err error, runs []*run.Run, r *run.Run) bool {
	return slices.ContainsFunc(runs[:slices.Index(runs, r)], func(later *run.Run) bool {
		return strings.Contains(err.Error(), "run "+later.ID+" ")
	})
}

// stateOf is what an error means for a run.
func stateOf(err error) State {
	switch class := fault.Of(err); {
	case class == fault.Gone:
		return Gone
	case class == fault.Refused, class == fault.Drifted, errors.Is(err, work.ErrNothingToUndo):
		return Refused
	}
	return Unlooked
}

// Carrying is how runs are taken back.
type Carrying struct {
	Engine     Engine
	Actor      string
	NoFindings bool
	Begin      func(*run.Run) error // before each; an error ends it: no audit, no act
	Said       func(Item)           // after each
}

// CarryOut takes runs back, one after the other in their order. One that is refused is said, and the next one's turn
// comes; those that depend on it are refused in their turn.
func (c Carrying) CarryOut(ctx context.Context, runs []*run.Run) ([]Item, error) {
	var out []Item
	for i, r := range runs {
		if ctx.Err() != nil {
			return out, fault.New(fault.Retry, "stopped: %d of %d were looked at; the same command goes on with the rest", i,
				len(runs))
		}
		if err := c.Begin(r); err != nil {
			return out, err
		}
		undo, err := c.Engine.TakeBack(ctx, work.Takeback{Run: r.ID, Actor: c.Actor, NoFindings: c.NoFindings})
		if fault.Expired(err) {
			return out, fault.New(fault.Retry, "your session has ended: log in again; the same command goes on with the rest")
		}
		item := Item{Run: r, State: Done, Undo: undo}
		if err != nil {
			item.State, item.Reason = stateOf(err), fault.Cause(err)
		}
		out = append(out, item)
		c.Said(item)
	}
	return out, nil
}

// Failed tells that a run was not taken back, or not all of it: what waits is no failure yet.
func (i Item) Failed() bool {
	switch {
	case i.State == Refused, i.State == Unlooked:
		return true
	case i.Undo == nil || i.Undo.State != run.StateClosed:
		return false
	}
	switch i.Undo.Status { //nolint:exhaustive // the others have put nothing back
	case run.StatusUndone, run.StatusCompliant, run.StatusGone:
		return false
	}
	return true
}
