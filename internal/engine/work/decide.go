package work

import (
	"context"
	"maps"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/run"
)

// decide asks the gate, and says what it was asked in the end. What it says to be missing about the surroundings is
// looked up, so that only rules that ask for it cost a call.
func (w *Worker) decide(ctx context.Context, event finding.Event, f finding.Finding, c control.Control, known bool) (
	in gate.Input, d gate.Decision, err error,
) {
	config, err := w.Configured(ctx)
	if err != nil {
		return in, d, err
	}
	overlay, err := w.Stops.Overlay(ctx)
	if err != nil {
		return in, d, err
	}
	in = gate.Input{
		Config: config, Overlay: overlay, Finding: f, Trigger: gate.Imported, Now: w.Now(), Action: event.Action,
		ActionArn: w.ActionArn, Control: gate.Control{ID: f.Control, Standards: f.Standards},
	}
	if known {
		in.Control = w.gated(config, c, f.Standards, target(f))
	}
	if event.Kind == finding.CustomAction {
		in.Trigger = gate.Click
	}
	// No session is opened for a resource that is not what the control works on.
	sane := known && finding.CheckResource(f, c.Resources, c.Pattern) == nil
	d, err = w.consult(ctx, &in, target(f), sane)
	if fault.Of(err) == fault.NotOnboarded {
		// A run can wait for the account, or say that to who clicked. It asks again before it acts.
		return in, gate.Decision{Verdict: gate.Preview, Reason: gate.UnknownTags}, nil
	}
	return in, d, err
}

// gated is what the gate needs to know about a control that has a playbook.
func (w *Worker) gated(config gate.Config, c control.Control, standards []string, t control.Target) gate.Control {
	wish := w.wish(c, t)
	g := gate.Control{
		ID: c.ID, Standards: standards, Impact: c.Impact, HasPlaybook: true, Kin: wish.Kin, Same: wish.Same,
	}
	if _, err := c.Resolve(config.Parameters(c.ID)); err != nil {
		g.Problem = err.Error()
	}
	return g
}

// consult asks the gate, and again with what it says to be missing, until it
// has what it needs, which in then holds.
func (w *Worker) consult(ctx context.Context, in *gate.Input, t control.Target, sane bool) (gate.Decision, error) {
	var err error
	for range 2 {
		switch d := gate.Decide(*in); {
		case d.Reason == gate.UnknownOUs && in.Snapshots.OUs == nil:
			if in.Snapshots.OUs, err = w.Around.Units(ctx, t.Account); err != nil {
				return gate.Decision{}, err
			}
		case d.Reason == gate.UnknownTags && in.Snapshots.Tags == nil && sane:
			if in.Snapshots.Tags, err = w.Around.Tags(ctx, t, run.NewID(w.Now())); err != nil {
				return gate.Decision{}, err
			}
		default:
			return d, nil
		}
	}
	return gate.Decide(*in), nil
}

// target is the resource of a finding whose identity is proven.
func target(f finding.Finding) control.Target {
	return control.Target{
		Account: f.Account, Region: f.Resource.Region, Partition: f.Partition, Resource: f.Resource.ID,
	}
}

// params are the values that hold for a new run: what the person at the
// command line says, over the configuration, over the defaults.
func (w *Worker) params(ctx context.Context, c control.Control, asked map[string]any) (control.Params, error) {
	config, err := w.Configured(ctx)
	if err != nil {
		return nil, err
	}
	set := maps.Clone(config.Parameters(c.ID))
	if set == nil {
		set = map[string]any{}
	}
	maps.Copy(set, asked)
	params, err := c.Resolve(set)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%w", err)
	}
	return params, nil
}

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
func (w *Worker) refuse(ctx context.Context, f finding.Finding, d gate.Decision) error {
	w.refused(ctx, f, string(d.Reason))
	o := note.Outcome{
		Cell:    outcome.Cell{Outcome: outcome.NotAllowed, Trigger: outcome.Click},
		Control: f.Control, Reason: d.Reason.Sentence(),
	}
	if d.Reason == gate.NoPlaybook {
		o.Outcome, o.ToDo = outcome.NoPlaybook, manualSteps+f.Control+"/remediation"
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
	u, ok := o.Update(Carried(f, ""))
	if !ok {
		return nil
	}
	_, err := w.Hub.Apply(ctx, []note.Update{u})
	return err
}
