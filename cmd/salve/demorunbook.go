package main

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/run"
)

// playRunbook: a control whose change SSM Automation carries out, there and back.
func (d *demo) playRunbook() error {
	p, err := d.newBucket(d.member, "tax-returns")
	if err != nil {
		return err
	}
	if p.before, err = p.read(); err != nil {
		return err
	}
	e, ahead, err := d.turning()
	if err != nil {
		return err
	}
	fix, err := d.closeByRunbook(e, p)
	if err != nil {
		return err
	}
	if err := d.carried(e, ahead, fix, run.StatusVerified); err != nil {
		return err
	}
	if err := p.changed(allOn); err != nil {
		return err
	}
	d.tell("AWS says: %s. Salve has read that itself: that a runbook went well is no proof.", p.after)
	d.tell("salve undo %s --yes", fix.ID)
	undo, err := e.Undo(d.ctx, fix.ID, d.h.actor)
	if err != nil {
		return err
	}
	if err := d.carried(e, ahead, undo, run.StatusUndone); err != nil {
		return err
	}
	if err := p.changed(p.before); err != nil {
		return err
	}
	d.tell("AWS says: %s, as before.", p.after)
	return nil
}

// closeByRunbook shows the plan and has it carried out.
func (d *demo) closeByRunbook(e *engine.Engine, p *prop) (*run.Run, error) {
	wish := work.Request{
		Control: "Salve.CloseBucket", Actor: d.h.actor, Scope: "global",
		Target: control.Target{Partition: "aws", Account: p.account, Region: d.Region(), Resource: p.arn},
	}
	d.tell("No finding asks for Salve.CloseBucket, a person does. The lab has an executor of runbooks of its own.")
	command := "salve apply " + wish.Control + " " + p.arn + " --account " + p.account
	d.tell("%s", command)
	plan, err := e.Preview(d.ctx, wish)
	if err != nil {
		return nil, err
	}
	if plan.Runbook == nil {
		return nil, errors.New("the plan names no runbook")
	}
	d.indented(margin, plan.Changes)
	d.tell("by %s", plan.Runbook)
	d.tell("%s --yes", command)
	return e.Apply(d.ctx, wish)
}

// carried tells what a run started, waits for its end, and shows its steps.
func (d *demo) carried(e *engine.Engine, ahead *atomic.Int64, r *run.Run, want run.Status) error {
	if err := d.started(r); err != nil {
		return err
	}
	done, err := d.follow(e, ahead, r, want)
	if err == nil {
		d.steps(*done.Execution, margin)
	}
	return err
}

// started tells what a run started, and waits for the lab's executor to be done with it.
func (d *demo) started(r *run.Run) error {
	if r.Status != run.StatusParked || r.Execution == nil || r.Plan == nil || r.Plan.Runbook == nil {
		return fmt.Errorf("the run is %s and has started nothing: %s", r.Status, r.Reason)
	}
	d.tell("Version %s of %s is started in %s. Run %s is %s and waits without a process. Execution:\n  %s",
		r.Plan.Runbook.Version, r.Plan.Runbook.Document, r.Key.Account, r.ID, r.Status, r.Execution.ID)
	client := ssm.NewFromConfig(d.Config(r.Key.Account, d.Region()))
	began := time.Now()
	return d.await(func() (bool, error) {
		out, err := client.GetAutomationExecution(d.ctx, &ssm.GetAutomationExecutionInput{
			AutomationExecutionId: &r.Execution.ID,
		})
		if err != nil {
			return false, fmt.Errorf("look at the execution: %w", err)
		}
		// The next start has its turn a second later.
		return out.AutomationExecution.ExecutionEndTime != nil && time.Since(began) > time.Second, nil
	})
}
