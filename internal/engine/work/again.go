package work

import (
	"context"
	"fmt"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// again asks, for a run that waited, whether it may still act. Meanwhile
// somebody may have switched the control off or suppressed the finding. What
// is seen to be written in part is finished, but nothing is written on a suppressed finding.
func (a *attempt) again(ctx context.Context, c control.Control) (end ended, stop bool, err error) {
	r := a.r
	switch {
	case a.fresh():
		return ended{}, false, nil
	case r.Trigger == run.TriggerOperator:
		end, stop, err = a.protected(ctx, c)
		return a.raise(ctx, c, nil, end, stop, err)
	}
	wanted, err := a.lookUp(ctx)
	switch {
	case a.finishes():
		return ended{}, false, nil // that nobody answered is no reason to leave it half done
	case err != nil:
		return ended{}, false, err
	case !wanted && pressed(r) == names.ActionRemediate:
		r.Quiet = r.Reply == nil
		return ended{
			status: run.StatusRefused, why: afterYes(r) + "All its findings were suppressed, resolved or archived.",
		}, true, nil
	}
	if end, stop, err := a.heldBack(ctx); err != nil || stop {
		return end, stop, err
	}
	d, tags, err := a.decided(ctx, c, pressed(r))
	if err != nil {
		return ended{}, false, err
	}
	end, stop, err = a.heeds(ctx, d, c)
	return a.raise(ctx, c, tags, end, stop, err)
}

// heeds is what a run that waited makes of the gate's answer.
func (a *attempt) heeds(ctx context.Context, d gate.Decision, c control.Control) (end ended, stop bool, err error) {
	r := a.r
	switch d.Verdict {
	case gate.Act, gate.Preview, gate.Ask:
		if a.doubted && d.Verdict != gate.Act && (d.Verdict != gate.Ask || !r.Approved(r.Plan.Hash)) {
			break // its plan may be written: it is shown to nobody as one that waits
		}
		r.Mode, r.Rule, r.Ring, r.InVain = string(d.Verdict), d.Because(), d.Ring, d.Aside
		return ended{}, false, a.pays(ctx)
	case gate.Defer:
		if d.Reason == gate.InGrace {
			r.Found = r.FirstSeen()
		}
		return ended{}, false, a.awaitTime(ctx, d)
	case gate.Refuse, gate.Ignore:
		if d.Reason == gate.UnknownCalendar { // what has waited is not lost for a right that is missing
			d.Until = a.Now().Add(run.LongestWait)
			return ended{}, false, a.awaitTime(ctx, d)
		}
	}
	r.Quiet = unasked(r)
	return ended{status: run.StatusRefused, why: afterYes(r) + a.notAllowed(ctx, d, c)}, true, nil
}

// unasked tells that nobody asked for the run by name, nor said yes to its plan: nobody hears that it lets go.
func unasked(r *run.Run) bool { return r.Trigger == run.TriggerImported && r.Reply == nil }

// afterYes says before a no who has approved the plan, so that they read that their yes has come.
func afterYes(r *run.Run) string {
	if !r.Granted() {
		return ""
	}
	return fmt.Sprintf("%s approved the plan of run %s. ", r.Replied(), r.Reply.Run)
}

// heldBack ends a run that waited and meets a hold now: an undo of a sibling sets it on work that waits, too. It keeps
// fixes off, no plan and no undo.
func (a *attempt) heldBack(ctx context.Context) (end ended, stop bool, err error) {
	r := a.r
	if pressed(r) != names.ActionRemediate {
		return ended{}, false, nil
	}
	hold, err := a.Past.Hold(ctx, r.Key, a.Now())
	if err != nil || hold == nil {
		return ended{}, false, err
	}
	r.Quiet = unasked(r)
	return ended{status: run.StatusRefused, why: afterYes(r) + onHold(*hold)}, true, nil
}

// decided asks the gate about a run: the same as at its start, with what holds now. A stop is no matter here for runs
// that wait for its end. Tags are those that it had to know.
func (a *attempt) decided(ctx context.Context, c control.Control, button string) (
	d gate.Decision, tags map[string]string, err error,
) {
	config, err := a.Configured(ctx)
	if err != nil {
		return d, nil, err
	}
	a.under = config.Timetable()
	in := a.question(config, c, button)
	if in.Overlay, err = a.Stops.Overlay(ctx); err != nil {
		return d, nil, err
	}
	if button == names.ActionRemediate {
		in.Overlay.Stops = nil
	}
	d, err = a.consult(ctx, &in, a.r.Target(), true, gate.Decide)
	if err == nil {
		err = a.began(ctx, d.Asked)
	}
	return d, in.Snapshots.Tags, err
}

// question is what the gate is asked about a run of a finding that fails.
func (a *attempt) question(config gate.Config, c control.Control, button string) gate.Input {
	r := a.r
	in := gate.Input{
		Config: config, Now: a.Now(), Trigger: gate.Imported, ActionArn: a.ActionArn,
		Action:  names.ActionARN(a.ActionArn, button),
		Control: Gated(a.Controls, config, c, r.Standards, r.Target(), nil),
		Finding: finding.Finding{
			Account: r.Key.Account, Region: r.Region, Partition: r.Part, Control: c.ID, Standards: r.Standards,
			Severity: r.Severity(), FirstSeen: r.FirstSeen(),
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
			status: run.StatusFailed, err: defective(defect),
		})
	}
}

// defective is the error of a playbook that panicked.
func defective(defect any) error {
	return fault.New(fault.Invalid, "the playbook has a defect: %v", defect)
}
