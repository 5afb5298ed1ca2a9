package work

import (
	"cmp"
	"context"
	"strings"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/past"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/run"
)

// manualSteps is where AWS explains a control; the finding's own link may say anything.
const manualSteps = "https://docs.aws.amazon.com/console/securityhub/"

// refused notes in the audit log that nothing happens, and why.
func (w *Worker) refused(ctx context.Context, f finding.Finding, why string) {
	w.Audit(ctx, audit.Line{
		Time: w.Now(), Event: audit.Refused, Control: f.Control, Account: f.Account, Region: f.Region,
		Resource: f.Resource.ID, Reason: why, Findings: []finding.Key{f.Key()},
	})
}

// refuse tells a person who asked why nothing happens.
func (w *Worker) refuse(ctx context.Context, found *Found) error {
	f, d := found.f, found.d
	w.refused(ctx, f, string(d.Reason))
	o := note.Outcome{
		Cell: outcome.Cell{Outcome: outcome.NotAllowed}, Control: f.Control, Reason: d.Reason.Sentence(),
	}
	if !d.Reason.Notifies() {
		o.Outcome = outcome.NotLive
	}
	if d.Reason == gate.NoPlaybook {
		o.Outcome, o.ToDo = outcome.NoPlaybook, manualSteps+f.Control+"/remediation"
		var err error
		if o, err = w.notTakenBack(ctx, found, o); err != nil {
			return err
		}
	}
	o = detailed(o, f, d)
	if d.Reason == gate.Stopped {
		var err error
		if o, err = w.refusedByStop(ctx, o, f.Account); err != nil {
			return err
		}
	}
	if by, reason := found.in.Disabled(); d.Reason == gate.Disabled && reason == gate.Disabled {
		o.Reason, o.Until, o.ToDo = by.Sentence(o.Control), by.Expires, by.Lift(o.Control)
	}
	if d.Reason == gate.Excepted { // the control may be a runbook's of the configuration alone
		var err error
		if o, err = w.refusedByException(ctx, o, found.c, target(f)); err != nil {
			return err
		}
	}
	return w.say(ctx, found, o)
}

// detailed says what the gate knows beyond its reason.
func detailed(o note.Outcome, f finding.Finding, d gate.Decision) note.Outcome {
	switch {
	case d.Detail == "":
	case d.Reason == gate.BadParameters:
		o.Reason = "The parameters of this control cannot be used: " + d.Detail + "."
	case d.Reason == gate.UnknownCalendar:
		o.Reason = "The state of a change calendar could not be read: " + d.Detail + "."
		o.ToDo = "salve doctor " + f.Control + " --account " + f.Account
	case d.Reason.AboutAccount():
		what := strings.TrimSuffix(d.Reason.Sentence(), " Look at what salve doctor says of it.")
		o.Reason = what + " Why: " + d.Detail + "."
		o.ToDo = "salve doctor " + f.Control + " --account " + f.Account
	}
	return o
}

// notTakenBack is what a person hears who wants to have taken back what a runbook of the configuration alone changed.
func (w *Worker) notTakenBack(ctx context.Context, found *Found, o note.Outcome) (note.Outcome, error) {
	if found.button != names.ActionUndo {
		return o, nil
	}
	refused := note.Outcome{Cell: outcome.Cell{Outcome: outcome.NotAllowed}, Control: o.Control}
	open, err := w.openRun(ctx, found.key())
	if err != nil {
		return o, err
	}
	if open != nil && open.Begun() {
		refused.Reason, refused.ToDo = fault.Cause(atWork(open)), "salve show "+open.ID
		return refused, nil
	}
	last, err := w.lastWriter(ctx, found.key())
	if err != nil || last == nil {
		return o, err
	}
	refused.Reason = nothingToUndo + "the last run is " + last.ID + ", and " + whyNot(last) + "."
	refused.ToDo = "salve show " + last.ID
	return refused, nil
}

// say writes an outcome on the finding of an event, beside what earlier runs left there.
func (w *Worker) say(ctx context.Context, found *Found, o note.Outcome) (err error) {
	if o.Stands, err = w.stands(ctx, found.key()); err != nil {
		return err
	}
	if o.Trigger = triggerOf(found.button); o.Trigger == outcome.UndoClick { // who has a name may do it
		o.ToDo = cmp.Or(o.Stands.Back, o.ToDo)
	}
	kept := Carried(found.f, "")
	u, ok := o.Update(kept)
	if !ok || found.f.Workflow == finding.Suppressed && !u.Quotes(kept.Wrote) {
		return nil // why a person suppressed it says more than that it is
	}
	_, err = w.Hub.Apply(ctx, []note.Update{u})
	return err
}

// answer writes an outcome that is not the run's end on its findings, beside what earlier runs left there.
func (w *Worker) answer(ctx context.Context, r *run.Run, o note.Outcome) (err error) {
	if o.Row().Finding == "" {
		return nil
	}
	if o.Stands, err = w.stands(ctx, r.Key); err != nil {
		return err
	}
	_, err = w.Hub.Apply(ctx, o.On(r))
	return err
}

// stands is what earlier runs of a piece of work left that still holds.
func (w *Worker) stands(ctx context.Context, k run.Key) (note.Standing, error) {
	return past.Standing(ctx, w.Runs, w.Past, k)
}

// triggerOf is what a button is in the table of outcomes.
func triggerOf(button string) outcome.Trigger {
	switch button {
	case names.ActionPlan:
		return outcome.PlanClick
	case names.ActionUndo:
		return outcome.UndoClick
	}
	return outcome.Click
}
