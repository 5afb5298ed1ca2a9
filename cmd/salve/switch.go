package main

import (
	"fmt"
	"slices"

	controls "github.com/salve-security/salve/functions/playbooks"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
)

type enableCmd struct {
	Control string   `arg:"" help:"The control, S3.8."`
	Mode    string   `enum:"auto,approve,plan,manual" default:"auto" help:"auto, approve, plan or manual."`
	Account []string `help:"Only in these accounts."`
	OU      []string `name:"ou" help:"Only in these organizational units."`
	Region  []string `help:"Only in these Regions; eu-* works."`
}

// Run sets the control's mode in the stored configuration.
func (c *enableCmd) Run(a *app) error {
	rule := gate.Rule{Mode: gate.Mode(c.Mode)}
	if len(c.Account)+len(c.OU)+len(c.Region) > 0 {
		rule.Where = []gate.Where{{Accounts: c.Account, OUs: c.OU, Regions: c.Region}}
	}
	return a.configure(c.Control, rule)
}

type disableCmd struct {
	Control string `arg:"" help:"The control, S3.8."`
}

// Run turns the control off, for clicks too.
func (c *disableCmd) Run(a *app) error { return a.configure(c.Control, gate.Rule{Mode: gate.Off}) }

func (a *app) configure(id string, rule gate.Rule) error {
	registry, err := controls.All()
	if err != nil {
		return err
	}
	known, ok := registry.Get(id)
	if !ok {
		return fault.New(fault.Invalid, "control %q has no playbook here: see salve controls list", id)
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	book := h.ledger()
	doc, version, err := book.Config(a.ctx)
	if err != nil {
		return err
	}
	config := gate.Config{Version: 1}
	if doc != "" {
		if config, err = gate.FromJSON([]byte(doc)); err != nil {
			return fmt.Errorf("stored configuration: %w", err)
		}
	}
	if config.Controls == nil {
		config.Controls = map[string]gate.Rule{}
	}
	old := config.Controls[known.ID]
	rule.Parameters = old.Parameters
	if rule.Mode == gate.Auto && len(rule.Where) > 0 && old.Mode == gate.Auto && len(old.Where) > 0 {
		rule.Where = append(slices.Clone(old.Where), rule.Where...) // one more place, not another place instead
	}
	config.Controls[known.ID] = rule
	text, err := config.JSON()
	if err != nil {
		return err
	}
	if err := book.PushConfig(a.ctx, string(text), version); err != nil {
		return err
	}
	return a.data(map[string]any{"control": known.ID, "rule": rule, "version": version + 1}, func() {
		a.say("%s: mode %s (configuration version %d; in force within half a minute)", known.ID, rule.Mode, version+1)
	})
}
