package main

import (
	"errors"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
)

// Bounds of what a person says about a stop.
const (
	maxStopReason = 200
	shortestStop  = time.Minute // the ledger counts in seconds
)

type stopCmd struct {
	Control word   `arg:"" optional:"" help:"The control, such as S3.8; without one everything is stopped."`
	Reason  string `required:"" placeholder:"TEXT" help:"Why, for everybody who meets the stop."`
	For     *span  `placeholder:"TIME" help:"How long, such as 2h or 7d; without it until salve resume."`
	Account string `placeholder:"ID" help:"Only the control in this account."`
}

// Run stops a control, or everything, at once: there is nothing to plan.
func (c *stopCmd) Run(a *app) error {
	s, err := c.stop(a)
	if err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	s.Owner = h.actor
	before, err := h.ledger().Settings(a.ctx)
	if err != nil {
		return err
	}
	if err := h.ledger().Stop(a.ctx, s); errors.Is(err, gate.ErrLonger) {
		return a.names.shorter(before.Stops, s, a.now())
	} else if err != nil {
		return err
	}
	a.switched(h, audit.Stopped, s)
	return a.data(a.names.stopReport(s), func() {
		a.say("%s is stopped %s (in force within half a minute)", a.names.stopName(s), stopEnd(s))
		if old, ok := stopOf(before.Stops, s, a.now()); ok {
			a.say("  instead of the stop of %s: %s", old.Owner, old.Reason)
		}
		a.say("  runs that have begun to write are finished; plan, verify and undo go on working")
		a.unfinished(h, s)
		a.say("  to go on: %s", a.names.liftedBy(s))
	})
}

// stop checks what was typed.
func (c *stopCmd) stop(a *app) (gate.Stop, error) {
	id, err := a.names.listed(string(c.Control))
	if err != nil {
		return gate.Stop{}, err
	}
	reason := plain.Line(c.Reason)
	if reason == "" || plain.Length(reason) > maxStopReason {
		return gate.Stop{}, fault.New(fault.Invalid, "--reason has %d characters: write 1 to %d",
			plain.Length(reason), maxStopReason)
	}
	if err := stopPlace(id, c.Account); err != nil {
		return gate.Stop{}, err
	}
	s := gate.Stop{Control: id, Account: c.Account, Since: a.now(), Origin: gate.Origin{Reason: reason}}
	if c.For != nil {
		length := time.Duration(*c.For)
		if length < shortestStop {
			return gate.Stop{}, fault.New(fault.Invalid, "--for %s is too short: write 1m or more", length)
		}
		s.Expires = a.now().Add(length)
	}
	return s, nil
}

// stopPlace checks the account of a stop.
func stopPlace(control, account string) error {
	if account != "" && control == "" {
		return fault.New(fault.Invalid, "--account goes with a control: what stops everything stops it everywhere")
	}
	return given(account)
}
