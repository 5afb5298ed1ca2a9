package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/report"
)

type exceptionsCmd struct {
	List   exceptionsList   `cmd:"" help:"Exceptions of the configuration and those made by hand."`
	Add    exceptionsAdd    `cmd:"" help:"Leave a resource, or an account, alone until a day, whoever asks."`
	Expire exceptionsExpire `cmd:"" help:"End an exception that was made by hand, now."`
}

type exceptionsList struct {
	Control word   `placeholder:"ID" help:"Only those that keep this control off, also for others that write the same."`
	Account string `placeholder:"ID" help:"Only those that hold in this account."`
	All     bool   `help:"Those that have ended, too."`
}

// exceptionReport is an exception as programs get it.
type exceptionReport struct {
	ID      string `json:"id,omitempty"`      // not there: it stands in the document
	From    string `json:"from"`              // document, hand or tag
	By      string `json:"by,omitempty"`      // ARN of who made it by hand
	Account string `json:"account,omitempty"` // not there: all accounts
	report.Exception
	Since   time.Time `json:"since,omitzero"`
	EndedAt time.Time `json:"ended_at,omitzero"` // when somebody ended it
	EndedBy string    `json:"ended_by,omitempty"`
	Unread  bool      `json:"unread,omitempty"` // it cannot be read, and holds for everything
}

// Where exceptions stand.
const (
	fromDocument = "document"
	fromHand     = "hand"
	fromTag      = "tag"
)

func (a *app) givenReport(g gate.Given) exceptionReport {
	one := a.exceptionReports([]gate.Exception{g.Exception})[0]
	one.Ended = !g.Holds(a.now())
	from := fromHand
	if g.Asked() {
		from = fromTag
	}
	return exceptionReport{
		ID: g.ID, From: from, By: g.By, Account: g.Account, Exception: one, Since: g.Since.UTC(), EndedAt: g.Ended.UTC(),
		EndedBy: g.EndedBy, Unread: g.Unread,
	}
}

// Run lists exceptions, those that end first before the others.
func (c *exceptionsList) Run(a *app) error {
	id, err := a.names.wanted(string(c.Control))
	if err != nil {
		return err
	}
	if err := given(c.Account); err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	list, err := a.allExceptions(h)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(r exceptionReport) bool {
		return r.Ended && !c.All || c.Account != "" && r.Account != "" && r.Account != c.Account || id != "" && !r.about(id)
	})
	slices.SortStableFunc(list, func(x, y exceptionReport) int {
		return cmp.Or(strings.Compare(x.LastDay, y.LastDay), strings.Compare(x.ID, y.ID))
	})
	return a.data(append([]exceptionReport{}, list...), func() { a.exceptionTable(list) })
}

// allExceptions are those of the document, those made by hand, and those that tags ask for.
func (a *app) allExceptions(h hub) ([]exceptionReport, error) {
	stored, err := h.ledger().Settings(a.ctx)
	if err != nil {
		return nil, err
	}
	byHand, err := h.ledger().Given(a.ctx)
	if err != nil {
		return nil, err
	}
	config, unread := stored.Config()
	if unread != nil {
		a.warn("the stored configuration cannot be read, so its exceptions are not listed: %s", sentence(unread))
	}
	var list []exceptionReport
	for i, e := range a.exceptionReports(config.Exceptions) {
		list = append(list, exceptionReport{From: fromDocument, Account: config.Exceptions[i].Account, Exception: e})
	}
	for _, g := range byHand {
		list = append(list, a.givenReport(g))
	}
	return list, nil
}

// about tells that it keeps a control off, whether it names it or what writes the same.
func (r exceptionReport) about(id string) bool {
	named := gate.Exception{Control: r.Control}
	return named.Names(id) ||
		slices.ContainsFunc(r.Kin, func(kin string) bool { return plain.Like(id, kin) })
}

// exceptionTable lists exceptions with where they stand.
func (a *app) exceptionTable(list []exceptionReport) {
	rows := make([]table.Row, 0, len(list))
	for _, r := range list {
		day := lastDay(r.Exception)
		if !r.EndedAt.IsZero() {
			day = "ended " + plain.Minute(r.EndedAt) + " by " + r.EndedBy
		}
		rows = append(rows, table.Row{
			cmp.Or(r.ID, "("+fromDocument+")"), r.From, strings.Join(slices.Concat([]string{r.Control}, r.Kin), ", "), r.where(),
			r.Owner, r.Ticket, day, r.Reason,
		})
	}
	a.table(table.Row{"id", "kind", "excepted from", "resource", "owner", "ticket", "last day", "reason"}, rows)
	if len(list) == 0 {
		a.say("no exception holds; with --all those that have ended, too")
	}
}

// where is what it is about: a resource, or all of an account.
func (r exceptionReport) where() string {
	switch {
	case r.Account == "":
		return r.Resource
	case r.Resource == "":
		return "all in account " + r.Account
	}
	return r.Resource + " in account " + r.Account
}
