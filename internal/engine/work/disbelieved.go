package work

import (
	"context"
	"errors"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/outcome"
)

// disbelieved tells a person who pressed a button of ours why nothing is done about a finding that is not believed, or
// not about what the playbook works on. It is a note alone: the workflow of such a finding belongs to others. The
// finding is looked up first: what it says of itself in the event is as little proven as the rest. One that people are
// done with is left alone.
func (w *Worker) disbelieved(ctx context.Context, event finding.Event, f finding.Finding, why error) error {
	identity := new(finding.Identity)
	button, ours := names.ActionOf(event.Action, w.ActionArn)
	ours = ours && event.Kind == finding.CustomAction && event.From(w.ActionArn) == nil
	if !ours || !errors.As(why, &identity) {
		return nil
	}
	views, err := w.Look(ctx, f.HubRegion, []finding.Key{f.Key()})
	if err != nil {
		return err
	}
	v, there := views[f.Key()]
	if !there || !v.Active() || v.Suppressed() || v.Resolved() || v.Passed() {
		return nil
	}
	f = f.Now(v)
	o := note.Outcome{
		Cell:    outcome.Cell{Outcome: outcome.NotOurs, Trigger: triggerOf(button)},
		Control: f.Control, Reason: identity.Reason.Sentence() + " (" + identity.Error() + ")",
	}
	u, ok := o.Update(Carried(f, ""))
	if !ok {
		return nil
	}
	_, err = w.Hub.Apply(ctx, []note.Update{u})
	return err
}
