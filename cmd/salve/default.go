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
}

// setDefault stores what holds for controls that no rule is about.
func (a *app) setDefault(mode gate.Mode) error {
	if mode == gate.Auto { // it would include the controls of later releases
		return fault.New(fault.Invalid, "--default auto is not to be had: enable controls, or a standard, one by one")
	}
	if sensible(gate.Config{Version: gate.Version, Defaults: gate.Defaults{Mode: mode}}) != nil {
		return fault.New(fault.Invalid, "--default %q is no mode: write manual, plan, approve or off", mode)
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	if err := a.proven(h, audit.Line{Control: "default", Reason: "mode " + string(mode)}); err != nil {
		return err
	}
	was := gate.Manual
	version, err := edit(a.ctx, h.ledger(), func(config *gate.Config) error {
		was, config.Defaults.Mode = cmp.Or(config.Defaults.Mode, was), mode
		return nil
	})
	if err != nil {
		return err
	}
	a.ruleSwitched(h, "default", version, gate.Rule{Mode: was}, gate.Rule{Mode: mode})
	return a.data(defaultReport{mode, version}, func() {
		a.say("where no rule holds: mode %s (configuration version %d; in force within half a minute)", mode, version)
		if was != mode {
			a.say("  instead of mode %s", was)
		}
	})
}
