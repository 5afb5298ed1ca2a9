package work

import (
	"context"
	"errors"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
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
	claim, err := w.ration(ctx, r, w.ask(event, false))
	if err != nil {
		return nil, w.deleted(ctx, r, err)
	}
	if claim.Verdict != run.Claimed {
		return nil, w.notNow(ctx, r, claim)
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

// notNow sees to a claim that gives nothing to do now.
func (w *Worker) notNow(ctx context.Context, r *run.Run, claim run.Claim) error {
	switch claim.Verdict {
	case run.Busy:
		w.busy(ctx, r)
	case run.Later:
		w.rests(ctx, claim)
	case run.Full:
		return w.full(ctx, r, claim.Run)
	case run.Held:
		return w.held(ctx, r, claim.Hold, outcome.OnHold)
	case run.Reverted:
		w.reverted(ctx, r, claim.Hold)
	case run.Joined:
		w.hasten(ctx, r, claim.Run)
	case run.Claimed, run.Duplicate:
	}
	return nil
}

// busy lets a run wait for the resource that another run holds.
func (w *Worker) busy(ctx context.Context, r *run.Run) {
	w.Audit.Run(ctx, w.Now(), audit.Deferred, r, errBusy)
	if err := w.Nudge(ctx, r, busyRetry); err != nil {
		w.Audit.Run(ctx, w.Now(), audit.NudgeFailed, r, err)
	}
	w.lockLeft(ctx, r)
}

// hasten sends a check of an open run that nobody is at, for a person who has joined it just now: those it has got
// stand behind imported findings.
func (w *Worker) hasten(ctx context.Context, r, open *run.Run) {
	if !r.Waited() || open.Waited() || open.Lease.After(w.Now()) {
		return
	}
	mine := *open
	mine.Trigger = r.Trigger
	if err := w.Nudge(ctx, &mine, max(open.Due.Sub(w.Now()), busyRetry)); err != nil {
		w.Audit.Run(ctx, w.Now(), audit.NudgeFailed, open, err)
	}
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
	return w.answer(ctx, r, o)
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
	n.Kind, n.When, n.Until = notice.Reverted, r.Asked, h.Until
	n.RunID = "" // this one is not kept: there is nothing to show
	n.Why = "Salve stops fixing this resource: " + h.Reason + "; Security Hub reported it once more at " +
		plain.Minute(r.Asked) + ". Find what changes it, for instance a deployment pipeline, before you apply the fix again."
	n.ToDo = note.ApplyCommand(r, "")
	w.People.Inform(ctx, n)
	w.Rings.Doubted(ctx, r, "something takes its fixes back")
	if err := w.held(ctx, r, h, outcome.Reverted); err != nil {
		w.Audit.Run(ctx, w.Now(), audit.NotSynced, r, err) // people know already, and the hold is set
	}
}

func (w *Worker) findingRun(found *Found, params control.Choice) *run.Run {
	event, f, key := found.event, found.f, found.key()
	key.Reads = found.button == names.ActionPlan
	r := w.newRun(key, target(f), found.c, params)
	if key.Reads {
		r.Locks = []string{key.String()} // it keeps nobody from the resource
	}
	r.Trigger, r.Actor, r.Mode, r.Standard = run.TriggerImported, "Security Hub", string(found.d.Verdict), f.Standard
	if found.d.Reason == gate.InGrace {
		r.Found = f.FirstSeen
	}
	if found.d.Verdict == gate.Defer { // what the gate says then holds
		r.Mode, r.Opens, r.Reason = run.ModeAct, opens(found.d, key), found.d.WaitsFor()
		r.Under = found.in.Config.Timetable()
	}
	r.Asked, r.Standards, r.Rule, r.Ring = event.Time, f.Standards, found.d.Because(), found.d.Ring
	r.InVain = found.d.Aside
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
		Resolved: f.Workflow == finding.Resolved, New: f.Workflow == finding.New, Wrote: run.Wrote(f.Note),
		Checked: f.UpdatedAt, Said: run.Said(f.Description, f.Title), AccountName: run.AccountName(f.AccountName),
	}
	if finding.KnownSeverity(f.Severity) {
		kept.Severity = f.Severity
	}
	if f.ConfigRule != "" {
		kept.Rule, kept.RuleIn = f.ConfigRule, f.Region
	}
	return kept
}
