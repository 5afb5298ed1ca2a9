package work

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/breaker"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// ended is how a run ends: the outcome and what led to it.
type ended struct {
	status run.Status
	plan   *control.Plan // where the run ends before its plan was stored
	lead   string        // goes before the cause in the reason
	why    string        // the reason where no error led to the end
	err    error
	// patient ends what waited for a person: that says nothing about the control.
	patient bool
}

var (
	errDeferred  = errors.New("the run waits for a later try")
	errNoControl = errors.New("this version of Salve has no playbook for the control")
)

// conclude decides the outcome. It is stored when the run is closed, right
// after its findings know: a process that dies before leaves a run that the
// sweep takes up where its stored plan ends, and looks at the resource again.
func (a *attempt) conclude(ctx context.Context, end ended) error {
	r := a.r
	r.Calls = append(r.Calls, a.rec.Drain()...)
	r.Status, r.State, r.Finished = truly(r, end.status), run.StateRecorded, a.Now()
	r.Quiet = r.Quiet && !r.Changed()
	if end.plan != nil {
		r.Plan, r.BeforeHash, r.AfterHash = end.plan, "", "" // of one before nothing was seen to be written
	}
	if r.Status == run.StatusAwaitingApproval {
		a.awaits(ctx)
	}
	r.Reason = end.why
	if end.err != nil {
		r.Reason = end.lead + a.cause(end.err)
	}
	if r.TookBack() {
		r.Hold = &run.Hold{
			Until: r.Finished.Add(holdFor), By: r.Actor, Reason: "run " + r.Undoes + " was taken back",
		}
		r.Lost = a.lost(ctx)
		r.Reason = strings.TrimSpace(r.Reason + " " + nowUnmet(r))
	}
	if end.status == run.StatusCompliant {
		a.fixedBefore(ctx)
	}
	a.Audit.Run(ctx, a.Now(), audit.Finished, r, a.hidden(end.err))
	if breaker.Counts(r, end.err, end.patient) {
		a.Breaker.Tally(ctx, r, r.Status)
	}
	return nil
}

// awaits notes until when a plan waits for approval, and whether others than operators may give it.
func (a *attempt) awaits(ctx context.Context) {
	config, err := a.Configured(ctx)
	if err != nil {
		config = gate.Config{}
	}
	a.r.Ends, a.r.Answerable = a.r.Finished.Add(config.ApprovalLasts()), config.Approvals != nil
}

const (
	// holdFor keeps the engine from fixing again what a person took back.
	holdFor   = 7 * 24 * time.Hour
	firstWait = 30 * time.Second
)

// deferRun lets a run wait: its due time is stored and its message can go. The
// lock stays with a run that may have written already.
func (a *attempt) deferRun(ctx context.Context, cause error, attempts int, longest time.Duration) error {
	r := a.r
	if r.Attempts >= attempts {
		after := a.Now().Sub(r.Created).Round(time.Second)
		return a.conclude(ctx, ended{
			status: run.StatusFailed, lead: fmt.Sprintf("Salve gave up after %s. ", after), err: cause,
		})
	}
	return a.wait(ctx, "", cause, min(max(firstWait<<min(r.Attempts, run.Doublings), fault.RetryAfter(cause)), longest))
}

// wait puts a run off. Lead goes before the cause in the reason.
func (a *attempt) wait(ctx context.Context, lead string, cause error, wait time.Duration) error {
	r, now := a.r, a.Now()
	r.AfterHash = "" // the next try writes again, and may not come to look
	r.Calls = append(r.Calls, a.rec.Drain()...)
	r.Status, r.Lease, r.Due, r.Reason = run.StatusDeferred, run.LetGo(now), now.Add(wait), lead+a.cause(cause)
	ctx, cancel := run.Recording(ctx)
	defer cancel()
	if err := a.Runs.Save(ctx, r); err != nil {
		return fmt.Errorf("defer run: %w", err)
	}
	a.Audit.Run(ctx, a.Now(), audit.Deferred, r, a.hidden(cause))
	if err := a.Nudge(ctx, r, wait); err != nil {
		a.Audit.Run(ctx, a.Now(), audit.NudgeFailed, r, err)
	}
	return errDeferred
}

// standing is the last fix of a piece of work, if nobody took it back; nil where there is none.
func (w *Worker) standing(ctx context.Context, k run.Key) *run.Run {
	id, err := w.Past.LastFix(ctx, k)
	if err != nil || id == "" {
		return nil
	}
	r, err := w.Runs.Get(ctx, id)
	if err != nil || r.UndoneBy != "" {
		return nil
	}
	return r
}

// fixedBefore says of a run that found nothing to change who fixed it, and whether Security Hub has looked since the
// state was written last, be it by a control of its kin. Not knowing that is no reason to fail.
func (a *attempt) fixedBefore(ctx context.Context) {
	r, key := a.r, a.r.Key.Work()
	own := a.standing(ctx, key)
	fix := own
	if checked := r.LastChecked(); fix == nil || fix.Against(checked) { // else a later write changes nothing
		c, _ := a.Controls.Get(key.Control)
		for _, of := range a.kin(c, r.Target()) {
			if by := a.standing(ctx, key.Of(of.ID)); by != nil && (fix == nil || by.Finished.After(fix.Finished)) {
				fix = by
			}
		}
	}
	if fix == nil {
		return
	}
	if r.Previous = fix.ID; own != nil {
		r.Previous = own.ID // which its confirmation is about, too
	}
	if fix.Against(r.LastChecked()) {
		r.Confirmed = run.ConfirmedDisputed
	}
}

// leftError says what verification still found to change.
func leftError(seen control.Seen) error {
	if seen.Waits != "" {
		return fault.New(fault.Unverified, "the change was accepted, but waited in vain for %s", seen.Waits)
	}
	return fault.New(fault.Unverified, "the change was accepted, but %s", leftText(seen))
}

// leftText says what a look still found to change.
func leftText(seen control.Seen) string {
	if len(seen.Left) == 0 { // of what was to be taken away
		return "the resource is there, and not to be changed any more"
	}
	lines := make([]string, len(seen.Left))
	for i, c := range seen.Left {
		lines[i] = c.String()
	}
	return "a fresh read shows that this is still to change: " + strings.Join(lines, "; ")
}
