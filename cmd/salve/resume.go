package main

import (
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/report"
)

type resumeCmd struct {
	Control word   `arg:"" optional:"" help:"The control, such as S3.8; without one what stops everything is lifted."`
	Account string `placeholder:"ID" help:"Only the stop of the control in this account."`
	consent
}

// notified is the command that lists what a lifted stop does not bring back.
func notified(control string) string {
	const list = "salve findings list --status NOTIFIED"
	if control == "" {
		return list
	}
	return list + " --control " + control
}

// resumeReport is what a lifted stop leaves, as programs get it.
type resumeReport struct {
	Control string        `json:"control"` // * for everything
	Account string        `json:"account,omitempty"`
	Lifted  bool          `json:"lifted"` // false if there was no stop, or nobody has agreed
	Stops   []report.Stop `json:"stops"`  // that still hold
	Reach   *reach        `json:"reach,omitempty"`

	stop gate.Stop   // that is to be lifted
	left []gate.Stop // Stops
}

// id is the control whose stop is lifted; of one that this release does not have
// there may still be a stop.
func (c *resumeCmd) id(a *app, stops []gate.Stop) (string, error) {
	id, err := a.names.listed(string(c.Control))
	if err == nil {
		return id, nil
	}
	if _, there := stopOf(stops, gate.Stop{Control: string(c.Control), Account: c.Account}, time.Time{}); there {
		return string(c.Control), nil
	}
	return "", err
}

// Run lifts a stop.
func (c *resumeCmd) Run(a *app) error {
	if err := stopPlace(string(c.Control), c.Account); err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	before, err := h.ledger().Settings(a.ctx)
	if err != nil {
		return err
	}
	id, err := c.id(a, before.Stops)
	if err != nil {
		return err
	}
	told := a.resumes(before, gate.Stop{Control: id, Account: c.Account})
	return a.resume(h, before, told, c.Yes)
}

// resumes is what the end of a stop leaves.
func (a *app) resumes(before gate.Settings, s gate.Stop) resumeReport {
	left := slices.DeleteFunc(activeStops(before.Stops, a.now()), func(o gate.Stop) bool { return sameStop(o, s) })
	return resumeReport{
		Control: report.StopOf(s).Control, Account: s.Account, Stops: a.names.stopReports(left), stop: s, left: left,
	}
}

func sameStop(x, y gate.Stop) bool {
	return strings.EqualFold(x.Control, y.Control) && x.Account == y.Account
}

// resume lifts the stop, if it is there and somebody agrees.
func (a *app) resume(h hub, before gate.Settings, told resumeReport, yes bool) error {
	s, asked := told.stop, false
	if held, ok := stopOf(before.Stops, s, a.now()); ok {
		told.Reach = a.stopReach(h, before, told)
		if !yes {
			meant := func() { a.resumeMeant(held, told) }
			var agreed bool
			if asked, agreed = a.asks(meant, "Lift it?"); !agreed {
				return a.notDone(told, asked, meant, "it was not lifted: add --yes")
			}
		}
	}
	if err := a.proven(h, audit.Line{Control: s.Control, Account: s.Account, Reason: "resume"}); err != nil {
		return err
	}
	var err error
	if told.Lifted, err = h.ledger().Resume(a.ctx, s.Control, s.Account, a.now()); err != nil {
		return err
	}
	if told.Lifted {
		s.Origin = gate.Origin{Owner: h.actor, Reason: "lifted"}
		a.switched(h, audit.Resumed, s)
	}
	return a.data(told, func() { a.resumed(told, asked) })
}

// stopReach counts what waits for the end of a stop.
func (a *app) stopReach(h hub, before gate.Settings, told resumeReport) *reach {
	config, err := before.Config()
	if err != nil {
		a.warn("how many open findings this reaches is not known: %s", sentence(err))
		return nil
	}
	s := step{
		from:     stance{config, before.Over(activeStops(before.Stops, a.now()), before.Disables)},
		to:       stance{config, before.Over(told.left, before.Disables)},
		controls: a.names.acting(config),
	}
	if told.stop.Account != "" {
		s.accounts = []string{told.stop.Account}
	}
	if of := told.stop.Control; of != "" {
		s.controls = slices.DeleteFunc(s.controls, func(id string) bool { return !strings.EqualFold(id, of) })
	}
	return a.reached(h, s)
}

// resumeMeant says which stop would be lifted.
func (a *app) resumeMeant(held gate.Stop, told resumeReport) {
	a.say("%s is stopped by %s %s: %s", a.names.stopName(held), held.Owner, stopEnd(held), held.Reason)
	a.sayReach(told.Reach)
}

// lifted says that a stop is, and that what it kept off goes on, unless another stop may keep it off too.
func (a *app) lifted(told resumeReport) {
	if len(told.left) > 0 {
		a.say("the stop of %s is lifted (in force within half a minute); what no other stop keeps off is taken up within "+
			"15 minutes", a.names.stopName(told.stop))
		return
	}
	a.say("%s goes on (in force within half a minute); what waits is taken up within 15 minutes",
		a.names.stopName(told.stop))
}

// resumed says what holds now.
func (a *app) resumed(told resumeReport, seen bool) {
	if told.Lifted {
		a.lifted(told)
		if !seen {
			a.sayReach(told.Reach)
		}
		a.say("  findings of runs that failed or were refused are NOTIFIED and are not taken up by themselves: click "+
			"Remediate on them, salve apply, or set them to NEW; they are listed by %s", notified(told.stop.Control))
	} else {
		a.say("%s was not stopped", a.names.stopName(told.stop))
	}
	if len(told.left) > 0 {
		a.say("Still stopped:")
		a.stops(told.left)
	}
}
