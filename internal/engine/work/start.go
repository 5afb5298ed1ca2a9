package work

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

// mayStart tells whether a run that is about to change something, or to start what does, may do so now. One that stops
// here waits, or has ended.
func (a *attempt) mayStart(
	ctx, work context.Context, c control.Control, env control.Env, plan control.Plan,
) (stop bool, err error) {
	r := a.r
	if r.State == run.StateParked || !plan.Pending() {
		return false, nil
	}
	if r.Undoes == "" && (c.Starts() || r.Waited()) { // an undo has looked before its plan
		if err := a.atLarge(work, c, env); err != nil {
			return true, a.fail(ctx, err)
		}
	}
	if !c.Starts() {
		return false, nil
	}
	return a.turn(ctx, work)
}

// atLarge refuses a run while what the last one started may still change the resource: two at a time could leave what
// neither of them means.
func (a *attempt) atLarge(ctx context.Context, c control.Control, env control.Env) error {
	if a.r.Begun() {
		return nil
	}
	for _, of := range append(a.kin(c, env.Target), c) {
		last, err := a.lastWriter(ctx, a.r.Key.Of(of.ID))
		switch {
		case err != nil:
			return fault.Wrap(fault.Retry, fmt.Errorf("look for the last run: %w", err))
		case last == nil || last.Execution == nil || !last.Execution.Ended.IsZero():
			continue
		}
		p, err := a.farOf(ctx, of, last)
		if err != nil || !p.Known() || p.Over {
			continue // nobody knows, or it is over: what is there now is what the plan was made for
		}
		return fault.New(fault.Refused, "execution %s, which run %s started, is %s and may still change the resource: let"+
			" it end, or stop it in Systems Manager, then ask again", last.Execution.ID, last.ID, p.Status)
	}
	return nil
}

// farOf is how far what an earlier run started is, in a session that may look at that and cannot write.
func (a *attempt) farOf(ctx context.Context, by control.Control, last *run.Run) (control.Progress, error) {
	if last.Mapping != nil {
		var err error
		if by, err = a.Map(last.Key.Control, *last.Mapping); err != nil {
			return control.Progress{}, err
		}
	}
	by.Actions = by.Reads()
	reading := &attempt{Worker: a.Worker, dry: true, r: a.operatorRun(by, Request{
		Target: last.Target(), Scope: last.Key.Scope, Actor: a.r.Actor,
	}, as(last))}
	env, err := reading.open(ctx, by)
	if err != nil {
		return control.Progress{}, err
	}
	return by.Progress(ctx, env, *last.Execution)
}

// turn lets a run that is about to start something wait for a second in which nothing else is started in its account
// and Region. It is due then, and waiting is no attempt. Nothing is stored of a plan yet: who stops the control
// meanwhile, or excepts the resource, is heard.
func (a *attempt) turn(ctx, work context.Context) (stop bool, err error) {
	r := a.r
	if r.Turn.IsZero() {
		at, err := a.Starts.Next(work, r.Key.Account, r.Region, a.Now())
		if err != nil {
			return true, a.fail(ctx, fault.Wrap(fault.Retry, fmt.Errorf("ask for a start: %w", err)))
		}
		r.Turn = at
	}
	if !r.Turn.After(a.Now()) {
		return false, nil
	}
	r.Attempts--
	r.Calls = append(r.Calls, a.rec.Drain()...)
	r.Status, r.Lease, r.Due = run.StatusDeferred, run.LetGo(a.Now()), r.Turn
	r.Reason = "It waits for its turn: AWS starts one runbook a second in account " + r.Key.Account + ", Region " +
		r.Region + "."
	ctx, cancel := run.Recording(ctx)
	defer cancel()
	if err := a.Runs.Save(ctx, r); err != nil {
		return true, fmt.Errorf("let run wait for its start: %w", err)
	}
	a.Audit.Run(ctx, a.Now(), audit.Deferred, r, nil)
	if err := a.Nudge(ctx, r, r.Turn.Sub(a.Now())); err != nil {
		a.Audit.Run(ctx, a.Now(), audit.NudgeFailed, r, err)
	}
	return true, errDeferred
}

// settling is how long the resource may still show what was there before, after its runbook has ended.
const settling = time.Minute

// attend decides on what was started, after a look at the resource. What is there decides, as everywhere; how far the
// execution is says how long to wait for it, and why in vain. While it goes on the run keeps its lock, whatever the
// resource shows: it may write yet.
func (a *attempt) attend(ctx, work context.Context, c control.Control, env control.Env, seen control.Seen) error {
	r := a.r
	p, unknown := a.progress(work, c, env)
	done := a.done(c, seen)
	if end := a.special(c, p, done); end != nil {
		return end(ctx, p)
	}
	r.Missed = time.Time{} // the resource is there
	within := a.patience(c, p)
	waits := a.Now().Before(r.Written.Add(within))
	switch {
	case done && (goesOn(p) == "" || !waits):
		return a.judge(ctx, seen, nil)
	case p.Failed:
		return a.failed(ctx, c, p, seen)
	case waits:
		return a.park(ctx, c, control.Seen{Within: within, Waits: p.Waits})
	}
	return a.unseen(ctx, seen, p, a.inVain(c, p, seen, unknown))
}

