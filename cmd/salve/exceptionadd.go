package main

import (
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
)

type exceptionsAdd struct {
	Control  several `arg:"" help:"The control; several with commas, S3.*, or * for all (quote them)."`
	Resource word    `arg:"" optional:"" help:"Id of the resource; * stands for anything. Without one all of --account."`
	Account  string  `placeholder:"ID" help:"Only in this account."`
	Reason   string  `required:"" placeholder:"TEXT" help:"Why, for everybody who meets it."`
	Owner    string  `placeholder:"NAME" help:"Who answers for it; without one, you."`
	Ticket   string  `placeholder:"ID" help:"Where it is written down."`
	Until    string  `placeholder:"DAY" help:"Its last day, such as 2027-03-31; at most a year ahead, as without one."`
	For      *span   `placeholder:"TIME" help:"In place of --until: how long, such as 30d."`
	Suppress bool    `help:"Set its open findings to SUPPRESSED too, with your own rights in Security Hub."`
}

// Bounds of what a person says of an exception.
const (
	maxExceptionName = 100  // of owner and ticket
	maxExceptionText = 1000 // of controls and resource
)

// addReport is an exception that was made, as programs get it.
type addReport struct {
	exceptionReport
	Suppressed *int `json:"suppressed,omitempty"` // findings, where they were to be
}

// Run makes an exception. It tightens, so nobody is asked.
func (c *exceptionsAdd) Run(a *app) error {
	g, err := c.exception(a)
	if err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	if g.Owner == "" {
		g.Owner = h.actor
	}
	g.By = h.me
	before, err := h.ledger().Given(a.ctx)
	if err != nil {
		return err
	}
	if held := holding(before, a.now()); held >= gate.MostGiven {
		return fault.New(fault.Refused, "%s hold already, and there is room for no more: except accounts or patterns, or "+
			"put what lasts into the document", counted(held, "exception"))
	}
	if err := a.proven(h, exceptionLine(g, "exceptions add")); err != nil {
		return err
	}
	for g.ID = newException(); ; g.ID = newException() {
		if err = h.ledger().Except(a.ctx, g); !errors.Is(err, gate.ErrTaken) {
			break
		}
	}
	if err != nil {
		return err
	}
	a.exceptionSwitched(h, audit.Excepted, g, g.Reason)
	told := addReport{exceptionReport: a.givenReport(g)}
	var failed error
	if c.Suppress {
		var n int
		n, failed = a.suppress(h, g)
		told.Suppressed = &n
	}
	if err := a.data(told, func() { a.added(told) }); err != nil {
		return err
	}
	return failed
}

func (a *app) added(told addReport) {
	a.say("exception %s holds until the end of %s UTC (in force within half a minute)", told.ID, told.LastDay)
	a.exceptionTable([]exceptionReport{told.exceptionReport})
	a.say("  it stands beside the configuration, and no push takes it away")
	a.say("  to end it: salve exceptions expire %s", told.ID)
	if told.Suppressed != nil {
		a.say("  %s set to SUPPRESSED", counted(*told.Suppressed, "finding"))
	}
}

// exception checks what was typed.
func (c *exceptionsAdd) exception(a *app) (gate.Given, error) {
	names, err := a.names.excepted(c.Control)
	if err != nil {
		return gate.Given{}, err
	}
	if err := given(c.Account); err != nil {
		return gate.Given{}, err
	}
	g := gate.Given{Since: a.now(), Exception: gate.Exception{
		Control: names, Account: c.Account, Resource: strings.TrimSpace(string(c.Resource)), Reason: plain.Line(c.Reason),
		Owner: plain.Line(c.Owner), Ticket: plain.Line(c.Ticket),
	}}
	for _, text := range []struct {
		name, value string
		least, most int
	}{
		{"--reason", g.Reason, 1, maxStopReason},
		{"--owner", g.Owner, 0, maxExceptionName},
		{"--ticket", g.Ticket, 0, maxExceptionName},
		{"the resource", g.Resource, 0, maxExceptionText},
		{"the list of controls", g.Control, 1, maxExceptionText},
	} {
		if n := plain.Length(text.value); n < text.least || n > text.most {
			return g, fault.New(fault.Invalid, "%s has %d characters: write %d to %d", text.name, n, text.least, text.most)
		}
	}
	switch {
	case g.Resource == "" && g.Account == "":
		return g, fault.New(fault.Invalid, "neither a resource nor an account is named: it would protect nothing, or all")
	case strings.Trim(g.Resource, "*") == "" && g.Account == "":
		return g, fault.New(fault.Invalid, "%s is every resource of every account: name an account with --account, or turn "+
			"the control off with salve disable", g.Resource)
	case g.Resource != plain.Line(g.Resource):
		return g, fault.New(fault.Invalid, "the resource is not one line of visible text")
	}
	g.Expires.Day, err = c.lastDay(a.now())
	return g, err
}

// lastDay is the last day that was asked for, and the latest there may be where none was.
func (c *exceptionsAdd) lastDay(now time.Time) (time.Time, error) {
	today := now.UTC().Truncate(day)
	latest := today.AddDate(0, 0, gate.LongestDays)
	last := latest
	switch {
	case c.Until != "" && c.For != nil:
		return last, fault.New(fault.Invalid, "--until and --for both say when it ends: leave out one")
	case c.Until != "":
		var d gate.Date
		if err := d.UnmarshalText([]byte(c.Until)); err != nil {
			return last, fault.New(fault.Invalid, "--until: %w", err)
		}
		last = d.Day
	case c.For != nil:
		last = now.UTC().Add(time.Duration(*c.For)).Truncate(day)
	}
	switch {
	case last.Before(today):
		return last, fault.New(fault.Invalid, "%s is over: write a last day from today on", last.Format(time.DateOnly))
	case last.After(latest):
		return last, fault.New(fault.Invalid, "%s is more than a year ahead: write %s or a day before it, and renew it then",
			last.Format(time.DateOnly), latest.Format(time.DateOnly))
	}
	return last, nil
}

// excepted are the controls that an exception names, as Salve writes them.
func (c catalogue) excepted(list []string) (string, error) {
	var out []string
	for _, name := range list {
		if name == "*" {
			out = append(out, name)
			continue
		}
		known, err := c.wanted(name)
		if err != nil {
			return "", err
		}
		out = append(out, known)
	}
	return strings.Join(out, ","), nil
}

// holding counts those that hold at a time.
func holding(list []gate.Given, now time.Time) int {
	n := 0
	for _, g := range list {
		if g.Holds(now) {
			n++
		}
	}
	return n
}

// newException is an id that nobody has used: letters that are told apart when they are read aloud.
func newException() string { return "x" + strings.ToLower(rand.Text()[:9]) }

// exceptionSwitched writes the audit line of an exception that comes or goes.
func (a *app) exceptionSwitched(h hub, event string, g gate.Given, why string) {
	line := exceptionLine(g, strings.TrimSuffix("exception "+g.ID+": "+why, ": "))
	line.Time, line.Event, line.Trigger, line.Actor = a.now(), event, "operator", h.actor
	a.audit(h)(a.ctx, line)
}

// exceptionLine is an audit line about an exception.
func exceptionLine(g gate.Given, reason string) audit.Line {
	return audit.Line{Control: g.Control, Account: g.Account, Resource: g.Resource, Reason: reason}
}
