package main

import (
	"slices"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
)

type exceptionsExpire struct {
	ID string `arg:"" name:"exception" help:"The exception, by its id as salve exceptions list shows it."`
	consent
}

// expireReport is what became of an exception that was to end, as programs get it.
type expireReport struct {
	exceptionReport
	Expired  bool   `json:"expired"`            // false: it had ended, or nobody has agreed
	Released *int   `json:"released,omitempty"` // findings that were SUPPRESSED for it, and are NEW again
	Reach    *reach `json:"reach,omitempty"`
}

// Run ends an exception. It widens, so a person is asked.
func (c *exceptionsExpire) Run(a *app) error {
	h, err := a.hub()
	if err != nil {
		return err
	}
	all, err := h.ledger().Given(a.ctx)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(g gate.Given) bool { return g.ID == c.ID })
	if at < 0 {
		return fault.New(fault.Invalid, "no exception that was made by hand is called %q: see salve exceptions list; one of "+
			"the document ends there", c.ID)
	}
	g := all[at]
	told, asked := expireReport{exceptionReport: a.givenReport(g)}, false
	if g.Holds(a.now()) {
		if told.Reach, err = a.exceptionReach(h, all, g); err != nil {
			return err
		}
		if !c.Yes {
			meant := func() { a.expireMeant(told) }
			var agreed bool
			if asked, agreed = a.asks(meant, "End it?"); !agreed {
				return a.notDone(told, asked, meant, "it was not ended: add --yes")
			}
		}
	}
	return a.expire(h, g, told, asked)
}

// expire ends it, if nobody has, and sets back what was SUPPRESSED for it.
func (a *app) expire(h hub, g gate.Given, told expireReport, asked bool) (err error) {
	if err := a.proven(h, exceptionLine(g, "exceptions expire")); err != nil {
		return err
	}
	if told.Expired, err = h.ledger().EndExcept(a.ctx, g.ID, h.actor, a.now()); err != nil {
		return err
	}
	if told.Expired {
		a.exceptionSwitched(h, audit.Expired, g, "")
		g.Ended, g.EndedBy = a.now(), h.actor
		told.exceptionReport = a.givenReport(g)
	}
	n, failed := a.unsuppress(h, g)
	if n > 0 {
		told.Released = &n
	}
	if err := a.data(told, func() { a.expired(told, asked) }); err != nil {
		return err
	}
	return failed
}

func (a *app) expireMeant(told expireReport) {
	a.exceptionTable([]exceptionReport{told.exceptionReport})
	a.sayReach(told.Reach)
}

func (a *app) expired(told expireReport, seen bool) {
	switch {
	case !told.Expired:
		a.say("exception %s had ended already", told.ID)
	default:
		a.say("exception %s has ended (in force within half a minute)", told.ID)
		if !seen {
			a.sayReach(told.Reach)
		}
	}
	if told.Released != nil {
		a.say("  %s that were SUPPRESSED for it are NEW again", counted(*told.Released, "finding"))
	}
}

// exceptionReach counts what an exception keeps Salve from.
func (a *app) exceptionReach(h hub, all []gate.Given, g gate.Given) (*reach, error) {
	stored, err := h.ledger().Settings(a.ctx)
	if err != nil {
		return nil, err
	}
	config, unread := stored.Config()
	if unread != nil {
		a.warn("how many open findings this reaches is not known: %s", sentence(unread))
		return nil, nil //nolint:nilnil // not to know it is no reason not to go on
	}
	left := slices.DeleteFunc(slices.Clone(all), func(o gate.Given) bool { return o.ID == g.ID })
	over := stored.Over(activeStops(stored.Stops, a.now()), stored.Disables)
	s := step{
		from: stance{config, over.With(all)}, to: stance{config, over.With(left)}, controls: a.names.acting(config),
	}
	s.controls = slices.DeleteFunc(s.controls, func(id string) bool { return !a.keepsOff(g, id) })
	if g.Account != "" {
		s.accounts = []string{g.Account}
	}
	return a.reached(h, s), nil
}

// keepsOff tells that an exception may keep a control off: it names it, or what writes the same.
func (a *app) keepsOff(g gate.Given, id string) bool {
	c, ok := a.names.controls.Get(id)
	return g.Names(id) || ok && slices.ContainsFunc(a.names.controls.Sharing(c), g.Names)
}
