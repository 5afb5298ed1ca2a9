package main

import (
	"cmp"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/gate"
)

// switched writes the audit line of a stop or its end.
func (a *app) switched(h hub, event string, s gate.Stop) {
	a.audit(h)(a.ctx, engine.Line{
		Time: a.now(), Event: event, Control: s.Control, Trigger: "operator", Actor: h.actor, Reason: s.Reason,
	})
}

// stopReport is a stop as programs get it.
type stopReport struct {
	Control string    `json:"control"` // * for everything
	Owner   string    `json:"owner"`
	Reason  string    `json:"reason"`
	Since   time.Time `json:"since,omitzero"`
	Expires time.Time `json:"expires,omitzero"` // not there: until it is lifted
}

func stopReportOf(s gate.Stop) stopReport {
	return stopReport{
		Control: everyControl(knownID(s.Control)), Owner: s.Owner, Reason: s.Reason, Since: s.Since, Expires: s.Expires,
	}
}

func stopReports(list []gate.Stop) []stopReport {
	out := make([]stopReport, 0, len(list))
	for _, s := range list {
		out = append(out, stopReportOf(s))
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

// stopOf is the stop of a control that holds at a time.
func stopOf(list []gate.Stop, control string, at time.Time) (gate.Stop, bool) {
	for _, s := range activeStops(list, at) {
		if strings.EqualFold(s.Control, control) {
			return s, true
		}
	}
	return gate.Stop{}, false
}

// stopName says what is stopped; everything stands out.
func stopName(s gate.Stop) string {
	if s.Everything() {
		return "EVERYTHING"
	}
	return knownID(s.Control)
}

// knownID is a control's id as Salve writes it, if it has the control.
func knownID(id string) string {
	if c, err := playbook(id); err == nil {
		return c.ID
	}
	return id
}

// everyControl names a control for programs, or all of them.
func everyControl(id string) string { return cmp.Or(id, "*") }

func stopEnd(s gate.Stop) string {
	if s.Expires.IsZero() {
		return "until it is lifted"
	}
	return "until " + s.Expires.UTC().Format("2006-01-02 15:04 UTC")
}

// stops lists stops for people.
func (a *app) stops(list []gate.Stop) {
	var rows []table.Row
	for _, s := range list {
		rows = append(rows, table.Row{stopName(s), s.Owner, stopEnd(s), s.Reason})
	}
	a.table(table.Row{"stopped", "by", "until", "reason"}, rows)
}
