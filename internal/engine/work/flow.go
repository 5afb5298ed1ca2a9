package work

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/calls"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/run"
)

// attempt is one process's work on one run.
type attempt struct {
	*Worker
	r     *run.Run
	rec   calls.Recorder
	seals *control.Seals // nil for a control without secrets
	dry   bool           // nothing may be written, not even to the ledger
	under string         // the timetable of the configuration that the gate was asked with
	anew  bool           // the class of the data has changed parameters while the run waited
	// untouched tells that a look has shown nothing of the stored plan, and doubted that it cannot tell: see reconsider.
	untouched, doubted bool
	// before says of other controls on the resource whether they were met before an undo.
	before map[string]bool
}

// remediate takes a claimed run from wherever it stands to its recorded
// outcome. It returns errDeferred or run.ErrLost when the run is not ours to
// finish now, and any other error only when the ledger itself does not answer.
func (a *attempt) remediate(ctx context.Context) (err error) {
	defer a.rescue(ctx, &err)
	c, known, err := a.playbook(ctx)
	if err != nil {
		return a.fail(ctx, err)
	}
	if end, stop := a.resumed(known); stop {
		return a.conclude(ctx, end)
	} else if a.r.State == run.StateRecorded {
		return nil // an earlier process got this far; only its findings wait
	}
	if a.r.Rejected() {
		return a.rejected(ctx)
	}
	if err := lockable(c, a.r); err != nil {
		return a.conclude(ctx, ended{status: run.StatusFailed, err: err})
	}
	return a.takenUp(ctx, a.restrained(c))
}

// carriedBy takes a run that may begin, or go on, to its recorded outcome.
func (a *attempt) carriedBy(ctx context.Context, c control.Control) error {
	if err := a.halted(ctx, c); err != nil {
		return err
	}
	work, cancel := context.WithTimeout(ctx, names.RunBudget)
	defer cancel()
	env, err := a.open(work, c)
	if err != nil {
		return a.fail(ctx, err)
	}
	if end, stop, err := a.again(work, c); errors.Is(err, errDeferred) {
		return err
	} else if err != nil {
		return a.fail(ctx, err)
	} else if stop {
		return a.conclude(ctx, end)
	}
	if a.anew { // its session may have to reach for something else
		if env, err = a.open(work, c); err != nil {
			return a.fail(ctx, err)
		}
	}
	plan, err := a.plan(work, c, env)
	if err == nil {
		a.found()
		err = a.keepable(plan)
	}
	if err != nil {
		a.leftBy(work, c, env, err)
		return a.fail(ctx, err)
	}
	if end, stop := before(a.r, c, plan); stop {
		return a.conclude(ctx, a.shownTo(work, c, end))
	}
	return a.carryOut(ctx, work, c, env, plan)
}

// carryOut stores the plan, writes it, and sees what became of it.
func (a *attempt) carryOut(ctx, work context.Context, c control.Control, env control.Env, plan control.Plan) error {
	if stop, err := a.mayStart(ctx, work, c, env, plan); stop || err != nil {
		return err
	}
	writing, err := a.writing(work, c, env, plan)
	if err != nil {
		return a.fail(ctx, err)
	}
	free, stop, err := a.slot(ctx, work, plan)
	if stop || err != nil {
		return err
	}
	defer free()
	if err := a.keep(work, plan); err != nil {
		return err
	}
	started, written := a.apply(work, c, writing, plan)
	if started {
		return a.park(ctx, c, control.Seen{Within: c.Settle.Within})
	}
	return a.prove(ctx, work, c, env, plan, written)
}

// prove looks at what became of the plan, and ends the run or lets it wait. The
// look has the time for the work, what follows from it has its own.
func (a *attempt) prove(
	ctx, work context.Context, c control.Control, env control.Env, plan control.Plan, written error,
) error {
	seen, err := a.verify(work, c, env, plan, written)
	if class := fault.Of(written); c.Starts() && (class == fault.Retry || class == fault.Unknown) {
		seen.Hash = "" // it may have been started, and change the resource after this look
		a.r.Turn = time.Time{}
	}
	switch {
	case a.r.Execution == nil:
	case err == nil:
		return a.attend(ctx, work, c, env, seen)
	case a.removes(c) && fault.Of(err) == fault.Gone:
		return a.removed(ctx, work, c, env, plan, err)
	}
	switch {
	case err != nil:
		if err := a.partly(seen, written); err != nil {
			return err
		}
		// What the look says decides: of a resource nobody saw, a write knows less.
		return a.fail(ctx, fault.Wrap(fault.Of(err), errors.Join(err, written)))
	case a.slow(seen, written):
		a.r.Missed = time.Time{} // it is there
		return a.park(ctx, c, seen)
	}
	return a.judge(ctx, seen, written)
}

// maxTakes is how often a run is taken up that never comes to an end: its
// process dies each time.
const maxTakes = 20

