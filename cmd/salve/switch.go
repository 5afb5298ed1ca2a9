package main

import (
	"strings"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
)

// ruled names what a rule is about.
type ruled struct {
	Rule string `arg:"" optional:"" name:"control-or-standard" help:"${help_rule}"`
}

type enableCmd struct {
	ruled
	Mode    string   `enum:"auto,approve,plan,manual" default:"auto" help:"${help_mode}"`
	Account []string `placeholder:"ID" help:"Only in these accounts."`
	OU      []string `name:"ou" placeholder:"OU" help:"Only in these organizational units."`
	Region  []string `placeholder:"REGION" help:"Only in these Regions; eu-* works."`
	Tag     []string `sep:"none" placeholder:"KEY=VALUE" help:"Only with this tag; give it again for more values or keys."`

	Param   map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"${help_param}"`
	Default string            `placeholder:"MODE" help:"${help_default}"`
}

// Run sets the mode of a control, of a standard or the default in the stored configuration.
func (c *enableCmd) Run(a *app) error {
	if err := accounts(c.Account...); err != nil {
		return err
	}
	if err := regions(c.Region...); err != nil {
		return err
	}
	tags, err := parseTags(c.Tag)
	if err != nil {
		return err
	}
	narrowed := len(c.Account)+len(c.OU)+len(c.Region)+len(tags) > 0
	if c.Default != "" {
		if c.Rule != "" || narrowed || len(c.Param) > 0 {
			return fault.New(fault.Invalid, "--default is for whatever no rule holds for: leave out all but --default %s",
				c.Default)
		}
		return a.setDefault(gate.Mode(c.Default))
	}
	rule := gate.Rule{Mode: gate.Mode(c.Mode)}
	if narrowed {
		rule.Where = []gate.Where{{Accounts: c.Account, OUs: c.OU, Regions: c.Region, Tags: tags}}
	}
	return a.configure(c.Rule, rule, c.Param)
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

type disableCmd struct{ ruled }

// Run turns a control or a standard off, for clicks too.
func (c *disableCmd) Run(a *app) error { return a.configure(c.Rule, gate.Rule{Mode: gate.Off}, nil) }
