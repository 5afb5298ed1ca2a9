package main

import (
	"cmp"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/run"
)

// runReport is a run as programs get it.
type runReport struct {
	RunID      string           `json:"run_id"`
	Control    string           `json:"control"`
	Account    string           `json:"account"`
	Region     string           `json:"region"`
	Resource   string           `json:"resource"`
	Status     run.Status       `json:"status"`
	Reason     string           `json:"reason,omitempty"`
	Diff       []control.Change `json:"diff"`
	BeforeHash string           `json:"before_hash,omitempty"`
	AfterHash  string           `json:"after_hash,omitempty"`
	PlanHash   string           `json:"plan_hash,omitempty"`
	Calls      []string         `json:"calls,omitempty"`
	Note       string           `json:"note,omitempty"`
	Trigger    run.Trigger      `json:"trigger"`
	Actor      string           `json:"actor"`
	Created    time.Time        `json:"created"`
	Finished   time.Time        `json:"finished,omitzero"`
	Undoes     string           `json:"undoes,omitempty"`
	UndoneBy   string           `json:"undone_by,omitempty"`
	Findings   []string         `json:"findings,omitempty"`
}

func report(r *run.Run) runReport {
	out := runReport{
		RunID: r.ID, Control: r.Key.Control, Account: r.Key.Account, Region: r.Region, Resource: r.Key.Resource,
		Status: r.Status, Reason: r.Reason, Diff: r.Changes(), BeforeHash: r.BeforeHash, AfterHash: r.AfterHash,
		Calls: r.Calls, Note: r.Note, Trigger: r.Trigger, Actor: r.Actor, Created: r.Created, Finished: r.Finished,
		Undoes: r.Undoes, UndoneBy: r.UndoneBy,
	}
	if out.Diff == nil {
		out.Diff = []control.Change{}
	}
	if r.Plan != nil {
		out.PlanHash = r.Plan.Hash
	}
	for id := range r.Findings {
		out.Findings = append(out.Findings, id)
	}
	slices.Sort(out.Findings)
	return out
}

// result prints a run and turns its status into an exit code.
func (a *app) result(r *run.Run) error {
	if err := a.data(report(r), func() { a.story(r) }); err != nil {
		return err
	}
	switch r.Status {
	case run.StatusVerified, run.StatusCompliant, run.StatusUndone, run.StatusGone:
		return nil
	case run.StatusPlanned:
		return exit(exitPending)
	case run.StatusAwaitingApproval, run.StatusDeferred:
		return exit(exitWaiting)
	case run.StatusFailed, run.StatusDenied, run.StatusUnverified, run.StatusRefused:
	}
	return exit(exitNotFixed)
}

func (a *app) story(r *run.Run) {
	a.say("%s  %s  %s  %s  run %s", r.Status, r.Key.Control, r.Key.Account, r.Key.Resource, r.ID)
	for _, c := range r.Changes() {
		a.say("  %s", c)
	}
	if r.Reason != "" {
		a.say("  because: %s", r.Reason)
	}
	if r.Note != "" {
		a.say("  note: %s", r.Note)
	}
	if r.Undoable() {
		a.say("  undo: salve undo %s --yes", r.ID)
	}
}

type historyCmd struct {
	Account  string        `help:"Only this account."`
	Control  string        `help:"Only this control."`
	Resource string        `help:"Only this resource."`
	Since    time.Duration `default:"720h" help:"How far back."`
}

// Run lists runs, the newest first.
func (c *historyCmd) Run(a *app) error {
	h, err := a.hub()
	if err != nil {
		return err
	}
	runs, err := h.ledger().History(a.ctx, ledger.Filter{
		Account: c.Account, Control: c.Control, Resource: c.Resource, Since: time.Now().Add(-c.Since),
	})
	if err != nil {
		return err
	}
	slices.SortFunc(runs, func(x, y *run.Run) int { return cmp.Compare(y.ID, x.ID) })
	reports := make([]runReport, len(runs))
	for i, r := range runs {
		reports[i] = report(r)
	}
	return a.data(reports, func() {
		var rows []table.Row
		for _, r := range runs {
			rows = append(rows, table.Row{
				r.ID, r.Created.Format(time.DateTime), r.Key.Control, r.Key.Account, r.Key.Resource, r.Trigger, r.Status,
			})
		}
		a.table(table.Row{"run", "when", "control", "account", "resource", "trigger", "status"}, rows)
	})
}

type showCmd struct {
	ID string `arg:"" help:"Id of the run."`
}

// Run prints one run.
func (c *showCmd) Run(a *app) error {
	h, err := a.hub()
	if err != nil {
		return err
	}
	r, err := h.ledger().Get(a.ctx, c.ID)
	if err != nil {
		return err
	}
	return a.data(report(r), func() { a.story(r) })
}
