package main

import (
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/report"
	"github.com/salve-security/salve/internal/run"
)

type historyCmd struct {
	Account  several `placeholder:"ID" help:"Only in these accounts, parted by commas."`
	Region   string  `placeholder:"REGION" help:"Only in this Region."`
	Control  string  `placeholder:"ID" patterns:"" help:"Only of this control, such as S3.8, or of several: S3.*."`
	Resource string  `placeholder:"ARN" help:"Only of this resource."`
	Status   string  `enum:"${statuses}" default:"" placeholder:"STATUS" help:"Only runs of this status, such as failed."`
	Actor    string  `placeholder:"NAME" help:"Only runs that this person or service asked for."`
	Open     bool    `help:"Only runs that wait: for approval first, then for a later try or AWS, the next one due first."`
	Since    string  `placeholder:"WHEN" help:"${help_since}"`
	Until    string  `placeholder:"WHEN" help:"Only runs that began before: ages and times as for --since."`
	Limit    int     `default:"100" placeholder:"N" help:"At most that many runs; 0 lists all."`
}

// Run lists runs.
func (c *historyCmd) Run(a *app) error {
	q, err := c.query(a.names, a.now())
	if err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	book, read := h.ledger(), h.ledger().History
	if c.Open {
		read = book.Waiting
	}
	page, err := read(a.ctx, q)
	if err != nil {
		return err
	}
	later, err := laterRuns(a.ctx, book, page.Runs)
	if err != nil {
		return err
	}
	all := slices.Concat(page.Runs, later)
	if err := a.data(a.reports(page.Runs, all), func() { a.runs(page.Runs, all, c.Open) }); err != nil {
		return err
	}
	a.left(page)
	return nil
}

// left says what the list does not have.
func (a *app) left(page run.Page) {
	a.skipped(page.Skipped)
	if n := len(page.Runs); page.Next != "" && n > 0 {
		a.warn("there are more: --until %s goes on, --limit lists more at a time",
			page.Runs[n-1].Created.UTC().Format(preciseTime))
	}
}

// skipped says which runs cannot be read.
func (a *app) skipped(list []error) {
	for _, why := range list[:min(len(list), maxNames)] {
		a.warn("a run is left out: %s", sentence(why))
	}
	if more := len(list) - maxNames; more > 0 {
		a.warn("and %d more are left out", more)
	}
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
			a.status(shownStatus(r, all...)), then(r, all),
		})
	}
	a.table(header, rows)
}

func (a *app) reports(runs, all []*run.Run) []report.Report {
	out := make([]report.Report, len(runs))
	for i, r := range runs {
		out[i] = a.report(r)
		if settled := settledBy(r, all); settled != nil {
			out[i].SettledBy = settled.ID
		}
	}
	return out
}
