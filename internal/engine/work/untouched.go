package work

import (
	"context"
	"slices"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// fresh tells that the run has not waited: what was decided at its claim holds.
func (a *attempt) fresh() bool { return a.r.Fresh() && !a.untouched && !a.doubted }

// finishes tells that something of the run's plan is seen to be written: it goes on, whatever says no by now.
func (a *attempt) finishes() bool { return a.r.Begun() && !a.doubted }

// takenUp carries a run out from where its stored plan stands: from the beginning, where nothing of that is written.
func (a *attempt) takenUp(ctx context.Context, c control.Control) error {
	work, cancel := context.WithTimeout(ctx, names.RunBudget)
	defer cancel()
	switch untouched, err := a.reconsider(work, c); {
	case err != nil:
		return a.fail(ctx, err)
	case untouched:
		return a.remediate(ctx)
	}
	return a.carriedBy(ctx, c)
}

// reconsider looks what is written of a plan that is stored, before anything else is decided. Where nothing is, the run
// is as one that has not begun, and true is returned: it asks everybody again and plans anew. Where a look cannot tell,
// it asks them too, but keeps its plan and its lock.
func (a *attempt) reconsider(ctx context.Context, c control.Control) (untouched bool, err error) {
	r := a.r
	if r.State != run.StateApplying || r.Plan == nil || r.Execution != nil || r.Undoes != "" {
		return false, nil
	}
	reading := c
	reading.Actions = c.Reads()
	env, err := a.open(ctx, reading)
	if err != nil {
		return false, err
	}
	stored := *r.Plan
	if err := a.lookAt(ctx, c, env, nil); err != nil {
		a.leftBy(ctx, c, env, err)
		return false, err
	}
	found := slices.Clone(r.Plan.Changes)
	switch {
	case slices.ContainsFunc(found, func(ch control.Change) bool { return ch.Moved() && !ch.Unsure }):
		r.Plan, r.AfterHash = &stored, ""
		return false, nil
	case c.Starts(): // what was started may not show yet
		r.Plan, r.AfterHash, a.doubted = &stored, "", true
		return false, nil
	case slices.ContainsFunc(found, func(ch control.Change) bool { return ch.Unsure }):
		a.doubted = true
		return false, nil
	}
	r.State, a.untouched = run.StateClaimed, true
	return true, nil
}

// late is the stored plan of a run that plans anew, if all of it is there by now: AWS did not show it a moment ago.
func (a *attempt) late(ctx context.Context, c control.Control, env control.Env) (control.Plan, bool) {
	if !a.untouched || a.r.Plan == nil {
		return control.Plan{}, false
	}
	stored, err := c.Continue(ctx, env, *a.r.Plan)
	if err != nil || stored.Pending() {
		return control.Plan{}, false
	}
	a.r.State, a.r.AfterHash = run.StateApplying, ""
	return stored, true
}

// torn refuses to go on between two plans: what may be written goes by parameters that hold no more.
func (a *attempt) torn() error {
	if !a.anew || !a.doubted {
		return nil
	}
	return fault.New(fault.Refused,
		"the class of the data changed, and nobody can tell whether what was planned before is written")
}
