package work

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
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// claim makes the work ours and carries it out.
func (w *Worker) claim(ctx context.Context, r *run.Run) (*run.Run, error) {
	var event string
	for _, f := range r.Findings {
		event = f.Event
	}
	ask := w.ask(event, false)
	if r.Trigger == run.TriggerImported {
		ask.Thrice = thriceWithin // a person who clicks has seen what is going on
	}
	claim, err := w.Claims.Claim(ctx, r, ask)
	if err != nil {
		return nil, err
	}
	switch claim.Verdict {
	case run.Claimed:
	case run.Busy:
		w.Audit.Run(ctx, w.Now(), audit.Deferred, r, errBusy)
		if err := w.Nudge(ctx, r, busyRetry); err != nil {
			w.Audit.Run(ctx, w.Now(), audit.NudgeFailed, r, err)
		}
		return nil, nil
	case run.Held:
		return nil, w.held(ctx, r, claim.Hold, outcome.OnHold)
	case run.Reverted:
		w.reverted(ctx, r, claim.Hold)
		return nil, nil
	case run.Joined, run.Duplicate:
		return nil, nil
	}
	a := &attempt{Worker: w, r: claim.Run}
	switch err := a.remediate(ctx); {
	case errors.Is(err, errDeferred), errors.Is(err, run.ErrLost):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return claim.Run, nil
}

var errBusy = errors.New("another run is at work on the resource")

// held tells a person who asked that a hold stands in the way, and everybody who looks at the finding where it was set
// just now.
func (w *Worker) held(ctx context.Context, r *run.Run, h run.Hold, what outcome.Outcome) error {
	w.Audit.Run(ctx, w.Now(), audit.Refused, r, errors.New("on hold: "+h.Reason))
	o := note.Outcome{
		Cell:    outcome.Cell{Outcome: what, Trigger: outcome.TriggerOf(r.Trigger)},
		Control: r.Key.Control, Until: h.Until, Reason: onHold(h),
	}
	_, err := w.Hub.Apply(ctx, o.On(r))
	return err
}

// onHold says that a hold stands in the way, and why.
func onHold(h run.Hold) string { return gate.OnHold.Sentence() + " The reason: " + h.Reason }

// thriceWithin is how long three fixes of one resource count as a tug of war,
// and how long the engine then lets go.
const thriceWithin = 7 * 24 * time.Hour

// reverted tells people that something keeps taking the fix back.
func (w *Worker) reverted(ctx context.Context, r *run.Run, h run.Hold) {
	w.Audit.Run(ctx, w.Now(), audit.Reverted, r, nil)
	n := w.People.Of(r)
	n.Kind, n.Why, n.Until = notice.Reverted, "Salve stops fixing this resource: "+h.Reason+".", h.Until
	n.RunID = "" // this one is not kept: there is nothing to show
	n.Why += " Find it, for instance a deployment pipeline, before you apply the fix again."
	n.ToDo = note.ApplyCommand(r, "")
	w.People.Inform(ctx, n)
	if err := w.held(ctx, r, h, outcome.Reverted); err != nil {
		w.Audit.Run(ctx, w.Now(), audit.NotSynced, r, err) // people know already, and the hold is set
	}
}

func (w *Worker) findingRun(
	c control.Control, event finding.Event, f finding.Finding, d gate.Decision, params control.Params,
) *run.Run {
	scope := finding.Scope(f)
	r := w.newRun(run.Key{Account: f.Account, Scope: scope, Control: c.ID, Resource: f.Resource.ID}, target(f), c, params)
	r.Trigger, r.Actor, r.Mode, r.Standard = run.TriggerImported, "Security Hub", string(d.Verdict), f.Standard
	r.Asked, r.Standards, r.Rule = event.Time, f.Standards, d.Because()
	if event.Kind == finding.CustomAction {
		r.Trigger, r.Actor = run.TriggerClick, unattributed
	}
	carried := Carried(f, event.ID)
	r.Findings[f.Key()], r.Said, r.AccountName = carried, carried.Said, carried.AccountName
	return r
}

// maxProduct bounds the name of a product.
const maxProduct = 100

// Carried is what a run keeps of a finding that an event brought, by the event's id; empty where none did. Its texts
// may be a stranger's.
func Carried(f finding.Finding, event string) run.Finding {
	kept := run.Finding{
		Key: f.Key(), Region: f.HubRegion, Event: event, FirstSeen: f.FirstSeen, Product: plain.Short(f.Product, maxProduct),
		Resolved: f.Workflow == finding.Resolved, Wrote: run.Wrote(f.Note),
		Checked: f.UpdatedAt, Said: run.Said(f.Description, f.Title), AccountName: run.AccountName(f.AccountName),
	}
	if finding.KnownSeverity(f.Severity) {
		kept.Severity = f.Severity
	}
	return kept
}
