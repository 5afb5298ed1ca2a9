package main

import (
	"cmp"
	"strings"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
)

// somewhere are the places that a rule is about.
type somewhere struct {
	Account several  `placeholder:"ID" help:"Only in these accounts."`
	OU      several  `name:"ou" placeholder:"OU" help:"Only in these organizational units."`
	Region  several  `placeholder:"REGION" help:"Only in these Regions; eu-* works."`
	Tag     []string `sep:"none" placeholder:"KEY=VALUE" help:"Only with this tag; give it again for more values or keys."`
}

type enableCmd struct {
	Rule string `arg:"" optional:"" name:"control-or-standard" patterns:"" help:"${help_rules}"`
	Mode string `enum:"auto,approve,plan,manual," default:"" placeholder:"MODE" help:"${help_mode}"`
	somewhere
	Except several `name:"except-account" placeholder:"ID" help:"Not in these accounts: it is off there."`

	Recommended bool `help:"With the modes and parameters that the list of the standard recommends, a rule each."`
	Everywhere  bool `help:"In all places, where the stored rule holds only in some."`
	Lift        bool `help:"Take back what salve disable did, and no more: the rule stays as it is."`

	Param   map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"${help_param}"`
	Default string            `placeholder:"MODE" help:"${help_default}"`
	consent
}

// Run sets the mode of a control, of a standard or the default in the stored configuration.
func (c *enableCmd) Run(a *app) error {
	where, err := c.where()
	if err != nil {
		return err
	}
	if err := accounts(c.Except...); err != nil {
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
		return a.enablePack(pack, c.Yes)
	}
	return a.configure(c.Rule, c.wish(where), c.Yes)
}

// fits refuses flags that contradict each other.
func (c *enableCmd) fits(where []gate.Where) error {
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
	if len(c.Except) > 0 {
		rule.OffIn = []gate.Where{{Accounts: c.Except}}
	}
	return rule
}

// pack are the rules that a call for several controls wants; none where it is about one.
func (c *enableCmd) pack(names catalogue, where []gate.Where) (packReport, error) {
	switch {
	case c.Recommended && (c.Mode != "" || where != nil || len(c.Except)+len(c.Param) > 0 || c.Everywhere):
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
	return c.Everywhere || c.Recommended || len(c.Except)+len(c.Param) > 0
}

// onlyParams tells that nothing but parameters is asked for, mode and places aside.
func (c *enableCmd) onlyParams() bool { return len(c.Param) > 0 && !c.Everywhere && len(c.Except) == 0 }

// where is the place that the flags name, none if they name none.
func (c *somewhere) where() ([]gate.Where, error) {
	if err := accounts(c.Account...); err != nil {
		return nil, err
	}
	if err := regions(c.Region...); err != nil {
		return nil, err
	}
	if err := units(c.OU...); err != nil {
		return nil, err
	}
	tags, err := parseTags(c.Tag)
	if err != nil || len(c.Account)+len(c.OU)+len(c.Region)+len(tags) == 0 {
		return nil, err
	}
	return []gate.Where{{Accounts: c.Account, OUs: c.OU, Regions: c.Region, Tags: tags}}, nil
}

// units refuses what is no organizational unit.
func units(ids ...string) error {
	for _, id := range ids {
		if err := check("S3.8", gate.Rule{Mode: gate.Auto, Where: []gate.Where{{OUs: []string{id}}}}); err != nil {
			return fault.New(fault.Invalid, "--ou %q is no organizational unit: write the id of a unit or root, such as "+
				"ou-ab12-prod1234", id)
		}
	}
	return nil
}

// parseTags collects the values of each key.
func parseTags(list []string) (map[string][]string, error) {
	var tags map[string][]string
	for _, tag := range list {
		key, value, ok := strings.Cut(tag, "=")
		if !ok || key == "" {
			return nil, fault.New(fault.Invalid, "--tag %q is no tag: write KEY=VALUE", tag)
		}
		if tags == nil {
			tags = map[string][]string{}
		}
		tags[key] = append(tags[key], value)
	}
	return tags, nil
}
