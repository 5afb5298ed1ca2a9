package main

import (
	"cmp"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/run"
)

type historyCmd struct {
	Account  string        `placeholder:"ID" help:"Only in this account."`
	Control  string        `placeholder:"ID" help:"Only of this control, such as S3.8."`
	Resource string        `placeholder:"ARN" help:"Only of this resource."`
	Open     bool          `help:"Only runs that wait: for approval, a later try or AWS; the next one due first."`
	Since    time.Duration `default:"720h" help:"How far back, such as 24h."`
}

// Run lists runs.
func (c *historyCmd) Run(a *app) error {
	if err := given(c.Account); err != nil {
		return err
	}
	id, err := a.names.listed(c.Control)
	if err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	runs, err := h.ledger().History(a.ctx, ledger.Filter{
		Account: c.Account, Control: id, Resource: c.Resource, Since: time.Now().Add(-c.Since),
	})
	if err != nil {
		return err
	}
	all := slices.Clone(runs)
	if c.Open {
		runs = slices.DeleteFunc(runs, func(r *run.Run) bool {
			return r.State == run.StateClosed && !unapproved(r, all)
		})
	}
	slices.SortFunc(runs, func(x, y *run.Run) int {
		if c.Open {
			return cmp.Or(x.Due.Compare(y.Due), cmp.Compare(x.ID, y.ID))
		}
		return cmp.Compare(y.ID, x.ID)
	})
	return a.data(a.reports(runs, all), func() { a.runs(runs, all, c.Open) })
}

// runs prints a line a run; of open runs it matters when they go on. All are the
// runs among which is what became of them.
func (a *app) runs(runs, all []*run.Run, open bool) {
	header := table.Row{"run", "when", "control", "account", "resource", "trigger", "status", "then"}
	if open {
		header[1] = "due"
	}
	var rows []table.Row
	for _, r := range runs {
		when := stamp(r.Created)
		switch {
		case open && r.State == run.StateClosed:
			when = "" // it waits for a person
		case open:
			when = stamp(r.Due)
		}
		rows = append(rows, table.Row{
			r.ID, when, r.Key.Control, r.Key.Account, r.Key.Resource, r.Trigger,
			a.status(shownStatus(r)), then(r, settledBy(r, all)),
		})
	}
	a.table(header, rows)
}

func (a *app) reports(runs, all []*run.Run) []runReport {
	out := make([]runReport, len(runs))
	for i, r := range runs {
		out[i] = a.report(r)
		if settled := settledBy(r, all); settled != nil {
			out[i].SettledBy = settled.ID
		}
	}
	return out
}
