package main

import (
	"fmt"
	"sync/atomic"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/report"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/takeback"
)

// many says that runs are not named one by one, but by what they have in common.
func (c *undoCmd) many() bool { return c.Control != "" || c.Since != "" || len(c.Account) > 0 }

// undoMany takes back all runs that the flags mean, the last one first; without --yes it shows what each would put
// back.
func (c *undoCmd) undoMany(a *app) error {
	switch {
	case c.ID != "" || c.Resource != "":
		return fault.New(fault.Invalid, "name a run, or --control, --since and --account: not both")
	case c.Since == "":
		return fault.New(fault.Invalid, "--since is missing: say how far back runs are taken back, such as 2h or 7d")
	}
	of := historyCmd{Control: c.Control, Account: c.Account, Since: c.Since}
	q, err := of.query(a.names, a.now())
	if err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	page, err := h.ledger().History(a.ctx, q)
	if err != nil {
		return err
	}
	a.skipped(page.Skipped)
	runs := takeback.Runs(page.Runs)
	e, err := a.engine(h)
	if err != nil {
		return err
	}
	if c.Yes {
		return c.carryOut(a, h, e, runs)
	}
	done := a.progress(fmt.Sprintf("Reading what %s changed", counted(len(runs), "run")))
	items, err := takeback.Preview(a.ctx, e, runs)
	done()
	if err != nil {
		return err
	}
	return a.shownItems(items)
}

// shownItems prints what would be put back.
func (a *app) shownItems(items []takeback.Item) error {
	reports, pending, failed := []report.Report{}, 0, 0
	for _, item := range items {
		one := report.Undo(item.Run, item.Plan, run.StatusPlanned, item.Unmet)
		switch item.State {
		case takeback.Gone:
			one.Status = run.StatusGone
		case takeback.Refused, takeback.Unlooked:
			one.Status = run.StatusRefused
			failed++
		case takeback.Ready, takeback.After, takeback.Nothing, takeback.Done:
			pending++
		}
		one.Reason = item.Reason
		reports = append(reports, one)
	}
	err := a.data(reports, func() {
		a.itemTable(items)
		if pending > 0 {
			a.say("%s would be taken back, the last one first: add --yes", counted(pending, "run"))
		}
	})
	switch {
	case err != nil:
		return err
	case failed > 0 && pending == 0:
		return exit(exitNotFixed)
	case pending > 0:
		return exit(exitPending)
	}
	return nil
}

// carryOut takes them back, and says of each what became of it.
func (c *undoCmd) carryOut(a *app, h hub, e *engine.Engine, runs []*run.Run) error {
	var n atomic.Int64
	carrying := takeback.Carrying{
		Engine: e, Actor: h.actor, NoFindings: c.NoFindings,
		Begin: func(r *run.Run) error { return a.proven(h, takesBack(r)) },
		Said:  func(takeback.Item) { n.Add(1) },
	}
	done := a.progressOf(func() string { return fmt.Sprintf("Taking back runs: %d of %d", n.Load(), len(runs)) })
	items, stopped := carrying.CarryOut(a.ctx, runs)
	done()
	reports, failed, waiting := []report.Report{}, 0, 0
	for _, item := range items {
		one := report.Undo(item.Run, item.Plan, run.StatusRefused, nil)
		one.Reason = item.Reason
		switch {
		case item.Undo != nil:
			one = a.report(item.Undo)
		case item.State == takeback.Gone:
			one.Status = run.StatusGone
		}
		reports = append(reports, one)
		if item.Failed() {
			failed++
		}
		if item.Undo != nil && waits(item.Undo) {
			waiting++
		}
	}
	err := a.data(reports, func() { a.itemTable(items) })
	switch {
	case stopped != nil:
		return stopped
	case err != nil:
		return err
	case failed > 0:
		return exit(exitNotFixed)
	case waiting > 0:
		return exit(exitWaiting)
	}
	return nil
}

// itemTable prints a line a run, the one that is taken back first at the top.
func (a *app) itemTable(items []takeback.Item) {
	var rows []table.Row
	for _, item := range items {
		r := item.Run
		rows = append(rows, table.Row{
			r.ID, stamp(r.Created), r.Key.Control, r.Key.Account, r.Key.Resource, a.itemState(item), itemSays(item),
		})
	}
	a.table(table.Row{"run", "when", "control", "account", "resource", "undo", "what"}, rows)
}

// itemState is what would become of a run, or has.
func (a *app) itemState(item takeback.Item) painted {
	switch {
	case item.Undo != nil:
		return a.status(shownStatus(item.Undo))
	case item.State == takeback.Refused, item.State == takeback.Unlooked:
		return a.paint(red, string(item.State))
	}
	return a.paint(0, string(item.State))
}

// itemSays is what is put back, or why not.
func itemSays(item takeback.Item) string {
	switch {
	case item.Undo != nil:
		if item.Failed() {
			return item.Undo.Reason
		}
		return "run " + item.Undo.ID
	case item.Reason != "":
		return item.Reason
	case item.State == takeback.Nothing:
		return "all of it is put back already"
	}
	return counted(len(item.Plan.Changes), "change")
}
