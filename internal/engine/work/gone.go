package work

import (
	"context"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// goneAgain is how long after the first look a resource that AWS does not find is looked for once more: what was made
// a moment ago is not seen everywhere at once.
const goneAgain = time.Minute

// gone ends a run whose resource does not exist. Its findings become RESOLVED, which stays, so that two looks have to
// agree. A service that says so of what it only hides is asked in another way by its playbook.
func (a *attempt) gone(ctx context.Context, cause error) error {
	return a.goneAs(ctx, cause, ended{status: run.StatusGone})
}

// goneAs is gone with what there is to say at its end.
func (a *attempt) goneAs(ctx context.Context, cause error, end ended) error {
	r, now := a.r, a.Now()
	if r.Missed.IsZero() {
		r.Missed = now
	}
	again := r.Missed.Add(goneAgain)
	if len(r.Findings) == 0 || !now.Before(again) {
		return a.conclude(ctx, end)
	}
	return a.wait(ctx, "The resource seems to be gone; Salve looks once more to be sure. ", cause, again.Sub(now))
}

// found notes that a look has shown the resource. A run that waits for AWS has not looked yet.
func (a *attempt) found() {
	if a.r.State != run.StateParked {
		a.r.Missed = time.Time{}
	}
}
