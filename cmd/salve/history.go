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
	h, err := a.hub()
	if err != nil {
		return err
	}
	id := c.Control
	if known, err := playbook(id); err == nil {
		id = known.ID
	}
	runs, err := h.ledger().History(a.ctx, ledger.Filter{
		Account: c.Account, Control: id, Resource: c.Resource, Since: time.Now().Add(-c.Since),
	})
	if err != nil {
		return err
	}
	if c.Open {
		all := slices.Clone(runs)
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
	return a.data(reports(runs), func() { a.runs(runs, c.Open) })
}

// unapproved tells that a run waits for approval and nothing has happened to its work since.
func unapproved(r *run.Run, all []*run.Run) bool {
	return r.Status == run.StatusAwaitingApproval && !slices.ContainsFunc(all, func(later *run.Run) bool {
		return later.Key == r.Key && later.Created.After(r.Created)
	})
}

// runs prints a line a run; of open runs it matters when they go on.
func (a *app) runs(runs []*run.Run, open bool) {
	header := table.Row{"run", "when", "control", "account", "resource", "trigger", "status"}
	if open {
		header[1] = "due"
	}
	var rows []table.Row
	for _, r := range runs {
		when := r.Created
		if open {
			when = r.Due
		}
		rows = append(rows, table.Row{
			r.ID, when.UTC().Format(time.DateTime), r.Key.Control, r.Key.Account, r.Key.Resource, r.Trigger,
			a.status(shownStatus(r)),
		})
	}
	a.table(header, rows)
}

type showCmd struct {
	which
}

// Run prints one run, or a line for each run of a batch.
func (c *showCmd) Run(a *app) error {
	h, err := a.hub()
	if err != nil {
		return err
	}
	runs, err := c.list(a.ctx, h.ledger())
	if err != nil {
		return err
	}
	if len(runs) == 1 {
		return a.data(report(runs[0]), func() { a.story(runs[0]) })
	}
	return a.data(reports(runs), func() {
		a.runs(runs, false)
		a.say("\nOne of them: salve show RUN, or salve show %s --resource ARN", c.ID)
	})
}

func reports(runs []*run.Run) []runReport {
	out := make([]runReport, len(runs))
	for i, r := range runs {
		out[i] = report(r)
	}
	return out
}
