package main

import (
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/report"
)

// exceptionReports are the exceptions of a document as programs get them.
func (a *app) exceptionReports(list []gate.Exception) []report.Exception {
	out := make([]report.Exception, 0, len(list))
	for _, e := range list {
		var kin []string
		if c, ok := a.names.controls.Get(e.Control); ok {
			kin = a.names.controls.Sharing(c)
		}
		e.Control = a.names.knownID(e.Control)
		out = append(out, report.ExceptionOf(e, kin, a.now()))
	}
	return out
}

// exceptions lists exceptions for people: whose they are, what they protect and until when.
func (a *app) exceptions(list []report.Exception) {
	rows := make([]table.Row, 0, len(list))
	for _, e := range list {
		controls := strings.Join(slices.Concat([]string{e.Control}, e.Kin), ", ")
		rows = append(rows, table.Row{controls, e.Resource, e.Owner, e.Ticket, lastDay(e), e.Reason})
	}
	a.table(table.Row{"excepted from", "resource", "owner", "ticket", "last day", "reason"}, rows)
	a.sayEnded(list)
}

// lastDay says until when an exception holds.
func lastDay(e report.Exception) string {
	switch {
	case e.Ended:
		return e.LastDay + " (ended)"
	case e.LastDay == "":
		return "none"
	}
	return e.LastDay
}

// sayEnded warns of exceptions that protect nothing any more.
func (a *app) sayEnded(list []report.Exception) {
	ended := 0
	for _, e := range list {
		if e.Ended {
			ended++
		}
	}
	switch {
	case ended == 1:
		a.say("  beware: 1 exception has ended and protects nothing: renew it or take it out")
	case ended > 1:
		a.say("  beware: %d exceptions have ended and protect nothing: renew them or take them out", ended)
	}
}

// exceptedNow are the exceptions for what a plan would change, also those that have ended.
func (a *app) exceptedNow(e *engine.Engine, req work.Request) []report.Exception {
	list, err := e.Exceptions(a.ctx, req)
	if err != nil {
		a.warn("whether an exception protects %s is not known: %s", req.Target.Resource, sentence(err))
		return nil
	}
	return a.exceptionReports(list)
}

// sayExcepted warns of exceptions for what a plan would change.
func (a *app) sayExcepted(list []report.Exception) {
	for _, e := range list {
		ticket := ""
		if e.Ticket != "" {
			ticket = ", ticket " + e.Ticket
		}
		if e.Ended {
			a.say("  an exception of %s (owner %s%s) has ended, its last day was %s: it protects nothing any more",
				e.Control, e.Owner, ticket, e.LastDay)
			continue
		}
		a.say("  beware: an exception of %s (owner %s%s, last day %s) protects this: %s; apply is refused without "+
			"--despite-exception", e.Control, e.Owner, ticket, lastDay(e), e.Reason)
	}
}
