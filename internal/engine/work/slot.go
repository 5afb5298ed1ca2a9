package work

import (
	"context"
	"fmt"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// Slots bound how many runs write at the same time in an account and Region. Take gives a run one, or says when it may
// ask again. internal/engine/share implements it.
type Slots interface {
	Take(ctx context.Context, account, region string, ask run.SlotAsk) (again time.Time, err error)
	GiveBack(ctx context.Context, account, region, id string, now time.Time) error
}

// slot takes a place among the runs that may write in the account and Region, where the configuration bounds them, and
// returns how to give it back. A run of a report that finds none waits, however often; people do not, and what has
// begun is finished. What was started goes on without us and has none: starts have a pace of their own.
func (a *attempt) slot(ctx, work context.Context, plan control.Plan) (free func(), stop bool, err error) {
	r, free := a.r, func() {}
	if r.Trigger != run.TriggerImported || r.Undoes != "" || r.State == run.StateParked || !plan.Pending() {
		return free, false, nil
	}
	config, err := a.Configured(work)
	if err != nil {
		return free, true, a.fail(ctx, fault.Wrap(fault.Retry, fmt.Errorf("read the limits: %w", err)))
	}
	most := config.AtOnce()
	if most == 0 {
		return free, false, nil
	}
	again, err := a.Slots.Take(work, r.Key.Account, r.Region, run.SlotAsk{
		Run: r.ID, Most: most, Force: r.Begun(), Now: a.Now(), Lease: a.Lease,
	})
	if err != nil {
		return free, true, a.fail(ctx, fault.Wrap(fault.Retry, fmt.Errorf("ask for a slot: %w", err)))
	}
	if !again.IsZero() {
		r.Queued = true
		r.Calls = append(r.Calls, a.rec.Drain()...)
		return free, true, a.putOff(ctx, again, fmt.Sprintf("The configuration lets %s write at the same time in account %s,"+
			" Region %s; this one waits for its turn.", plain.Count(most, "run"), r.Key.Account, r.Region))
	}
	return func() { a.freeSlot(ctx) }, false, nil
}

// freeSlot gives the slot back, also where the time for the work is over.
func (a *attempt) freeSlot(ctx context.Context) {
	ctx, cancel := run.Recording(ctx)
	defer cancel()
	if err := a.Slots.GiveBack(ctx, a.r.Key.Account, a.r.Region, a.r.ID, a.Now()); err != nil {
		a.Audit.Run(ctx, a.Now(), audit.NotCounted, a.r, err) // it is free once its lease is over
	}
}