// removes tells that what the run started is to take the resource away.
func (a *attempt) removes(c control.Control) bool { return c.Removes && a.r.Undoes == "" }

// goesOn is how far what was started is, if it is known to go on.
func goesOn(p control.Progress) string {
	if p.Over {
		return ""
	}
	return p.Status
}

// done tells that the resource shows what was wanted. Of one that is to be taken away it is not enough that nothing is
// left to do: somebody may use it again.
func (a *attempt) done(c control.Control, seen control.Seen) bool {
	unmade := func(ch control.Change) bool { return !ch.Made() }
	return len(seen.Left) == 0 && (!a.removes(c) || !slices.ContainsFunc(seen.Changes, unmade))
}

// unseen ends a run whose time is over and whose change does not show.
func (a *attempt) unseen(ctx context.Context, seen control.Seen, p control.Progress, why error) error {
	if err := a.partly(seen, nil); err != nil {
		return err
	}
	return a.conclude(ctx, ended{status: run.StatusUnverified, err: why, patient: p.Waits != ""})
}

// special is the end of what a look at the resource does not tell: of a control that takes it away, and of one that
// nothing reads. Nil where the look does.
func (a *attempt) special(
	c control.Control, p control.Progress, done bool,
) func(context.Context, control.Progress) error {
	switch {
	case done && p.Failed && a.removes(c):
		return a.departed
	case c.Blind && p.Over && !p.Failed:
		return a.blind
	}
	return nil
}

// progress is how far what was started is; when it was first seen to be over is kept.
func (a *attempt) progress(ctx context.Context, c control.Control, env control.Env) (control.Progress, error) {
	p, err := c.Progress(ctx, env, *a.r.Execution)
	a.r.Saw(p, a.Now())
	return p, err
}

// removed decides on a resource that is gone, of a control that takes it away. Only what has ended well has done so.
// Of any other end, and where nobody knows it, no more can be said than that the resource is gone.
func (a *attempt) removed(
	ctx, work context.Context, c control.Control, env control.Env, plan control.Plan, gone error,
) error {
	p, _ := a.progress(work, c, env)
	switch {
	case p.Over && !p.Failed:
		seen, err := control.Removed(plan)
		if err != nil {
			return err
		}
		return a.judge(ctx, seen, nil)
	case p.Failed:
		return a.departed(ctx, p)
	case p.Known() && a.Now().Before(a.r.Written.Add(c.Settle.Within)):
		return a.park(ctx, c, control.Seen{Within: c.Settle.Within, Waits: p.Waits})
	}
	return a.fail(ctx, gone)
}

// departed ends a run whose runbook was to take the resource away and failed, where the resource went all the same:
// somebody else may have been quicker.
func (a *attempt) departed(ctx context.Context, p control.Progress) error {
	why := fault.New(fault.Unverified, "%s", a.endedAs(p))
	return a.goneAs(ctx, why, ended{status: run.StatusGone, err: why})
}

// patience is how long after its start the change may be on its way.
func (a *attempt) patience(c control.Control, p control.Progress) time.Duration {
	if !p.Over {
		return c.Settle.Within
	}
	return a.r.Execution.Ended.Add(settling).Sub(a.r.Written)
}

// failed ends a run whose runbook ended without doing all it should. A person who said no has refused it.
func (a *attempt) failed(ctx context.Context, c control.Control, p control.Progress, seen control.Seen) error {
	if c.Blind { // what its steps have done before nobody can read
		seen, a.r.AfterHash = control.Seen{}, ""
	}
	if err := a.partly(seen, nil); err != nil {
		return err
	}
	status := run.StatusFailed
	if p.Refused {
		status = run.StatusRefused
	}
	return a.conclude(ctx, ended{status: status, err: fault.New(fault.Unverified, "%s", a.endedAs(p))})
}

// endedAs says how what was started ended, and why.
func (a *attempt) endedAs(p control.Progress) string {
	at := ""
	if p.Step != "" {
		at = " at step " + p.Step
	}
	why := ""
	if p.Message != "" {
		why = ": " + p.Message
	}
	return fmt.Sprintf("%s ended as %s%s%s", a.started(), p.Status, at, why)
}

// inVain says why a run whose time is over shows no change.
func (a *attempt) inVain(c control.Control, p control.Progress, seen control.Seen, unknown error) error {
	switch {
	case p.Over:
		return fault.New(fault.Unverified, "%s ended as %s, but %s", a.started(), p.Status, leftText(seen))
	case p.Waits != "":
		return fault.New(fault.Unverified, "%s waited in vain for %s; it may still go on", a.started(), p.Waits)
	case p.Known():
		at := ""
		if p.Step != "" {
			at = ", at step " + p.Step
		}
		return fault.New(fault.Unverified, "%s has not ended within its %s%s: it is %s, and may still change the resource",
			a.started(), c.Settle.Within, at, p.Status)
	case unknown != nil:
		return fault.New(fault.Unverified, "%s cannot be looked at (%s), and %s", a.started(), a.cause(unknown),
			leftText(seen))
	}
	return leftError(seen)
}

// started names what the run started.
func (a *attempt) started() string {
	r, name := a.r, "the runbook"
	if r.Plan != nil && r.Plan.Runbook != nil {
		name = "runbook " + r.Plan.Runbook.Document
	}
	return name + " (execution " + r.Execution.ID + ")"
}
