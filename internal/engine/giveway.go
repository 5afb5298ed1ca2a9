package engine

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

// yields tells that an open run has to give way to what a person asks for: it
// has written nothing and has no outcome, and what came before it is to be taken
// back.
func yields(open, asked *run.Run) bool {
	return open.ID != asked.ID && asked.Undoes != "" && open.Undoes == "" && open.State == run.StateClaimed
}

// dismiss ends a run of ours that has written nothing.
func (e *Engine) dismiss(ctx context.Context, r *run.Run, why string) error {
	r.Quiet = r.Trigger == run.TriggerImported // nobody asked, so nobody hears
	a := &attempt{Engine: e, r: r}
	if err := a.conclude(ctx, ended{status: run.StatusRefused, why: why}); err != nil {
		return err
	}
	return e.settle(ctx, []*run.Run{r})
}

// waits is what an operator gets whose work waits: his run, or one that was there
// before and goes the same way.
func (e *Engine) waits(asked, r *run.Run) (*run.Run, error) {
	if r.Undoes != asked.Undoes {
		return nil, fault.New(fault.Refused, "run %s came first and waits (%s): run the command again when it is done",
			r.ID, r.Reason)
	}
	if r.ID == asked.ID || r.Undoes != "" {
		return r, nil
	}
	c, _ := e.Controls.Get(r.Key.Control)
	mine, errMine := c.Resolve(asked.Params)
	its, errIts := c.Resolve(r.Params)
	if errors.Join(errMine, errIts) != nil || !reflect.DeepEqual(mine, its) {
		return nil, fault.New(fault.Refused, "run %s came first with other parameters and waits (%s): see salve show %s",
			r.ID, r.Reason, r.ID)
	}
	return r, nil
}

// awaitsPerson tells that a run has done its part and waits for what only a
// person can do, for days if need be.
func awaitsPerson(r *run.Run) bool {
	return r.State == run.StateParked && r.Reason != "" && r.Undoes == "" && r.Changed() && r.Reversible()
}

// abandon ends a run that waits for a person, so that it can be taken back.
func (e *Engine) abandon(ctx context.Context, id, actor string) error {
	r, err := e.Claims.Take(ctx, id, e.Owner, e.ask(id, true))
	if errors.Is(err, run.ErrLost) {
		return fault.New(fault.Refused, "run %s is being looked at: try again in a moment", id)
	}
	if err != nil {
		return err
	}
	a := &attempt{Engine: e, r: r}
	err = a.conclude(ctx, ended{
		status: run.StatusUnverified, why: fmt.Sprintf("%s took it back before it was finished.", actor), patient: true,
	})
	if err != nil {
		return err
	}
	return e.settle(ctx, []*run.Run{r})
}
