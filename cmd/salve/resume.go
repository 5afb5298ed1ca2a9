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
	Lifted  bool          `json:"lifted"` // false if there was no stop
	Stops   []report.Stop `json:"stops"`  // that still hold
}

// id is the control whose stop is lifted; of one that this release does not have
// there may still be a stop.
func (c *resumeCmd) id(a *app, stops []gate.Stop) (string, error) {
	id, err := a.names.stoppable(string(c.Control))
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
	if err := a.proven(h, audit.Line{Control: id, Account: c.Account, Reason: "resume"}); err != nil {
		return err
	}
	lifted, err := h.ledger().Resume(a.ctx, id, c.Account, a.now())
	if err != nil {
		return err
	}
	s := gate.Stop{Control: id, Account: c.Account}
	if lifted {
		s.Origin = gate.Origin{Owner: h.actor, Reason: "lifted"}
		a.switched(h, audit.Resumed, s)
	}
	left := slices.DeleteFunc(activeStops(before.Stops, a.now()), func(s gate.Stop) bool {
		return strings.EqualFold(s.Control, id) && s.Account == c.Account
	})
	told := resumeReport{
		Control: report.StopOf(s).Control, Account: s.Account, Lifted: lifted, Stops: a.names.stopReports(left),
	}
	return a.data(told, func() {
		if lifted {
			a.say("%s goes on (in force within half a minute); what waits is taken up within 15 minutes", a.names.stopName(s))
			a.say("  findings of runs that failed or were refused are NOTIFIED and are not taken up by themselves: click "+
				"Remediate on them, salve apply, or set them to NEW; they are listed by %s", notified(id))
		} else {
			a.say("%s was not stopped", a.names.stopName(s))
		}
		if len(left) > 0 {
			a.say("Still stopped:")
			a.stops(left)
		}
	})
}
