package main

import (
	"cmp"

	"github.com/salve-security/salve/internal/gate"
)

// defaultReport is the mode where no rule holds, as programs get it.
type defaultReport struct {
	Default gate.Mode `json:"default"`
	Version int64     `json:"version"`
}

// setDefault stores what holds for controls that no rule is about.
func (a *app) setDefault(mode gate.Mode) error {
	if err := sensible(gate.Config{Version: gate.Version, Defaults: gate.Defaults{Mode: mode}}); err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
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
	return a.data(defaultReport{mode, version}, func() {
		a.say("where no rule holds: mode %s (configuration version %d; in force within half a minute)", mode, version)
		if was != mode {
			a.say("  instead of mode %s", was)
		}
	})
}
