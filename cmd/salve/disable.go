package main

import (
	"errors"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/report"
)

type disableCmd struct {
	Rule string `arg:"" optional:"" name:"control-or-standard" help:"${help_rule}"`
	somewhere
	Reason string `placeholder:"TEXT" help:"Why, for everybody who meets it."`
	For    *span  `placeholder:"TIME" help:"How long, such as 2h or 7d; without it until salve enable --lift."`
}

// Run turns a control or a standard off, everywhere or in some places, for clicks too. It stands beside the document:
// no push takes it away.
func (c *disableCmd) Run(a *app) error {
	d, err := c.disable(a)
	if err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	d.Owner = h.actor
	if err := a.proven(h, audit.Line{Control: d.Control, Reason: "disable " + everywhere(placesOf(d))}); err != nil {
		return err
	}
	before, err := h.ledger().Settings(a.ctx)
	if err != nil {
		return err
	}
	err = h.ledger().Disable(a.ctx, d, a.now())
	switch {
	case errors.Is(err, gate.ErrLonger):
		return fault.New(fault.Refused, "%s is disabled there for longer already: see salve config show; to take that back "+
			"first: %s", d.Control, d.Lift(d.Control))
	case errors.Is(err, gate.ErrMany):
		return fault.New(fault.Refused, "%d are disabled by hand already, and there is room for no more: put what lasts "+
			"into the document (mode: off, or off_in) and take it back here, or stop everything with salve stop",
			gate.MostDisables)
	case err != nil:
		return err
	}
	a.byHandSwitched(h, audit.Disabled, d)
	return a.data(report.DisableOf(d), func() {
		a.say("%s is disabled %s, clicks included, %s (in force within half a minute)", d.Control,
			everywhere(placesOf(d)), stopEnd(gate.Stop{Origin: d.Origin}))
		a.disableMeans(before, d)
	})
}

// disableMeans says what becomes of what was on, and how to go back.
func (a *app) disableMeans(before gate.Settings, d gate.Disable) {
	if config, err := before.Config(); err == nil {
		if rule, there := config.Controls[d.Control]; there {
			a.say("  in spite of %s, which the configuration goes on to say", ruleWas(rule))
		}
	}
	a.say("  it stands beside the configuration, and no push takes it away; runs that have begun to write are finished")
	a.say("  to take it back: %s", d.Lift(d.Control))
}

// disable checks what was typed.
func (c *disableCmd) disable(a *app) (gate.Disable, error) {
	about, err := a.names.subjectOf(c.Rule)
	if err != nil {
		return gate.Disable{}, err
	}
	where, err := c.where()
	if err != nil {
		return gate.Disable{}, err
	}
	reason := plain.Line(c.Reason)
	if plain.Length(reason) > maxStopReason {
		return gate.Disable{}, fault.New(fault.Invalid, "--reason has %d characters: write at most %d",
			plain.Length(reason), maxStopReason)
	}
	d := gate.Disable{Control: about.key, Since: a.now(), Origin: gate.Origin{Reason: reason}}
	if len(where) > 0 {
		d.Where = where[0]
	}
	if _, err := d.Key(); err != nil {
		return gate.Disable{}, fault.Wrap(fault.Invalid, err)
	}
	if c.For != nil {
		length := time.Duration(*c.For)
		if length < shortestStop {
			return gate.Disable{}, fault.New(fault.Invalid, "--for %s is too short: write 1m or more", length)
		}
		d.Expires = a.now().Add(length)
	}
	return d, nil
}

// placesOf is the place as a list, empty for everywhere.
func placesOf(d gate.Disable) []gate.Where {
	if place, err := d.Place(); err == nil && place == "" {
		return nil
	}
	return []gate.Where{d.Where}
}

// byHandSwitched writes the audit line of what is switched beside the document.
func (a *app) byHandSwitched(h hub, event string, d gate.Disable) {
	reason := everywhere(placesOf(d))
	if d.Reason != "" {
		reason += ": " + d.Reason
	}
	a.audit(h)(a.ctx, audit.Line{
		Time: a.now(), Event: event, Control: d.Control, Trigger: "operator", Actor: h.actor, Reason: reason,
	})
}

// activeDisables are those that hold now.
func activeDisables(list []gate.Disable, now time.Time) []gate.Disable {
	return slices.DeleteFunc(slices.Clone(list), func(d gate.Disable) bool { return !d.Active(now) })
}

// disableReports are they as programs get them, with ids as Salve writes them.
func (c catalogue) disableReports(list []gate.Disable) []report.Disable {
	out := make([]report.Disable, 0, len(list))
	for _, d := range list {
		d.Control = c.knownID(d.Control)
		out = append(out, report.DisableOf(d))
	}
	return out
}
