package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/approve"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/report"
	"github.com/salve-security/salve/internal/run"
)

type approvalsCmd struct {
	Account several `placeholder:"ID" help:"Only in these accounts, parted by commas."`
	Control string  `placeholder:"ID" patterns:"" help:"Only of this control, such as S3.8, or of several: S3.*."`
}

// waitingReport is a plan that waits for approval, as programs get it.
type waitingReport struct {
	Run      string          `json:"run_id"`
	Control  string          `json:"control"`
	Account  string          `json:"account"`
	Region   string          `json:"region"`
	Resource string          `json:"resource"`
	Trigger  run.Trigger     `json:"trigger"`
	Actor    string          `json:"actor"`         // who asked; unattributed for a click
	Asked    time.Time       `json:"asked"`         // since when it waits
	Ends     time.Time       `json:"ends,omitzero"` // when nobody's answer denies it
	Reason   string          `json:"reason,omitempty"`
	Needs    int             `json:"approvals_needed"`
	Answers  []answerReport  `json:"answers"`
	PlanHash string          `json:"plan_hash"`
	Changes  []report.Change `json:"changes"`
}

// answerReport is what somebody has said to a plan.
type answerReport struct {
	Answer run.Word  `json:"answer"`
	By     string    `json:"by"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

func waitingOf(config gate.Config, r *run.Run) waitingReport {
	w := waitingReport{
		Run: r.ID, Control: r.Key.Control, Account: r.Key.Account, Region: r.Region, Resource: r.Key.Resource,
		Trigger: r.Trigger, Actor: r.Actor, Asked: r.Finished.UTC(), Ends: r.Ends.UTC(), Reason: r.Reason,
		Needs: approve.Needed(config, r), Changes: report.Changes(r.Changes()), Answers: []answerReport{},
	}
	if r.Plan != nil {
		w.PlanHash = r.Plan.Hash
	}
	for _, a := range r.Answers {
		w.Answers = append(w.Answers, answerReport{Answer: a.Word, By: a.Name(), Reason: a.Reason, At: a.At.UTC()})
	}
	return w
}

// Run lists the plans that wait, the one that waits longest first.
func (c *approvalsCmd) Run(a *app) error {
	for _, account := range c.Account {
		if err := accounts(account); err != nil {
			return err
		}
	}
	control, err := a.names.wanted(c.Control)
	if err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	book := h.ledger()
	page, err := book.Approvals(a.ctx, run.Query{Accounts: c.Account, Control: control})
	if err != nil {
		return err
	}
	config, err := a.configured(h)
	if err != nil {
		return err
	}
	list := make([]waitingReport, 0, len(page.Runs))
	for _, r := range page.Runs {
		list = append(list, waitingOf(config, r))
	}
	err = a.data(list, func() { a.waitingPlans(list) })
	a.skipped(page.Skipped)
	return err
}

func (a *app) waitingPlans(list []waitingReport) {
	var rows []table.Row
	for _, w := range list {
		rows = append(rows, table.Row{
			w.Run, w.Control, w.Account, w.Resource, stamp(w.Asked), w.who(), w.ends(), w.so(), w.would(),
		})
	}
	a.table(table.Row{"run", "control", "account", "resource", "asked", "by", "ends", "yes", "would change"}, rows)
	if len(list) > 0 {
		a.say("  look at one and answer it: salve approve RUN, salve deny RUN")
	}
}

// who is who asked, in a word.
func (w waitingReport) who() string {
	switch w.Trigger {
	case run.TriggerClick:
		return "a click"
	case run.TriggerImported:
		return "Security Hub"
	case run.TriggerOperator:
	}
	return w.Actor
}

func (w waitingReport) ends() string {
	if w.Ends.IsZero() {
		return ""
	}
	return stamp(w.Ends)
}

// so is how many have said yes, of how many it takes.
func (w waitingReport) so() string {
	yes := 0
	for _, a := range w.Answers {
		if a.Answer == run.Approve {
			yes++
		}
	}
	return fmt.Sprintf("%d of %d", yes, w.Needs)
}

// would is the plan in one cell.
func (w waitingReport) would() string {
	parts := make([]string, len(w.Changes))
	for i, c := range w.Changes {
		parts[i] = c.Path
	}
	return strings.Join(parts, ", ")
}
