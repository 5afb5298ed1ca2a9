package main

import (
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/run"
)

// by prints what carries a plan out, where that is not Salve itself.
func (a *app) by(book *control.Runbook) {
	if book != nil {
		a.say("  by %s", book)
	}
}

// execution prints what carries a run's plan out, and how far it was when somebody last looked.
func (a *app) execution(r *run.Run) {
	if r.Plan != nil {
		a.by(r.Plan.Runbook)
	}
	e := r.Execution
	if e == nil {
		return
	}
	a.say("  execution: %s", e.ID)
	switch {
	case e.Status == "":
		a.say("  started: %s; nobody has looked yet how far it is", stamp(e.Started))
	case e.Ended.IsZero():
		a.say("  started: %s; %s at the last look", stamp(e.Started), e.Status)
	default:
		a.say("  started: %s; %s, seen %s", stamp(e.Started), e.Status, stamp(e.Ended))
	}
	a.steps(*e, "    ")
}

// steps prints a line for each step, and what failed says below.
func (a *app) steps(e control.Execution, margin string) {
	grid := [][]string{cells(table.Row{"step", "action", "status", "began", "took"})}
	said := map[string]bool{}
	for _, s := range e.Steps {
		grid = append(grid, cells(table.Row{s.Name, s.Action, s.Status, clockTime(s.Began, e.Started), took(s)}))
	}
	if len(e.Steps) > 0 {
		for _, line := range layOut(grid, max(a.columns-len(margin), 0)) {
			printf(a.out, "%s%s\n", margin, strings.TrimRight(line, " "))
		}
	}
	for _, s := range e.Steps {
		if s.Failure != "" {
			a.say("%s%s failed: %s", painted(margin), s.Name, s.Failure)
			said[s.Failure] = true
		}
	}
	if e.Failure != "" && !said[e.Failure] {
		a.say("%sIt failed: %s", painted(margin), e.Failure)
	}
	if e.Cut {
		a.say("%sIt had more steps, which are not kept.", painted(margin))
	}
}

// clockTime is when something began, to the second, without the day where that is the day of the start.
func clockTime(t, start time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case t.UTC().Truncate(day).Equal(start.UTC().Truncate(day)):
		return t.UTC().Format(time.TimeOnly)
	}
	return stamp(t)
}

// took is how long a step took: of seconds nobody wants to read milliseconds.
func took(s control.Step) string {
	switch d := s.Took(); {
	case s.Ended.IsZero():
		return ""
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	default:
		return d.Round(100 * time.Millisecond).String()
	}
}
