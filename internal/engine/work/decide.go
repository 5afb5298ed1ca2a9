package work

import (
	"context"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// decide asks the gate, and says what it was asked in the end. What it says to be missing about the surroundings is
// looked up, so that only rules that ask for it cost a call.
func (w *Worker) decide(ctx context.Context, event finding.Event, f finding.Finding) (
	in gate.Input, c control.Control, d gate.Decision, err error,
) {
	config, err := w.Configured(ctx)
	if err != nil {
		return in, c, d, err
	}
	overlay, err := w.Stops.Overlay(ctx)
	if err != nil {
		return in, c, d, err
	}
	in = gate.Input{
		Config: config, Overlay: overlay, Finding: f, Trigger: gate.Imported, Now: w.Now(), Action: event.Action,
		ActionArn: w.ActionArn, Control: gate.Control{ID: f.Control, Standards: f.Standards},
	}
	if event.Kind == finding.CustomAction {
		in.Trigger = gate.Click
	}
	undoes := in.Action != "" && in.Action == names.ActionARN(w.ActionArn, names.ActionUndo)
	c, known := w.Controls.Get(f.Control)
	var bad error
	if !undoes { // Salve's own playbook takes back, also what a runbook of others did
		c, known, bad = w.playbook(config, f.Control)
	}
	switch {
	case bad != nil:
		in.Control.HasPlaybook, in.Control.Problem = true, fault.Cause(bad)
	case known:
		in.Control = Gated(w.Controls, config, c, f.Standards, target(f), f.Params)
	}
	// No session is opened for a resource that is not what the control works on.
	sane := known && finding.CheckResource(f, c.Resources, c.Pattern) == nil
	d, err = w.consult(ctx, &in, target(f), sane, gate.Decide)
	if fault.Of(err) == fault.NotOnboarded {
		// A run can wait for the account, or say that to who clicked. It asks again before it acts.
		if undoes {
			return in, c, gate.Decision{Verdict: gate.Refuse, Reason: gate.UnknownTags, Note: true}, nil
		}
		return in, c, gate.Decision{Verdict: gate.Preview, Reason: gate.UnknownTags}, nil
	}
	if err == nil {
		err = w.began(ctx, d.Asked)
	}
	return in, c, d, err
}

// questions is how many things the gate may say to be missing: the account, tags of the resource, calendars.
const questions = 3

// consult asks the gate, and again with what it says to be missing, until it
// has what it needs, which in then holds.
func (w *Worker) consult(
	ctx context.Context, in *gate.Input, t control.Target, sane bool, decide func(gate.Input) gate.Decision,
) (gate.Decision, error) {
	var err error
	for range questions {
		switch d := decide(*in); {
		case d.Reason.AboutAccount() && !in.Snapshots.Asked():
			if in.Snapshots.Placed, err = w.Around.Placed(ctx, t.Account); err != nil {
				return gate.Decision{}, err
			}
		case d.Reason == gate.UnknownTags && in.Snapshots.Tags == nil && sane:
			if in.Snapshots.Tags, err = w.Around.Tags(ctx, t, run.NewID(w.Now())); err != nil {
				return gate.Decision{}, err
			}
		case d.Curious && in.Snapshots.Tags == nil && sane:
			return w.curious(ctx, in, t, d, decide), nil
		case d.Reason == gate.UnknownCalendar && in.Snapshots.Calendars == nil:
			if in.Snapshots.Calendars, err = w.Around.Calendars(ctx, in.Calendars()); err != nil {
				return gate.Decision{}, err
			}
		default:
			return d, nil
		}
	}
	return decide(*in), nil
}

// Asks is what rules ask about accounts: what sweeps read the organization for.
func (w *Worker) Asks(ctx context.Context) (gate.Asks, error) {
	config, err := w.Configured(ctx)
	if err != nil {
		return gate.Asks{}, err
	}
	overlay, err := w.Stops.Overlay(ctx)
	return config.Asks(overlay), err
}

// curious asks once more with the tags of the resource, which would only say more: without them it goes on.
func (w *Worker) curious(
	ctx context.Context, in *gate.Input, t control.Target, d gate.Decision, decide func(gate.Input) gate.Decision,
) gate.Decision {
	tags, err := w.Around.Tags(ctx, t, run.NewID(w.Now()))
	if err != nil || tags == nil {
		return d
	}
	in.Snapshots.Tags = tags
	return decide(*in)
}

// Stamps are those of what open runs wait for under the configuration that holds now.
func (w *Worker) Stamps(ctx context.Context) ([]string, error) {
	config, err := w.Configured(ctx)
	return config.Stamps(), err
}

// target is the resource of a finding whose identity is proven.
func target(f finding.Finding) control.Target {
	return control.Target{
		Account: f.Account, Region: f.Resource.Region, Partition: f.Partition, Resource: f.Resource.ID,
	}
}

// params are the values that hold for a new run: what the person at the command line says, over the configuration,
// over what Security Hub judges by, over the defaults.
func (w *Worker) params(
	ctx context.Context, c control.Control, asked map[string]any, judged control.Judged,
) (control.Choice, error) {
	config, err := w.Configured(ctx)
	if err != nil {
		return control.Choice{}, err
	}
	chosen, err := c.Choose(control.Given{
		Command: asked, Configuration: config.Parameters(c.ID), Judged: judged,
	})
	if err != nil {
		return chosen, fault.New(fault.Invalid, "%w", err)
	}
	return chosen, nil
}
