package work

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

// kin are the controls that share their state with c on the target.
func (w *Worker) kin(c control.Control, t control.Target) []control.Control {
	var out []control.Control
	for _, o := range w.Controls.All() {
		if c.Kin(o, t) {
			out = append(out, o)
		}
	}
	return out
}

// planUndo plans to take a run back that changes nothing any more. What a later run wrote once more is that
// run's to take back, and every control that is met now and would not be then
// is named.
func (a *attempt) planUndo(ctx context.Context, c control.Control, env control.Env) (control.Plan, error) {
	old, err := a.Runs.Get(ctx, a.r.Undoes)
	if err != nil {
		return control.Plan{}, err
	}
	if err := a.atLarge(ctx, c, env); err != nil { // also where it has not changed anything yet
		return control.Plan{}, err
	}
	plan, err := c.PlanUndo(ctx, env, made(old))
	var drift *control.DriftError
	if err != nil && !errors.As(err, &drift) {
		return control.Plan{}, err
	}
	owner, path, lookErr := a.owner(ctx, c, old, plan, drift)
	switch {
	case lookErr != nil:
		return control.Plan{}, lookErr
	case owner != nil:
		a.r.ToDo = "salve undo " + owner.ID + " --yes"
		return control.Plan{}, fault.New(fault.Refused, "%s is as run %s (%s) left it later: take that run back first, "+
			"or put back by hand what this one changed", path, owner.ID, owner.Key.Control)
	case err != nil:
		return control.Plan{}, err
	}
	if a.r.Unmet, err = a.unmet(ctx, c, env, plan); err != nil && !a.dry {
		a.Audit.Run(ctx, a.Now(), audit.NotJudged, a.r, err) // no reason to keep anybody from an undo
	}
	if !a.dry && !plan.Empty() {
		a.before = a.met(ctx, a.beside(c, env.Target))
	}
	return plan, nil
}

// made are the changes of a run with those as somebody else's that its last look saw not made: of a run that failed
// they come no more, and whoever made them since did so on his own.
func made(old *run.Run) []control.Change {
	changes := slices.Clone(old.Changes())
	ended := old.Status == run.StatusFailed || old.Status == run.StatusDenied
	if !ended || old.AfterHash == "" || old.Execution != nil {
		return changes
	}
	for i, ch := range changes {
		changes[i].Theirs = ch.Theirs || ch.Missed
	}
	return changes
}

// owner is the later run that wrote a path which the undo would put back, or
// which has drifted, and the path.
func (w *Worker) owner(
	ctx context.Context, c control.Control, old *run.Run, p control.Plan, drift *control.DriftError,
) (owner *run.Run, path string, err error) {
	now := map[string]any{} // what is at the paths
	if drift != nil {
		now[drift.Path] = drift.Value
	}
	for _, ch := range p.Changes {
		now[ch.Path] = ch.From
	}
	if len(now) == 0 {
		return nil, "", nil
	}
	for _, of := range append(w.kin(c, old.Target()), c) {
		later, err := w.later(ctx, old.Key.Of(of.ID), old)
		if err != nil {
			return nil, "", err
		}
		for _, r := range later {
			at := slices.IndexFunc(r.Changes(), func(ch control.Change) bool {
				for path, value := range now {
					if ch.Left(path, value) {
						return true
					}
				}
				return false
			})
			if at >= 0 && (owner == nil || r.Finished.After(owner.Finished)) {
				owner, path = r, r.Changes()[at].Name()
			}
		}
	}
	return owner, path, nil
}

// later are the runs of a piece of work that wrote after an older run and stand.
func (w *Worker) later(ctx context.Context, key run.Key, old *run.Run) ([]*run.Run, error) {
	ids, err := w.Past.Wrote(ctx, key)
	if err != nil {
		return nil, err
	}
	var out []*run.Run
	for _, id := range ids {
		if id == old.ID {
			break
		}
		r, err := w.Runs.Get(ctx, id)
		if err != nil && !errors.Is(err, run.ErrNotFound) {
			return nil, err
		}
		if err != nil || !r.Finished.After(old.Finished) {
			break // so were all before it
		}
		if r.Undoable() {
			out = append(out, r)
		}
	}
	return out, nil
}

// unmet are the ids of the kin that are met now and will not be after the plan.
// A control whose configured parameters are wrong cannot be judged, nor act. One
// that has to ask for its facts and gets no answer counts as unmet: it would act
// as soon as it gets one, and take the undo back.
func (a *attempt) unmet(ctx context.Context, c control.Control, env control.Env, p control.Plan) ([]string, error) {
	var out []string
	var errs []error
	for _, of := range a.kin(c, env.Target) {
		if control.Own(of.ID) {
			continue // no finding asks for it
		}
		breaks, err := a.breaks(ctx, of, env, p)
		if class := fault.Of(err); err != nil && class != fault.Invalid && class != fault.Refused {
			errs, breaks = append(errs, err), of.HasFacts()
		}
		if breaks {
			out = append(out, of.ID)
		}
	}
	return out, errors.Join(errs...)
}

// breaks tells whether one of the kin is met now and not after the plan. What it
// knows besides the state they share it reads itself, in a session of its own
// that cannot write. A defect of a playbook that nobody asked for is an error like others.
func (a *attempt) breaks(
	ctx context.Context, of control.Control, env control.Env, p control.Plan,
) (breaks bool, err error) {
	defer func() {
		if defect := recover(); defect != nil {
			breaks, err = false, fmt.Errorf("the playbook of %s has a defect: %v", of.ID, defect)
		}
	}()
	params, err := a.params(ctx, of, nil, nil)
	if err == nil {
		params, err = a.raised(ctx, of, env.Target, nil, params)
	}
	if err != nil {
		return false, err
	}
	if !of.HasFacts() {
		env.Params = params.Params
		return of.Breaks(ctx, p, env)
	}
	ctx, cancel := context.WithTimeout(ctx, besides)
	defer cancel()
	of.Actions = of.Reads()
	reading := &attempt{Worker: a.Worker, dry: true, r: a.operatorRun(of, Request{
		Target: env.Target, Scope: a.r.Key.Scope, Actor: a.r.Actor,
	}, params)}
	if env, err = reading.open(ctx, of); err != nil {
		return false, err
	}
	return of.Breaks(ctx, p, env)
}