// resumed looks at what an earlier process left. An outcome that would make the
// findings RESOLVED is not said on an old proof: findings may have joined since.
func (a *attempt) resumed(known bool) (end ended, stop bool) {
	r := a.r
	switch {
	case r.State == run.StateRecorded && !outcome.Of(r).Row().Resolves():
		return ended{}, false
	case !known:
		return ended{status: run.StatusFailed, err: errNoControl}, true
	case r.State == run.StateRecorded && r.Execution != nil:
		r.State = run.StateParked // what was started is never started again
	case r.State == run.StateRecorded && r.BeforeHash != "":
		r.State = run.StateApplying
	case r.State == run.StateRecorded:
		r.State = run.StateClaimed
	case r.Attempts > maxTakes:
		return ended{status: run.StatusFailed, why: fmt.Sprintf(
			"Salve gave up: it began %d times and never came to an end.", r.Attempts)}, true
	}
	return ended{}, false
}

// open assumes the member role with the rights of this control on this resource: those to read, where it writes apart.
func (a *attempt) open(ctx context.Context, c control.Control) (control.Env, error) {
	params, err := c.Resolve(a.r.Params)
	if err != nil {
		return control.Env{}, fault.New(fault.Refused, "%w", err)
	}
	request, err := a.request(c, params)
	if err != nil {
		return control.Env{}, err
	}
	cfg, err := a.Sessions.Open(ctx, request)
	if err != nil {
		return control.Env{}, err
	}
	a.rec.AddTo(&cfg)
	if c.HasSecrets() {
		key, err := a.SealKey(ctx, a.dry)
		if err != nil {
			return control.Env{}, err
		}
		a.seals = control.NewSeals(key)
	}
	return control.Env{
		Config: cfg, Target: request.Target, Params: params, Raised: control.Raised(a.r.Sources), Now: a.Now(), Run: a.r.ID,
		Seals: a.seals,
	}, nil
}

// plan reads the resource and says what to change, or takes up the stored plan
// of a run that stopped after it had begun to write.
func (a *attempt) plan(ctx context.Context, c control.Control, env control.Env) (control.Plan, error) {
	r := a.r
	switch {
	case r.State == run.StateParked && r.Plan != nil:
		return *r.Plan, nil // all is written, only the look is left
	case r.State == run.StateApplying && r.Plan != nil:
		r.AfterHash = "" // what was seen before it goes on
		return c.Continue(ctx, env, *r.Plan)
	case r.Undoes != "":
		return a.planUndo(ctx, c, env)
	}
	plan, err := c.Plan(ctx, env)
	if err == nil && plan.Empty() {
		if stored, ok := a.late(ctx, c, env); ok {
			return stored, nil
		}
	}
	return mentioned(r, plan), err
}

// before tells whether a run ends with its plan: because there is nothing to
// do, or because nobody allowed more than a plan.
func before(r *run.Run, c control.Control, plan control.Plan) (end ended, stop bool) {
	if r.Begun() {
		return ended{}, false
	}
	switch {
	case plan.Empty() && r.Undoes != "":
		return ended{status: run.StatusUndone, plan: &plan}, true
	case plan.Empty():
		return ended{status: run.StatusCompliant, plan: &plan}, true
	case r.Mode == run.ModePlan:
		return ended{status: run.StatusPlanned, plan: &plan}, true
	case r.Approved(plan.Hash):
		return ended{}, false
	case r.Granted():
		return ended{status: run.StatusAwaitingApproval, plan: &plan, why: otherPlan}, true
	case c.Identities && !r.Insists():
		return ended{status: run.StatusAwaitingApproval, plan: &plan, why: "This change decides who may do what."}, true
	case plan.OneWay() && !r.Insists() && !c.Accepted:
		return ended{
			status: run.StatusAwaitingApproval, plan: &plan, why: oneWay(plan),
		}, true
	case r.Mode == run.ModeAsk:
		return ended{status: run.StatusAwaitingApproval, plan: &plan}, true
	}
	return ended{}, false
}

// otherPlan is why a run that was approved waits once more.
const otherPlan = "The plan is not the one that was approved any more: look at it again."

// oneWay says why a plan waits for a person.
func oneWay(plan control.Plan) string {
	if slices.ContainsFunc(plan.Changes, func(ch control.Change) bool { return ch.Stays == "" }) {
		return "Part of this change cannot be undone."
	}
	return "This change cannot be undone."
}

// keep stores the plan before the first write, so that no crash loses the undo.
func (a *attempt) keep(ctx context.Context, plan control.Plan) error {
	r := a.r
	if r.Begun() {
		r.Plan = &plan
		return nil
	}
	hash, err := plan.BeforeHash()
	if err != nil {
		return err
	}
	r.Plan, r.BeforeHash, r.AfterHash, r.State = &plan, hash, "", run.StateApplying
	if err := a.Runs.Save(ctx, r); err != nil {
		return fmt.Errorf("store plan: %w", err)
	}
	return nil
}

// apply writes the plan, unless that was done before the run parked. Where the
// change goes on without us it is started instead, once.
func (a *attempt) apply(ctx context.Context, c control.Control, env control.Env, plan control.Plan) (
	started bool, err error,
) {
	defer func() {
		if defect := recover(); defect != nil { // it may have written: the look decides, as of any other error
			err = defective(defect)
		}
	}()
	switch {
	case a.r.State == run.StateParked:
		return false, nil
	case !c.Starts():
		return false, c.Apply(ctx, env, plan)
	case !plan.Pending(): // it was done before anybody could note that it was started
		return false, nil
	}
	execution, err := c.Start(ctx, env, plan)
	if err != nil {
		return false, err
	}
	a.r.Execution, a.r.Written = &execution, a.Now()
	return true, nil
}
