package main

import (
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/report"
	"github.com/salve-security/salve/internal/run"
)

type planCmd struct{ target }

// Run prints the plan; its session in the member cannot write.
func (c *planCmd) Run(a *app) error { return a.preview(c.target) }

func (a *app) preview(t target) error {
	h, e, req, err := a.asked(t)
	if err != nil {
		return err
	}
	done := a.progress("Reading " + req.Control)
	params, req, err := e.Parameters(a.ctx, req)
	var plan control.Plan
	if err == nil {
		plan, err = e.Preview(a.ctx, req)
	}
	done()
	if fault.Of(err) == fault.Gone { // what is not there needs no fix, as apply says too
		return a.planned(control.Plan{Control: req.Control, Target: req.Target}, run.StatusGone, nil, beside{})
	}
	if err != nil {
		return onboarded(req.Target, h.settings.MemberRole, err)
	}
	status := run.StatusPlanned
	if plan.Empty() {
		status = run.StatusCompliant
	}
	return a.planned(plan, status, a.names.chosenOf(req.Control, params.Params, params.Sources), beside{
		sources: params.Sources,
		stopped: a.stoppedNow(h, req.Control, req.Target.Account), exceptions: a.exceptedNow(e, req),
		waits: a.waitsNow(h, plan),
	})
}

// beside is what a plan goes by, and what stands in its way.
type beside struct {
	sources    map[string]control.Source
	stopped    *gate.Stop
	exceptions []report.Exception
	waits      *report.Waits
}

// planned prints a plan; one with changes ends with its own exit code.
func (a *app) planned(plan control.Plan, status run.Status, params map[string]any, way beside) error {
	told := report.Plan(plan, status, params)
	told.Exceptions, told.Sources, told.Waits = way.exceptions, way.sources, way.waits
	if way.stopped != nil {
		stop := a.names.stopReport(*way.stopped)
		told.Stopped = &stop
	}
	err := a.data(told, func() {
		switch status { //nolint:exhaustive // a plan has no other
		case run.StatusGone:
			a.say("%s  %s does not exist in account %s: nothing to change", plan.Control, plan.Target.Resource,
				plan.Target.Account)
		case run.StatusCompliant:
			a.say("%s  %s is compliant: nothing to change", plan.Control, plan.Target.Resource)
		default:
			a.say("%s  %s (plan %.12s)", plan.Control, plan.Target.Resource, plan.Hash)
		}
		a.sayParams(params, way.sources)
		a.changes(plan.Changes)
		a.by(plan.Runbook)
		a.sayEffect(plan)
		for _, text := range plan.Mentions {
			a.say("  left alone: %s", text)
		}
		a.sayStopped(way.stopped)
		a.sayExcepted(way.exceptions)
		a.sayWaits(way.waits)
	})
	if err == nil && !plan.Empty() {
		return exit(exitPending)
	}
	return err
}

// sayEffect says what a change means for people, and what it costs. Of a runbook of the configuration only its owner
// knows.
func (a *app) sayEffect(plan control.Plan) {
	c, ok := a.names.controls.Get(plan.Control)
	if mapped := plan.Runbook != nil && len(c.Runbooks) == 0; ok && !mapped && !plan.Empty() {
		a.say("  effect: %s", c.Effect)
	}
}
