package work

import (
	"cmp"
	"context"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/outcome"
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
	if d.Reason == gate.NoPlaybook {
		o.Outcome, o.ToDo = outcome.NoPlaybook, manualSteps+f.Control+"/remediation"
	}
	if d.Reason == gate.BadParameters && d.Detail != "" {
		o.Reason = "The configuration of this control cannot be used: " + d.Detail + "."
	}
	if d.Reason == gate.Stopped {
		var err error
		if o, err = w.refusedByStop(ctx, o, f.Account); err != nil {
			return err
		}
	}
	if c, known := w.Controls.Get(f.Control); known && d.Reason == gate.Excepted {
		var err error
		if o, err = w.refusedByException(ctx, o, c, target(f)); err != nil {
			return err
		}
	}
	return w.say(ctx, found, o)
}

// say writes an outcome on the finding of an event. What answers the buttons beside Remediate leaves its status.
func (w *Worker) say(ctx context.Context, found *Found, o note.Outcome) error {
	if o.Trigger = triggerOf(found.button); o.Trigger != outcome.Click {
		o = w.besideProof(ctx, found, o)
	}
	u, ok := o.Update(Carried(found.f, ""))
	if !ok {
		return nil
	}
	_, err := w.Hub.Apply(ctx, []note.Update{u})
	return err
}

// besideProof names the run that fixed what a finding is about: the note takes the place of the one that said so.
func (w *Worker) besideProof(ctx context.Context, found *Found, o note.Outcome) note.Outcome {
	last := w.standing(ctx, found.key())
	if last == nil {
		return o
	}
	o.RunID = last.ID
	if o.Trigger == outcome.UndoClick { // who has a name may do it
		o.ToDo = cmp.Or(note.UndoCommand(last), o.ToDo)
	}
	return o
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
