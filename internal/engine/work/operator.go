package work

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/run"
)

// Request is what a person at the command line asks for.
type Request struct {
	Control string
	Target  control.Target
	Scope   string
	Actor   string
	ActorID string         // his unique id, as STS says it
	Params  map[string]any // over the configured ones
	// Judged are the parameters that Security Hub judges by, as a finding says; nil: it is asked where that matters.
	Judged control.Judged
	// Despite an exception: its owner agrees, or the operator answers for it.
	Despite bool
	// DespiteFreeze says the same of a freeze.
	DespiteFreeze bool
	// Findings get the result; none is fine, Security Hub will see it by itself.
	Findings []run.Finding
}

// Preview reads the resource and returns what a run would change. Its session
// cannot write.
func (w *Worker) Preview(ctx context.Context, req Request) (control.Plan, error) {
	c, err := w.controlFor(ctx, req)
	if err != nil {
		return control.Plan{}, err
	}
	return w.preview(ctx, c, req)
}

// Reread is Preview by Salve's own playbook, whatever carries the change out: for who asks how the resource is.
func (w *Worker) Reread(ctx context.Context, req Request) (control.Plan, error) {
	c, err := w.own(req)
	if err != nil {
		return control.Plan{}, err
	}
	return w.preview(ctx, c, req)
}

func (w *Worker) preview(ctx context.Context, c control.Control, req Request) (control.Plan, error) {
	c.Actions = c.Reads()
	params, err := w.chosen(ctx, c, req)
	if err != nil {
		return control.Plan{}, err
	}
	r := w.operatorRun(c, req, params)
	a := &attempt{Worker: w, r: r, dry: true}
	env, err := a.open(ctx, c)
	if err != nil {
		return control.Plan{}, err
	}
	plan, err := c.Plan(ctx, env)
	if fault.Of(err) == fault.Invalid { // what AWS answered, and nothing that was asked for here
		err = fault.Wrap(fault.Refused, err)
	}
	return mentioned(r, plan), a.shown(err)
}

// Apply runs a control on a resource because an operator said so: holds and
// modes do not stop it; locks, proof, stops and exceptions do, unless he acts Despite them.
func (w *Worker) Apply(ctx context.Context, req Request) (*run.Run, error) {
	c, err := w.controlFor(ctx, req)
	if err != nil {
		return nil, err
	}
	if err := w.unstopped(ctx, c.ID, req.Target.Account); err != nil {
		return nil, err
	}
	despite, err := w.despite(ctx, c, req)
	if err != nil {
		return nil, err
	}
	freeze, err := w.meansIt(ctx, c, req)
	if err != nil {
		return nil, err
	}
	params, err := w.chosen(ctx, c, req)
	if err != nil {
		return nil, err
	}
	r := w.operatorRun(c, req, params)
	r.Despite = despite
	if freeze != "" {
		r.Despite = strings.TrimPrefix(despite+"; "+freeze, "; ")
	}
	if err := w.fourEyes(ctx, c, r); err != nil {
		return nil, err
	}
	w.insists(ctx, r)
	for _, f := range req.Findings {
		f.Event = r.ID
		r.Findings[f.Key], r.Said, r.AccountName = f, cmp.Or(r.Said, f.Said), cmp.Or(r.AccountName, f.AccountName)
	}
	return w.operate(ctx, r)
}

// controlFor is what carries a request out.
func (w *Worker) controlFor(ctx context.Context, req Request) (control.Control, error) {
	config, err := w.Configured(ctx)
	if err != nil {
		return control.Control{}, err
	}
	c, known, err := w.playbook(config, req.Control)
	if err != nil {
		return c, err
	}
	return working(c, known, req)
}

// own is Salve's own playbook for a request, which takes back what a runbook of others did too.
func (w *Worker) own(req Request) (control.Control, error) {
	c, known := w.Controls.Get(req.Control)
	return working(c, known, req)
}

// working is the control, if there is one, and if it works on the resource.
func working(c control.Control, known bool, req Request) (control.Control, error) {
	if !known {
		return c, fault.New(fault.Invalid, "control %q has no playbook here, and no runbook in the configuration: see "+
			"salve controls list", req.Control)
	}
	if _, ok := c.Name(req.Target); !ok {
		return c, fault.New(fault.Invalid, "resource %q is not what control %s works on (%s)",
			req.Target.Resource, c.ID, strings.Join(c.Resources, ", "))
	}
	return c, nil
}

func (w *Worker) operatorRun(c control.Control, req Request, params control.Choice) *run.Run {
	key := run.Key{Account: req.Target.Account, Scope: req.Scope, Control: c.ID, Resource: req.Target.Resource}
	r := w.newRun(key, req.Target, c, params)
	r.Trigger, r.Actor, r.ActorID, r.Mode = run.TriggerOperator, req.Actor, req.ActorID, run.ModeAct
	return r
}

// operate claims and finishes an operator's run. A run that has to wait is
// returned as deferred, with its due time: the sweep of the hub finishes it.
func (w *Worker) operate(ctx context.Context, r *run.Run) (*run.Run, error) {
	found, busy, err := w.take(ctx, r, r.ID)
	if err == nil {
		if why, ok := gaveWay(found, r); ok {
			if err = w.dismiss(ctx, found, why); err == nil {
				found, busy, err = w.take(ctx, r, run.NewID(w.Now())) // the first try is known by now
			}
		}
	}
	if err != nil || busy {
		return found, err
	}
	a := &attempt{Worker: w, r: found}
	switch err := a.remediate(ctx); {
	case errors.Is(err, errDeferred):
		return w.waits(r, found)
	case err != nil:
		return nil, err
	}
	if err := w.Settle(ctx, []*run.Run{found}); err != nil {
		return found, err
	}
	// That another run waited for the same is no matter to the person, if it is done now.
	if found.ID != r.ID && (found.Undoes != r.Undoes || !outcome.Of(found).Row().Resolves()) {
		return nil, fault.New(fault.Refused, "finished run %s first, which waited; run the command again", found.ID)
	}
	return found, nil
}

// take claims the work for an operator. It returns his run, or the run that was
// open before; busy means that it waits because another has the resource.
func (w *Worker) take(ctx context.Context, r *run.Run, event string) (found *run.Run, busy bool, err error) {
	claim, err := w.Claims.Claim(ctx, r, w.ask(event, true))
	if err != nil {
		return nil, false, err
	}
	switch claim.Verdict {
	case run.Claimed, run.Busy:
		return claim.Run, claim.Verdict == run.Busy, nil
	case run.Joined, run.Held, run.Reverted, run.Duplicate, run.Later, run.Full:
	}
	return nil, false, fault.New(fault.Refused, "another run is at work on %s: try again when it is done", r.Key.Resource)
}

// ask is a claim as of now. An operator's is stopped by no hold, and does not
// wait for the time of a run that was put off.
func (w *Worker) ask(event string, ignoreHold bool) run.Terms {
	return run.Terms{
		Event: event, IgnoreHold: ignoreHold, Early: ignoreHold, Now: w.Now(), Lease: w.Lease, Retry: busyRetry,
	}
}
