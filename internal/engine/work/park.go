package work

import (
	"context"
	"fmt"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/run"
)

// longestCheck bounds the time between two looks at a parked run's resource.
const longestCheck = 15 * time.Minute

// slow tells that AWS took the change, does not show it yet, and may still do
// so within the time that the control declares for what is left.
func (a *attempt) slow(seen control.Seen, written error) bool {
	if len(seen.Left) == 0 || written != nil {
		return false
	}
	if a.r.Written.IsZero() {
		a.r.Written = a.Now()
	}
	return a.Now().Before(a.r.Written.Add(seen.Within))
}

// park lets a run wait for AWS, or for a person whom AWS has asked, without a
// process: it keeps its lock, its findings say that it is at work, and a check
// looks again. Looks come after the control's typical time first, then at twice
// the time that has passed.
func (a *attempt) park(ctx context.Context, c control.Control, seen control.Seen) error {
	r, now, reason := a.r, a.Now(), awaited(seen)
	news := r.State != run.StateParked || r.Reason != reason
	end := r.Written.Add(seen.Within)
	wait := min(max(now.Sub(r.Written), c.Settle.Typical, firstWait), longestCheck)
	if at := now.Add(wait); at.After(end) {
		wait = end.Sub(now)
	}
	r.Calls = append(r.Calls, a.rec.Drain()...)
	r.State, r.Status, r.Reason, r.Attempts = run.StateParked, run.StatusParked, reason, 0
	r.Lease, r.Due = run.LetGo(now), now.Add(wait)
	ctx, cancel := run.Recording(ctx)
	defer cancel()
	if err := a.Runs.Save(ctx, r); err != nil {
		return fmt.Errorf("park run: %w", err)
	}
	if news {
		a.Audit.Run(ctx, a.Now(), audit.Parked, r, nil)
		a.sayParked(ctx, end)
	}
	if err := a.Nudge(ctx, r, wait); err != nil {
		a.Audit.Run(ctx, a.Now(), audit.NudgeFailed, r, err)
	}
	return errDeferred
}

// awaited says for whom a run waits; nothing where AWS alone takes its time.
func awaited(seen control.Seen) string {
	if seen.Waits == "" {
		return ""
	}
	return "It waits for " + seen.Waits + "."
}

// sayParked puts the state onto the findings. That it fails is no reason to
// stop: the end of the run will be said as well.
func (a *attempt) sayParked(ctx context.Context, end time.Time) {
	if a.r.Outdated(a.Now()) {
		if _, err := a.lookUp(ctx); err != nil {
			a.Audit.Run(ctx, a.Now(), audit.NotSynced, a.r, err)
			return
		}
	}
	o := note.Of(a.r)
	o.Until = end
	if _, err := a.Hub.Apply(ctx, o.On(a.r)); err != nil {
		a.Audit.Run(ctx, a.Now(), audit.NotSynced, a.r, err)
	}
}
