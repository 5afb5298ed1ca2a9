package work

import (
	"context"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/tell"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

// notOnboarded lets a run wait until its account has the role. It is not tried
// again by itself: sweeps probe the account.
func (a *attempt) notOnboarded(ctx context.Context, cause error) error {
	r, now := a.r, a.Now()
	ctx, cancel := run.Recording(ctx)
	defer cancel()
	r.Calls = append(r.Calls, a.rec.Drain()...)
	r.Status, r.Reason, r.Attempts = run.StatusDeferred, fault.Cause(cause), 0
	r.Lease, r.Due = now, now.Add(tell.RemindAfter)
	if err := a.Runs.Await(ctx, r, now.Add(tell.ProbeEvery)); err != nil {
		return err
	}
	a.Audit.Run(ctx, a.Now(), audit.Deferred, r, cause)
	a.People.Remind(ctx, run.Account{ID: r.Key.Account, Region: r.Region}, cause)
	return errDeferred
}
