package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// target names a control and the resource it should look at.
type target struct {
	Control  string `arg:"" help:"The control, S3.8."`
	Resource string `arg:"" help:"The resource's ARN."`
	Account  string `required:"" help:"The member account, 12 digits."`
	Region   string `help:"The resource's Region; default is the hub's."`
}

func (t target) request(h hub) engine.Request {
	region := t.Region
	if region == "" {
		region = h.cfg.Region
	}
	partition := "aws"
	if parts := strings.SplitN(t.Resource, ":", 3); len(parts) == 3 && parts[0] == "arn" {
		partition = parts[1]
	}
	f := finding.Finding{Control: t.Control, Resource: finding.Resource{Region: region}}
	return engine.Request{
		Control: t.Control, Scope: finding.Scope(f), Actor: h.actor,
		Target: control.Target{Account: t.Account, Region: region, Partition: partition, Resource: t.Resource},
	}
}

type planCmd struct{ target }

// Run prints the plan; its session in the member cannot write.
func (c *planCmd) Run(a *app) error { return a.preview(c.target) }

func (a *app) preview(t target) error {
	h, err := a.hub()
	if err != nil {
		return err
	}
	e, err := a.engine(h)
	if err != nil {
		return err
	}
	plan, err := e.Preview(a.ctx, t.request(h))
	if err != nil {
		return err
	}
	err = a.data(plan, func() {
		if plan.Empty() {
			a.say("%s  %s is compliant: nothing to change", plan.Control, plan.Target.Resource)
			return
		}
		a.say("%s  %s (plan %.12s)\n%s", plan.Control, plan.Target.Resource, plan.Hash, strings.TrimRight(plan.String(), "\n"))
	})
	if err == nil && !plan.Empty() {
		return exit(exitPending)
	}
	return err
}

type applyCmd struct {
	target
	Yes bool `help:"Really change the resource."`
}

// Run fixes the resource, or shows the plan without --yes.
func (c *applyCmd) Run(a *app) error {
	if !c.Yes {
		return a.preview(c.target)
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	e, err := a.engine(h)
	if err != nil {
		return err
	}
	r, err := e.Apply(a.ctx, c.request(h))
	if err != nil {
		return err
	}
	return a.result(r)
}

type undoCmd struct {
	ID  string `arg:"" name:"run" help:"Id of the run."`
	Yes bool   `help:"Really put back what was there."`
}

// Run takes the run back, or shows what that would mean without --yes.
func (c *undoCmd) Run(a *app) error {
	h, err := a.hub()
	if err != nil {
		return err
	}
	if !c.Yes {
		r, err := h.ledger().Get(a.ctx, c.ID)
		if err != nil {
			return err
		}
		if err := a.data(report(r), func() {
			a.say("Run %s changed %s. With --yes these are put back, unless somebody changed them since:", r.ID, r.Key.Resource)
			for _, ch := range r.Changes() {
				a.say("  %s", ch)
			}
		}); err != nil {
			return err
		}
		return exit(exitPending)
	}
	e, err := a.engine(h)
	if err != nil {
		return err
	}
	r, err := e.Undo(a.ctx, c.ID, h.actor)
	if errors.Is(err, engine.ErrNothingToUndo) {
		return fault.Wrap(fault.Refused, err)
	}
	if err != nil {
		return err
	}
	return a.result(r)
}

type handleCmd struct {
	Event string `arg:"" help:"File with the event."`
}

// Run handles the event in this process.
func (c *handleCmd) Run(a *app) error {
	body, err := os.ReadFile(c.Event)
	if err != nil {
		return fmt.Errorf("read event: %w", err)
	}
	event, err := finding.Decode(body)
	if err != nil {
		return fault.Wrap(fault.Invalid, err)
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	e, err := a.engine(h)
	if err != nil {
		return err
	}
	if event.ID == "" {
		event.ID = "cli-" + run.NewID(time.Now())
	}
	if failed := e.Handle(a.ctx, []engine.Message{{ID: event.ID, Body: string(body)}}); len(failed) > 0 {
		return fmt.Errorf("the event was not handled: its audit line in %s says why", h.settings.AuditLogGroup)
	}
	return nil
}
