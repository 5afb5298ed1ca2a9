package work

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

// gaveWay tells why an open run gives way to what a person asks for, if it does: to an undo, or to somebody who acts in
// spite of an exception that the run's own asker has not answered for.
func gaveWay(open, asked *run.Run) (why string, ok bool) {
	switch {
	case yields(open, asked):
		return "Gave way: " + asked.Actor + " takes run " + asked.Undoes + " back.", true
	case open.ID != asked.ID && asked.Trigger == run.TriggerOperator && !open.Opens.IsZero() && open.Undoes == "" &&
		open.State == run.StateClaimed:
		return "Gave way: " + asked.Actor + " acts before its time.", true
	case open.ID != asked.ID && asked.Despite != "" && asked.Despite != open.Despite && open.Undoes == "" &&
		open.State == run.StateClaimed:
		return "Gave way: " + asked.Actor + " acts despite an exception.", true
	}
	return "", false
}

// dismiss ends a run of ours that has written nothing.
func (w *Worker) dismiss(ctx context.Context, r *run.Run, why string) error {
	r.Quiet = r.Trigger == run.TriggerImported // nobody asked, so nobody hears
	a := &attempt{Worker: w, r: r}
	if err := a.conclude(ctx, ended{status: run.StatusRefused, why: why}); err != nil {
		return err
	}
	return w.Settle(ctx, []*run.Run{r})
}

// waits is what an operator gets whose work waits: his run, or one that was there
// before and goes the same way.
func (w *Worker) waits(asked, r *run.Run) (*run.Run, error) {
	if r.Undoes != asked.Undoes {
		return nil, fault.New(fault.Refused, "run %s came first and waits (%s): run the command again when it is done",
			r.ID, r.Reason)
	}
	if r.ID == asked.ID || r.Undoes != "" {
		return r, nil
	}
	c, _ := w.Controls.Get(r.Key.Control)
	mine, errMine := c.Resolve(asked.Params)
	its, errIts := c.Resolve(r.Params)
	if errors.Join(errMine, errIts) != nil || !reflect.DeepEqual(mine, its) {
		return nil, fault.New(fault.Refused, "run %s came first with other parameters and waits (%s): see salve show %s",
			r.ID, r.Reason, r.ID)
	}
	return r, nil
}

// abandon ends a run that waits for a person, so that it can be taken back.
func (w *Worker) abandon(ctx context.Context, id, actor string) error {
	r, err := w.Claims.Take(ctx, id, w.Owner, w.ask(id, true))
	if errors.Is(err, run.ErrLost) {
		return fault.New(fault.Refused, "run %s is being looked at: try again in a moment", id)
	}
	if err != nil {
		return err
	}
	a := &attempt{Worker: w, r: r}
	err = a.conclude(ctx, ended{
		status: run.StatusUnverified, why: fmt.Sprintf("%s took it back before it was finished.", actor), patient: true,
	})
	if err != nil {
		return err
	}
	return w.Settle(ctx, []*run.Run{r})
}
