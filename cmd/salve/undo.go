package main

import (
	"errors"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/ledger"
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
	h, err := a.hub()
	if err != nil {
		return err
	}
	old, err := c.find(a.ctx, h.ledger())
	if err != nil {
		return err
	}
	if !c.Yes {
		return a.previewUndo(old)
	}
	e, err := a.engine(h)
	if err != nil {
		return err
	}
	done := a.progress("Taking back " + old.ID)
	r, err := e.TakeBack(a.ctx, engine.Takeback{Run: old.ID, Actor: h.actor, NoFindings: c.NoFindings})
	done()
	switch {
	case errors.Is(err, engine.ErrNothingToUndo):
		return fault.Wrap(fault.Refused, err)
	case err != nil:
		return unknownRun(err)
	}
	return a.finish(e, r, c.patience)
}

// undoReport is what an undo would change, as programs get it.
type undoReport struct {
	RunID    string           `json:"run_id"`
	Control  string           `json:"control"`
	Account  string           `json:"account"`
	Resource string           `json:"resource"`
	Diff     []control.Change `json:"diff"`
}

func (a *app) previewUndo(r *run.Run) error {
	if !r.Undoable() {
		return fault.New(fault.Refused, "run %s cannot be taken back: see salve show %s", r.ID, r.ID)
	}
	report := undoReport{
		RunID: r.ID, Control: r.Key.Control, Account: r.Key.Account, Resource: r.Key.Resource, Diff: backward(r),
	}
	if err := a.data(report, func() {
		a.say("%s  %s. With --yes run %s is taken back, unless somebody changed this since:",
			r.Key.Control, r.Key.Resource, r.ID)
		a.changes(report.Diff)
		for _, c := range r.Changes() {
			if c.Stays != "" {
				a.say("  stays as it is: %s", c)
			}
		}
	}); err != nil {
		return err
	}
	return exit(exitPending)
}

// backward are the changes of a run the other way round, without what no undo restores.
func backward(r *run.Run) []control.Change {
	out := []control.Change{}
	for _, c := range r.Changes() {
		if c.Stays == "" {
			out = append(out, control.Change{Path: c.Path, From: c.To, To: c.From})
		}
	}
	return out
}

// unknownRun says where ids of runs come from.
func unknownRun(err error) error {
	if errors.Is(err, ledger.ErrNotFound) {
		return fault.New(fault.Invalid, "%w: salve history lists the runs", err)
	}
	return err
}
