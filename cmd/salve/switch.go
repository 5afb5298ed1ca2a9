package main

import (
	"cmp"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
)

type enableCmd struct {
	Rule string `arg:"" optional:"" name:"control-or-standard" patterns:"" help:"${help_rules}"`
	Mode string `enum:"auto,approve,plan,manual," default:"" placeholder:"MODE" help:"${help_mode}"`
	somewhere
	Off several `name:"except-account" placeholder:"ID" help:"Not in these accounts: it is off there."`

	Recommended bool `help:"With the modes and parameters that the list of the standard recommends, a rule each."`
	Everywhere  bool `help:"In all places, where the stored rule holds only in some."`
	Lift        bool `help:"Take back what salve disable did, and no more: the rule stays as it is."`

	Param   map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"${help_param}"`
	Default string            `placeholder:"MODE" help:"${help_default}"`

	Backfill bool `help:"Send what is open there through Salve at once, the gravest first; without --yes only count it."`
	NoAssess bool `env:"SALVE_NO_ASSESS" help:"Do not look first at what it would change; for scripts."`
	consent
}

// Run sets the mode of a control, of a standard or the default in the stored configuration.
func (c *enableCmd) Run(a *app) error {
	where, err := c.where()
	if err != nil {
		return err
	}
	if err := accounts(c.Off...); err != nil {
		return err
	}
	if err := c.fits(where); err != nil {
		return err
	}
	switch {
	case c.Lift:
		return a.lift(c.Rule, where, c.Yes)
	case c.Default != "":
		return a.setDefault(gate.Mode(c.Default), c.Yes)
	}
	pack, err := c.pack(a.names, where)
	switch {
	case err != nil:
		return err
	case pack.Pack != "":
		return a.enablePack(pack, c.extent(where), c.how())
	}
	return a.configure(c.Rule, c.wish(where), c.how())
}

// fits refuses flags that contradict each other.
func (c *enableCmd) fits(where []gate.Where) error {
	if err := c.sends(); err != nil {
		return err
	}
	switch {
	case c.Lift && (c.Mode != "" || c.Default != "" || c.aboutMore()):
		return fault.New(fault.Invalid, "--lift takes back what salve disable did, and no more: leave out the other flags")
	case c.Default != "" && (c.about() || where != nil):
		return fault.New(fault.Invalid, "--default is for whatever no rule holds for: leave out all but --default %s",
			c.Default)
	case c.Default == "" && c.Everywhere && where != nil:
		return fault.New(fault.Invalid, "--everywhere contradicts --account, --ou, --region and --tag: "+
			"leave out one or the other")
	}
	return nil
}

// how is how the call is carried out.
func (c *enableCmd) how() how { return how{yes: c.Yes, backfill: c.Backfill, blind: c.NoAssess} }

// extent is where a call for several controls is about them.
func (c *enableCmd) extent(where []gate.Where) extent {
	return extent{where: where, off: c.rule(where).OffIn}
}

// sends refuses to send findings of which nothing comes by themselves under the rule that is meant.
func (c *enableCmd) sends() error {
	if !c.Backfill || !c.Lift && c.Default == "" && c.Mode != string(gate.Manual) {
		return nil
	}
	return fault.New(fault.Invalid, "--backfill is for a control, or several, that work by themselves: leave it out, or "+
		"leave out --lift, --default and --mode manual")
}

// wish is what the call wants of one rule.
func (c *enableCmd) wish(where []gate.Where) wish {
	return wish{
		rule: c.rule(where), params: c.Param, everywhere: c.Everywhere,
		keep: c.Mode == "" && where == nil && c.onlyParams(),
	}
}

// rule is the rule that the flags name.
func (c *enableCmd) rule(where []gate.Where) gate.Rule {
	rule := gate.Rule{Mode: cmp.Or(gate.Mode(c.Mode), gate.Auto), Where: where}
	if len(c.Off) > 0 {
		rule.OffIn = []gate.Where{{Accounts: c.Off}}
	}
	return rule
}

// pack are the rules that a call for several controls wants; none where it is about one.
func (c *enableCmd) pack(names catalogue, where []gate.Where) (packReport, error) {
	switch {
	case c.Recommended && (c.Mode != "" || where != nil || len(c.Off)+len(c.Param) > 0 || c.Everywhere):
		return packReport{}, fault.New(fault.Invalid, "--recommended says mode and parameters, for all places: leave out "+
			"the other flags, or name the controls one by one")
	case c.Recommended:
		return names.recommended(c.Rule)
	case !pattern(c.Rule):
		return packReport{}, nil
	case len(c.Param) > 0 || c.Everywhere:
		return packReport{}, fault.New(fault.Invalid, "--param and --everywhere are for one control: name it in place of %s",
			c.Rule)
	}
	rule := c.rule(where)
	if err := check(c.Rule, rule); err != nil {
		return packReport{}, err
	}
	return names.matching(c.Rule, rule)
}

// about tells that the call is about a rule.
func (c *enableCmd) about() bool { return c.Rule != "" || c.aboutMore() }

// aboutMore tells that it says more of it than a mode and places.
func (c *enableCmd) aboutMore() bool {
	return c.Everywhere || c.Recommended || len(c.Off)+len(c.Param) > 0
}

// onlyParams tells that nothing but parameters is asked for, mode and places aside.
func (c *enableCmd) onlyParams() bool { return len(c.Param) > 0 && !c.Everywhere && len(c.Off) == 0 }
