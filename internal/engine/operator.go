package engine

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/run"
)

// Request is what a person at the command line asks for.
type Request struct {
	Control string
	Target  control.Target
	Scope   string
	Actor   string
	Params  map[string]any // over the configured ones
	// Findings get the result; none is fine, Security Hub will see it by itself.
	Findings []run.Finding
}

// Preview reads the resource and returns what a run would change. Its session
// cannot write.
func (e *Engine) Preview(ctx context.Context, req Request) (control.Plan, error) {
	c, err := e.controlFor(req)
	if err != nil {
		return control.Plan{}, err
	}
	c.Actions = c.Reads()
	a := &attempt{Engine: e, r: e.operatorRun(c, req), dry: true}
	if a.r.Params, err = e.params(ctx, c, req.Params); err != nil {
		return control.Plan{}, err
	}
	env, err := a.open(ctx, c)
	if err != nil {
		return control.Plan{}, err
	}
	plan, err := c.Plan(ctx, env)
	return plan, a.shown(err)
}

// Parameters are the values that hold for a request.
func (e *Engine) Parameters(ctx context.Context, req Request) (control.Params, error) {
	c, err := e.controlFor(req)
	if err != nil {
		return nil, err
	}
	return e.params(ctx, c, req.Params)
}

// Apply runs a control on a resource because an operator said so: holds and
// modes do not stop it; locks, proof and stops do.
func (e *Engine) Apply(ctx context.Context, req Request) (*run.Run, error) {
	c, err := e.controlFor(req)
	if err != nil {
		return nil, err
	}
	if err := e.unstopped(ctx, c.ID); err != nil {
		return nil, err
	}
	r := e.operatorRun(c, req)
	if r.Params, err = e.params(ctx, c, req.Params); err != nil {
		return nil, err
	}
	for _, f := range req.Findings {
		f.Event = r.ID
		r.Findings[f.ID] = f
	}
	return e.operate(ctx, r)
}

func (e *Engine) controlFor(req Request) (control.Control, error) {
	c, ok := e.Controls.Get(req.Control)
	if !ok {
		return c, fault.New(fault.Invalid, "control %q has no playbook here: see salve controls list", req.Control)
	}
	if _, ok := c.Name(req.Target); !ok {
		return c, fault.New(fault.Invalid, "resource %q is not what control %s works on (%s)",
			req.Target.Resource, c.ID, strings.Join(c.Resources, ", "))
	}
	return c, nil
}

func (e *Engine) operatorRun(c control.Control, req Request) *run.Run {
	key := run.Key{Account: req.Target.Account, Scope: req.Scope, Control: c.ID, Resource: req.Target.Resource}
	r := e.newRun(key, req.Target, c)
	r.Trigger, r.Actor, r.Mode = run.TriggerOperator, req.Actor, ModeAct
	return r
}

// operate claims and finishes an operator's run. A run that has to wait is
// returned as deferred, with its due time: the sweep of the hub finishes it.
func (e *Engine) operate(ctx context.Context, r *run.Run) (*run.Run, error) {
	found, busy, err := e.take(ctx, r, r.ID)
	if err == nil && yields(found, r) {
		if err = e.dismiss(ctx, found, "Gave way: "+r.Actor+" takes run "+r.Undoes+" back."); err == nil {
			found, busy, err = e.take(ctx, r, run.NewID(e.Now())) // the first try is known by now
		}
	}
	if err != nil || busy {
		return found, err
	}
	a := &attempt{Engine: e, r: found}
	switch err := a.remediate(ctx); {
	case errors.Is(err, errDeferred):
		return e.waits(r, found)
	case err != nil:
		return nil, err
	}
	if err := e.settle(ctx, []*run.Run{found}); err != nil {
		return found, err
	}
	// That another run waited for the same is no matter to the person, if it is done now.
	if found.ID != r.ID && (found.Undoes != r.Undoes || !outcome(found).Resolves()) {
		return nil, fault.New(fault.Refused, "finished run %s first, which waited; run the command again", found.ID)
	}
	return found, nil
}

// take claims the work for an operator. It returns his run, or the run that was
// open before; busy means that it waits because another has the resource.
func (e *Engine) take(ctx context.Context, r *run.Run, event string) (found *run.Run, busy bool, err error) {
	claim, err := e.Claims.Claim(ctx, r, e.ask(event, true))
	if err != nil {
		return nil, false, err
	}
	switch claim.Verdict {
	case ledger.Claimed, ledger.Busy:
		return claim.Run, claim.Verdict == ledger.Busy, nil
	case ledger.Joined, ledger.Held, ledger.Reverted, ledger.Duplicate:
	}
	return nil, false, fault.New(fault.Refused, "another run is at work on %s: try again when it is done", r.Key.Resource)
}

// ask is a claim as of now. An operator's is stopped by no hold, and does not
// wait for the time of a run that was put off.
func (e *Engine) ask(event string, ignoreHold bool) ledger.Ask {
	return ledger.Ask{
		Event: event, IgnoreHold: ignoreHold, Early: ignoreHold, Now: e.Now(), Lease: e.Lease, Retry: busyRetry,
	}
}

// Resume takes up an open run whose time has come. A run that somebody else is
// at, or that is closed, is left alone.
func (e *Engine) Resume(ctx context.Context, id string) error {
	r, err := e.Claims.Take(ctx, id, e.Owner, e.ask(id, false))
	if errors.Is(err, ledger.ErrLost) || errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	a := &attempt{Engine: e, r: r}
	switch err := a.remediate(ctx); {
	case errors.Is(err, errDeferred), errors.Is(err, ledger.ErrLost):
		return nil
	case err != nil:
		return err
	}
	return e.settle(ctx, []*run.Run{r})
}

// Sweep resumes what is due, tells people of what they have not been told, and
// asks Security Hub whether it agrees by now.
func (e *Engine) Sweep(ctx context.Context) error {
	now := e.Now()
	ids, err := e.Waiting.Due(ctx, now, sweepLimit)
	if err != nil {
		return err
	}
	e.unswept(ctx, "", e.probe(ctx))
	// What is in the way of one is no reason to leave the others, nor to sweep twice.
	untold, err := e.Telling.Untold(ctx, now, sweepLimit)
	e.unswept(ctx, "", errors.Join(err, e.tellTogether(ctx, untold)))
	unconfirmed, err := e.Confirming.Unconfirmed(ctx, now, sweepLimit)
	e.unswept(ctx, "", errors.Join(err, e.confirm(ctx, unconfirmed)))
	var group errgroup.Group
	group.SetLimit(inParallel)
	for _, id := range ids {
		group.Go(func() error {
			if ctx.Err() == nil { // the rest is due in the next sweep as well
				e.unswept(ctx, id, e.Resume(ctx, id))
			}
			return nil
		})
	}
	_ = group.Wait() // what went wrong is noted, run by run
	return nil
}

// unswept notes what a sweep could not do, and puts off the run it could not
// take up: at the head of the queue it would hide the others.
func (e *Engine) unswept(ctx context.Context, id string, err error) {
	if err == nil {
		return
	}
	e.Audit(ctx, Line{Time: e.Now(), Event: NotSwept, Run: id, Error: err.Error()})
	if id == "" {
		return
	}
	ctx, cancel := books(ctx)
	defer cancel()
	if err := e.Waiting.Postpone(ctx, id, e.Now().Add(longestWait)); err != nil {
		e.Audit(ctx, Line{Time: e.Now(), Event: NotSwept, Run: id, Error: err.Error()})
	}
}

// sweepLimit bounds one sweep; more is found a minute later.
const sweepLimit = 50
