package main

import (
	"errors"
	"strings"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/report"
	"github.com/salve-security/salve/internal/run"
)

type undoCmd struct {
	ID       string  `arg:"" optional:"" name:"run" help:"${help_run}"`
	Resource string  `placeholder:"ARN" help:"Of a batch, only runs on this resource."`
	Control  string  `placeholder:"ID" patterns:"" help:"In place of a run: all runs of this control, or of S3.*."`
	Since    string  `placeholder:"WHEN" help:"With --control or --account: those that began then or later, such as 2h."`
	Account  several `placeholder:"ID" help:"In place of a run: all runs in these accounts."`

	Yes        bool `help:"Really put back what was there."`
	NoFindings bool `help:"Leave the findings in Security Hub as they are."`
	patience
}

// Run takes the run back, or shows what that would mean without --yes. The
// findings the run told are told as well.
func (c *undoCmd) Run(a *app) error {
	if c.many() {
		return c.undoMany(a)
	}
	named := which{ID: c.ID, Resource: c.Resource}
	if err := named.named(); err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	old, err := named.find(a, h)
	if err != nil {
		return err
	}
	e, err := a.engine(h)
	if err != nil {
		return err
	}
	if !c.Yes {
		return a.previewUndo(e, old)
	}
	if err := a.proven(h, takesBack(old)); err != nil {
		return err
	}
	done := a.progress("Taking back " + old.ID)
	r, err := e.TakeBack(a.ctx, work.Takeback{Run: old.ID, Actor: h.actor, NoFindings: c.NoFindings})
	done()
	if err != nil {
		return notUndone(err)
	}
	return a.finish(e, r, c.patience)
}

// previewUndo reads the resource and shows what would be put back now.
func (a *app) previewUndo(e *engine.Engine, r *run.Run) error {
	done := a.progress("Reading what run " + r.ID + " changed")
	preview, err := e.PreviewUndo(a.ctx, work.Takeback{Run: r.ID})
	done()
	status := run.StatusPlanned
	switch {
	case fault.Of(err) == fault.Gone: // there is nothing to put back, as undo --yes says too
		status = run.StatusGone
	case err != nil:
		return notUndone(err)
	}
	told := report.Undo(r, preview.Plan, status, preview.Unmet)
	err = a.data(told, func() { a.sayUndo(r, preview.Plan.Changes, told) })
	if err != nil || status == run.StatusGone {
		return err
	}
	return exit(exitPending)
}

func (a *app) sayUndo(r *run.Run, changes []control.Change, told report.Report) {
	if told.Status == run.StatusGone {
		a.say("%s  %s no longer exists: nothing of run %s can be put back", told.Control, told.Resource, r.ID)
		return
	}
	if len(changes) == 0 {
		a.say("%s  %s. All of run %s is put back already; --yes says so on its findings.", told.Control, told.Resource, r.ID)
	} else {
		a.say("%s  %s. With --yes run %s is taken back:", told.Control, told.Resource, r.ID)
	}
	a.changes(changes)
	a.by(told.Runbook)
	for _, c := range r.Changes() {
		if c.Stays != "" {
			a.say("  stays as it is: %s", c)
		}
	}
	if len(told.Unmet) > 0 {
		a.say("  beware: %s would be unmet then too; Salve would keep off the resource for them as well",
			strings.Join(told.Unmet, ", "))
	}
}

// notUndone makes a refusal of what cannot be taken back.
func notUndone(err error) error {
	if errors.Is(err, work.ErrNothingToUndo) {
		return fault.Wrap(fault.Refused, err)
	}
	return unknownRun(err)
}

// unknownRun says where ids of runs come from.
func unknownRun(err error) error {
	if errors.Is(err, run.ErrNotFound) {
		return fault.New(fault.Invalid, "%w: salve history lists the runs", err)
	}
	return err
}
