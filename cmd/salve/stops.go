package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/report"
	"github.com/salve-security/salve/internal/run"
)

// switched writes the audit line of a stop or its end.
func (a *app) switched(h hub, event string, s gate.Stop) {
	a.audit(h)(a.ctx, audit.Line{
		Time: a.now(), Event: event, Control: s.Control, Account: s.Account, Trigger: "operator", Actor: h.actor,
		Reason: s.Reason,
	})
}

// stopReport is a stop as programs get it.
func (c catalogue) stopReport(s gate.Stop) report.Stop {
	s.Control = c.knownID(s.Control)
	return report.StopOf(s)
}

func (c catalogue) stopReports(list []gate.Stop) []report.Stop {
	out := make([]report.Stop, 0, len(list))
	for _, s := range list {
		out = append(out, c.stopReport(s))
	}
	return out
}

// activeStops are those that hold now.
func activeStops(list []gate.Stop, now time.Time) []gate.Stop {
	var out []gate.Stop
	for _, s := range list {
		if s.Active(now) {
			out = append(out, s)
		}
	}
	return out
}

// stopOf is the stop that holds at a time where another one would be.
func stopOf(list []gate.Stop, of gate.Stop, at time.Time) (gate.Stop, bool) {
	for _, s := range activeStops(list, at) {
		if strings.EqualFold(s.Control, of.Control) && s.Account == of.Account {
			return s, true
		}
	}
	return gate.Stop{}, false
}

// stopName says what is stopped; everything stands out.
func (c catalogue) stopName(s gate.Stop) string {
	if s.Everything() {
		return "EVERYTHING"
	}
	if s.Account != "" {
		return c.knownID(s.Control) + " in account " + s.Account
	}
	return c.knownID(s.Control)
}

// knownID is a control's id as Salve writes it, if it has the control.
func (c catalogue) knownID(id string) string {
	if known, ok := c.controls.Get(id); ok {
		return known.ID
	}
	return id
}

func stopEnd(s gate.Stop) string {
	if s.Expires.IsZero() {
		return "until it is lifted"
	}
	return "until " + plain.Minute(s.Expires)
}

// stops lists stops for people.
func (a *app) stops(list []gate.Stop) {
	var rows []table.Row
	for _, s := range list {
		rows = append(rows, table.Row{a.names.stopName(s), s.Owner, stopEnd(s), s.Reason})
	}
	a.table(table.Row{"stopped", "by", "until", "reason"}, rows)
}

// liftedBy is the command that lifts a stop, and no other.
func (c catalogue) liftedBy(s gate.Stop) string { return s.Resume(c.knownID(s.Control)) }

// shorter refuses a stop that would end before the one that holds.
func (c catalogue) shorter(list []gate.Stop, s gate.Stop, now time.Time) error {
	old, ok := stopOf(list, s, now)
	if !ok { // it came a moment ago
		return fault.Wrap(fault.Refused, gate.ErrLonger)
	}
	return fault.New(fault.Refused, "%s is stopped by %s %s already, which is longer: stop it for longer, or lift that "+
		"first: %s", c.stopName(old), old.Owner, stopEnd(old), c.liftedBy(old))
}

// maxUnfinished is how many runs a stop lists.
const maxUnfinished = 5

// unfinished lists the open runs that a stop meets: those that have written
// something go on, the others wait.
func (a *app) unfinished(h hub, s gate.Stop) {
	q := run.Query{Control: s.Control}
	if s.Account != "" {
		q.Accounts = []string{s.Account}
	}
	page, err := h.ledger().Open(a.ctx, q)
	if err != nil {
		a.warn("which runs are open is not known: %s", sentence(err))
		return
	}
	runs := page.Runs
	slices.SortFunc(runs, func(x, y *run.Run) int { return cmp.Compare(x.ID, y.ID) })
	for _, r := range runs[:min(len(runs), maxUnfinished)] {
		a.say("  open: run %s  %s  %s  %s", r.ID, r.Key.Control, r.Key.Resource, shownStatus(r))
	}
	if more := len(runs) - maxUnfinished; more > 0 {
		a.say("  and %d more: salve history --open", more)
	}
}

// stoppedNow is the stop that an apply of the control in an account would meet now, if there is one.
func (a *app) stoppedNow(h hub, control, account string) *gate.Stop {
	stored, err := h.ledger().Settings(a.ctx)
	if err != nil {
		a.warn("whether %s is stopped is not known: %s", control, sentence(err))
		return nil
	}
	s, stopped := stored.Overlay().Stopped(control, account, a.now())
	if !stopped {
		return nil
	}
	return &s
}

// sayStopped warns of a stop, where there is one.
func (a *app) sayStopped(s *gate.Stop) {
	if s != nil {
		a.say("  beware: %s is stopped by %s %s: %s; apply is refused until then; to go on: %s", a.names.stopName(*s),
			s.Owner, stopEnd(*s), s.Reason, a.names.liftedBy(*s))
	}
}
