package work

import (
	"context"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/tell"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/run"
)

// notOnboarded lets a run wait until its account has the role. It is not tried
// again by itself: sweeps probe the account.
func (a *attempt) notOnboarded(ctx context.Context, cause error) error {
	r, now := a.r, a.Now()
	ctx, cancel := run.Recording(ctx)
	defer cancel()
	r.Calls = append(r.Calls, a.rec.Drain()...)
	r.Status, r.Reason, r.Attempts, r.Unready = run.StatusDeferred, fault.Cause(cause), 0, true
	r.Lease, r.Due = run.LetGo(now), now.Add(tell.RemindAfter)
	if err := a.Runs.Await(ctx, r, now.Add(tell.ProbeEvery)); err != nil {
		return err
	}
	a.Audit.Run(ctx, a.Now(), audit.Deferred, r, cause)
	a.People.Remind(ctx, run.Account{ID: r.Key.Account, Region: r.Region}, cause)
	if r.Trigger != run.TriggerImported {
		a.sayUnready(ctx)
	}
	return errDeferred
}

// sayUnready tells a person who asked for it what the run waits for. The findings may have come long ago. That it
// fails is no reason to stop: the end of the run will be said as well.
func (a *attempt) sayUnready(ctx context.Context) {
	r := a.r
	_, err := a.lookUp(ctx)
	if err == nil {
		o := note.Outcome{
			Cell:    outcome.Cell{Outcome: outcome.AwaitsRole, Trigger: outcome.TriggerOf(r.Trigger), Written: r.Changed()},
			Control: r.Key.Control, RunID: r.ID, ToDo: tell.Onboard(r.Key.Account),
			Reason: "Account " + r.Key.Account +
				" has no role for Salve. The run waits for it and goes on within minutes after that.",
		}
		_, err = a.Hub.Apply(ctx, o.On(r))
	}
	if err != nil {
		a.Audit.Run(ctx, a.Now(), audit.NotSynced, r, err)
	}
}
