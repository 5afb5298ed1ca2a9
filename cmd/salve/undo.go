package main

import (
	"errors"
	"strings"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

type undoCmd struct {
	which
	Yes        bool `help:"Really put back what was there."`
	NoFindings bool `help:"Leave the findings in Security Hub as they are."`
	patience
}

// Run takes the run back, or shows what that would mean without --yes. The
// findings the run told are told as well.
func (c *undoCmd) Run(a *app) error {
	if err := c.named(); err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	old, err := c.find(a.ctx, h.ledger())
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
	done := a.progress("Taking back " + old.ID)
	r, err := e.TakeBack(a.ctx, work.Takeback{Run: old.ID, Actor: h.actor, NoFindings: c.NoFindings})
	done()
	if err != nil {
		return notUndone(err)
	}
	return a.finish(e, r, c.patience)
}

// undoReport is what an undo would change, as programs get it.
type undoReport struct {
	RunID    string           `json:"run_id"`
	Status   run.Status       `json:"status"` // planned, or gone
	Control  string           `json:"control"`
	Account  string           `json:"account"`
	Resource string           `json:"resource"`
	Diff     []control.Change `json:"diff"`
	Stays    []control.Change `json:"stays"` // of the run, that no undo restores
	Unmet    []string         `json:"unmet"` // other controls that are met now and would not be then
}

// previewUndo reads the resource and shows what would be put back now.
func (a *app) previewUndo(e *engine.Engine, r *run.Run) error {
	done := a.progress("Reading what run " + r.ID + " changed")
	preview, err := e.PreviewUndo(a.ctx, work.Takeback{Run: r.ID})
	done()
	missing := fault.Of(err) == fault.Gone // there is nothing to put back, as undo --yes says too
	if err != nil && !missing {
		return notUndone(err)
	}
	report := undoReport{
		RunID: r.ID, Status: run.StatusPlanned, Control: r.Key.Control, Account: r.Key.Account, Resource: r.Key.Resource,
		Diff: append([]control.Change{}, preview.Plan.Changes...), Stays: staying(r),
		Unmet: append([]string{}, preview.Unmet...),
	}
	if missing {
		report.Status = run.StatusGone
	}
	if err := a.data(report, func() { a.sayUndo(report) }); err != nil || missing {
		return err
	}
	return exit(exitPending)
}

func (a *app) sayUndo(u undoReport) {
	if u.Status == run.StatusGone {
		a.say("%s  %s no longer exists: nothing of run %s can be put back", u.Control, u.Resource, u.RunID)
		return
	}
	if len(u.Diff) == 0 {
		a.say("%s  %s. All of run %s is put back already; --yes says so on its findings.", u.Control, u.Resource, u.RunID)
	} else {
		a.say("%s  %s. With --yes run %s is taken back:", u.Control, u.Resource, u.RunID)
	}
	a.changes(u.Diff)
	for _, c := range u.Stays {
		a.say("  stays as it is: %s", c)
	}
	if len(u.Unmet) > 0 {
		a.say("  beware: %s would be unmet then too; Salve would keep off the resource for them as well",
			strings.Join(u.Unmet, ", "))
	}
}

// staying are the changes of a run that no undo restores.
func staying(r *run.Run) []control.Change {
	out := []control.Change{}
	for _, c := range r.Changes() {
		if c.Stays != "" {
			out = append(out, c)
		}
	}
	return out
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
