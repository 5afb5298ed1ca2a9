package main

import (
	"cmp"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
)

// defaultReport is the mode where no rule holds, as programs get it.
type defaultReport struct {
	Default gate.Mode `json:"default"`
	Version int64     `json:"config_version"`
	Stored  bool      `json:"stored"` // false where nobody has agreed
	Reach   *reach    `json:"reach,omitempty"`

	was gate.Mode // before
}

// setDefault stores what holds for controls that no rule is about.
func (a *app) setDefault(mode gate.Mode, yes bool) error {
	if mode == gate.Auto { // it would include the controls of later releases
		return fault.New(fault.Invalid, "--default auto is not to be had: enable controls, or a standard, one by one")
	}
	if sensible(gate.Config{Version: gate.Version, Defaults: gate.Defaults{Mode: mode}}) != nil {
		return fault.New(fault.Invalid, "--default %q is no mode: write manual, plan, approve or off", mode)
	}
	h, e, err := a.edit()
	if err != nil {
		return err
	}
	was := cmp.Or(e.config.Defaults.Mode, gate.Manual)
	e.next.Defaults.Mode = mode
	r := defaultReport{Default: mode, Version: e.stored.Version, was: was}
	if !mode.AllowsMore(was) {
		return a.storeDefault(h, e, r, false)
	}
	r.Reach = a.reached(h, e.step(a.names.acting(e.next), nil))
	asked := false
	if !yes {
		var agreed bool
		if asked, agreed = a.asks(func() { a.defaultMeant(r) }, "Store it?"); !agreed {
			return a.notDone(r, asked, func() { a.defaultMeant(r) }, "nothing was stored: add --yes")
		}
	}
	return a.storeDefault(h, e, r, asked)
}

func (a *app) storeDefault(h hub, e *configEdit, r defaultReport, seen bool) error {
	if err := a.proven(h, audit.Line{Control: "default", Reason: "mode " + string(r.Default)}); err != nil {
		return err
	}
	var err error
	if r.Version, err = e.store(a, h, "enable --default "+string(r.Default)); err != nil {
		return err
	}
	r.Stored = true
	a.ruleSwitched(h, "default", r.Version, gate.Rule{Mode: r.was}, gate.Rule{Mode: r.Default})
	return a.data(r, func() {
		a.say("where no rule holds: mode %s (configuration version %d; in force within half a minute)", r.Default, r.Version)
		if !seen {
			a.defaultMeans(r)
		}
	})
}

func (a *app) defaultMeant(r defaultReport) {
	a.say("where no rule holds: mode %s would hold", r.Default)
	a.defaultMeans(r)
}

func (a *app) defaultMeans(r defaultReport) {
	if r.was != r.Default {
		a.say("  instead of mode %s", r.was)
	}
	a.sayReach(r.Reach)
}
