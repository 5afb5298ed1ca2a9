package work

import (
	"context"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// again asks, for a run that waited, whether it may still act. Meanwhile
// somebody may have switched the control off or suppressed the finding. What
// has begun is finished, but nothing is written on a suppressed finding.
func (a *attempt) again(ctx context.Context, c control.Control) (end ended, stop bool, err error) {
	r := a.r
	switch {
	case r.Attempts == 0:
		return ended{}, false, nil
	case r.Trigger == run.TriggerOperator:
		return a.protected(ctx, c)
	}
	wanted, err := a.lookUp(ctx)
	switch {
	case r.Begun():
		return ended{}, false, nil // that nobody answered is no reason to leave it half done
	case err != nil:
		return ended{}, false, err
	case !wanted:
		r.Quiet = true
		return ended{status: run.StatusRefused, why: "All its findings were suppressed, resolved or archived."}, true, nil
	}
	hold, err := a.Past.Hold(ctx, r.Key, a.Now()) // an undo of a sibling sets it on work that waits, too
	if err != nil {
		return ended{}, false, err
	}
	if hold != nil {
		r.Quiet = r.Trigger == run.TriggerImported
		return ended{status: run.StatusRefused, why: onHold(*hold)}, true, nil
	}
	config, err := a.Configured(ctx)
	if err != nil {
		return ended{}, false, err
	}
	in := a.question(config, c)
	d, err := a.consult(ctx, &in, r.Target(), true)
	if err != nil {
		return ended{}, false, err
	}
	switch d.Verdict {
	case gate.Act, gate.Preview, gate.Ask:
		r.Mode, r.Rule = string(d.Verdict), d.Because()
		return ended{}, false, nil
	case gate.Defer, gate.Refuse, gate.Ignore:
	}
	r.Quiet = r.Trigger == run.TriggerImported // nobody asked, so nobody hears
	return ended{status: run.StatusRefused, why: a.notAllowed(ctx, d, c)}, true, nil
}

// question is what the gate is asked about a run that waited: the same as at
// its start, with the configuration that holds now.
func (a *attempt) question(config gate.Config, c control.Control) gate.Input {
	r := a.r
	in := gate.Input{
		Config: config, Now: a.Now(), Trigger: gate.Imported, Action: a.ActionArn, ActionArn: a.ActionArn,
		Control: a.gated(config, c, r.Standards, r.Target()),
		Finding: finding.Finding{
			Account: r.Key.Account, Region: r.Region, Partition: r.Part, Control: c.ID, Standards: r.Standards,
			Source: finding.FromControl, Compliance: finding.Failed, Workflow: finding.New, RecordState: finding.Active,
			Resource: finding.Resource{ID: r.Key.Resource, Region: r.Region, Partition: r.Part},
		},
	}
	if r.Trigger == run.TriggerClick {
		in.Trigger = gate.Click
	}
	return in
}

// lookUp reads the run's findings as they are now, notes those that must not be
// written on, and tells whether any is left that wants the run.
func (a *attempt) lookUp(ctx context.Context) (wanted bool, err error) {
	views, err := a.Look.Findings(ctx, a.r)
	if err != nil {
		return true, err
	}
	return a.r.Heed(views, a.Now()), nil
}

// rescue turns a defect of a playbook into a failed run: the process goes on
// with the others, and the run does not come back for ever.
func (a *attempt) rescue(ctx context.Context, err *error) {
	if defect := recover(); defect != nil {
		*err = a.conclude(ctx, ended{
			status: run.StatusFailed, err: fault.New(fault.Invalid, "the playbook has a defect: %v", defect),
		})
	}
}
