package engine

import (
	"context"
	"errors"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// claim makes the work ours and carries it out.
func (e *Engine) claim(ctx context.Context, r *run.Run) (*run.Run, error) {
	var event string
	for _, f := range r.Findings {
		event = f.Event
	}
	ask := e.ask(event, false)
	if r.Trigger == run.TriggerImported {
		ask.Thrice = thriceWithin // a person who clicks has seen what is going on
	}
	claim, err := e.Claims.Claim(ctx, r, ask)
	if err != nil {
		return nil, err
	}
	switch claim.Verdict {
	case run.Claimed:
	case run.Busy:
		e.audit(ctx, audit.Deferred, r, errBusy)
		if err := e.Nudge(ctx, r.ID, busyRetry); err != nil {
			e.audit(ctx, audit.NudgeFailed, r, err)
		}
		return nil, nil
	case run.Held:
		return nil, e.held(ctx, r, claim.Hold)
	case run.Reverted:
		e.reverted(ctx, r, claim.Hold)
		return nil, nil
	case run.Joined, run.Duplicate:
		return nil, nil
	}
	a := &attempt{Engine: e, r: claim.Run}
	switch err := a.remediate(ctx); {
	case errors.Is(err, errDeferred), errors.Is(err, run.ErrLost):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return claim.Run, nil
}

var errBusy = errors.New("another run is at work on the resource")

// held tells a person who asked that a hold stands in the way.
func (e *Engine) held(ctx context.Context, r *run.Run, h run.Hold) error {
	e.audit(ctx, audit.Refused, r, errors.New("on hold: "+h.Reason))
	if r.Trigger != run.TriggerClick {
		return nil
	}
	o := note.Outcome{
		Status: note.Refused, Control: r.Key.Control, Until: h.Until,
		Reason: onHold(h),
	}
	_, err := e.Hub.Apply(ctx, say(o, r))
	return err
}

// onHold says that a hold stands in the way, and why.
func onHold(h run.Hold) string { return gate.OnHold.Sentence() + " The reason: " + h.Reason }

// thriceWithin is how long three fixes of one resource count as a tug of war,
// and how long the engine then lets go.
const thriceWithin = 7 * 24 * time.Hour

// reverted tells people that something keeps taking the fix back.
func (e *Engine) reverted(ctx context.Context, r *run.Run, h run.Hold) {
	e.audit(ctx, audit.Reverted, r, nil)
	n := e.notice(r)
	n.Kind, n.Why, n.Until = notice.Reverted, "Salve stops fixing this resource: "+h.Reason+".", h.Until
	n.RunID = "" // this one is not kept: there is nothing to show
	n.Why += " Find it, for instance a deployment pipeline, before you apply the fix again."
	n.ToDo = applyCommand(r, "")
	e.inform(ctx, n)
	r.Trigger = run.TriggerClick // everybody who looks at the finding should know
	if err := e.held(ctx, r, h); err != nil {
		e.audit(ctx, audit.NotSynced, r, err) // people know already, and the hold is set
	}
}

func (e *Engine) findingRun(c control.Control, event finding.Event, f finding.Finding, d gate.Decision) *run.Run {
	scope := finding.Scope(f)
	r := e.newRun(run.Key{Account: f.Account, Scope: scope, Control: c.ID, Resource: f.Resource.ID}, target(f), c)
	r.Trigger, r.Actor, r.Mode, r.Standard = run.TriggerImported, "Security Hub", string(d.Verdict), f.Standard
	r.Asked, r.Standards = event.Time, f.Standards
	if event.Kind == finding.CustomAction {
		r.Trigger, r.Actor = run.TriggerClick, unattributed
	}
	r.Findings[f.ID] = run.Finding{ID: f.ID, ProductArn: f.ProductArn, Region: f.HubRegion, Event: event.ID}
	return r
}
