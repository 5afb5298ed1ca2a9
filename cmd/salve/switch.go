package main

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/ledger"
)

type enableCmd struct {
	Control string   `arg:"" help:"The control, such as S3.8."`
	Mode    string   `enum:"auto,approve,plan,manual" default:"auto" help:"${help_mode}"`
	Account []string `placeholder:"ID" help:"Only in these accounts."`
	OU      []string `name:"ou" placeholder:"OU" help:"Only in these organizational units."`
	Region  []string `placeholder:"REGION" help:"Only in these Regions; eu-* works."`
	Tag     []string `sep:"none" placeholder:"KEY=VALUE" help:"Only with this tag; give it again for more values or keys."`

	Param map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"${help_param}"`
}

// Run sets the control's mode in the stored configuration.
func (c *enableCmd) Run(a *app) error {
	if err := accounts(c.Account...); err != nil {
		return err
	}
	tags, err := parseTags(c.Tag)
	if err != nil {
		return err
	}
	rule := gate.Rule{Mode: gate.Mode(c.Mode)}
	if len(c.Account)+len(c.OU)+len(c.Region)+len(tags) > 0 {
		rule.Where = []gate.Where{{Accounts: c.Account, OUs: c.OU, Regions: c.Region, Tags: tags}}
	}
	return a.configure(c.Control, rule, c.Param)
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

type disableCmd struct {
	Control string `arg:"" help:"The control, such as S3.8."`
}

// Run turns the control off, for clicks too.
func (c *disableCmd) Run(a *app) error { return a.configure(c.Control, gate.Rule{Mode: gate.Off}, nil) }

// ruleReport is a control's entry of the configuration as programs get it.
type ruleReport struct {
	Control string    `json:"control"`
	Rule    gate.Rule `json:"rule"`
	Version int64     `json:"version"`

	was gate.Rule // before
}

// replaced tells that a rule which held somewhere holds no longer.
func (r ruleReport) replaced() bool {
	return r.was.Mode != "" && (r.was.Mode != r.Rule.Mode || len(r.was.Where) == 0 && len(r.Rule.Where) > 0)
}

func (a *app) configure(id string, rule gate.Rule, params map[string]string) error {
	known, err := playbook(id)
	if err != nil {
		return err
	}
	if err := check(known.ID, rule); err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	r, err := store(a.ctx, h.ledger(), known, rule, params)
	if err != nil {
		return err
	}
	return a.data(r, func() {
		a.say("%s: mode %s (configuration version %d; in force within half a minute)", r.Control, r.Rule.Mode, r.Version)
		for _, place := range places(r.Rule.Where) {
			a.say("  only %s", place)
		}
		if r.replaced() {
			a.say("  instead of mode %s %s", r.was.Mode, everywhere(r.was.Where))
		}
		if len(r.Rule.Where) > 0 {
			a.say("  elsewhere the default and the standards' modes hold: see salve config show")
		}
		a.sayParams(r.Rule.Parameters)
	})
}

// everywhere says in one line where a rule held.
func everywhere(where []gate.Where) string {
	if len(where) == 0 {
		return "everywhere"
	}
	return "for " + strings.Join(places(where), "; for ")
}

// store puts the rule into the stored configuration, unless somebody else
// changed that meanwhile.
func store(ctx context.Context, book ledger.Ledger, c control.Control, rule gate.Rule, params map[string]string) (
	ruleReport, error,
) {
	doc, version, err := book.Config(ctx)
	if err != nil {
		return ruleReport{}, err
	}
	config := gate.Config{Version: gate.Version}
	if doc != "" {
		if config, err = gate.FromJSON([]byte(doc)); err != nil {
			return ruleReport{}, err
		}
	}
	if config.Controls == nil {
		config.Controls = map[string]gate.Rule{}
	}
	old := config.Controls[c.ID]
	rule = merge(old, rule)
	rule.Parameters = old.Parameters
	if rule.Mode != gate.Off { // which works whatever is stored
		if rule.Parameters, err = setParams(c, old.Parameters, params); err != nil {
			return ruleReport{}, err
		}
	}
	config.Controls[c.ID] = rule
	text, err := config.JSON()
	if err != nil {
		return ruleReport{}, err
	}
	stored := ruleReport{Control: c.ID, Rule: rule, Version: version + 1, was: old}
	return stored, book.PushConfig(ctx, string(text), version)
}

// check refuses what the gate could not understand: it would then refuse everything.
func check(id string, rule gate.Rule) error {
	one := gate.Config{Version: gate.Version, Controls: map[string]gate.Rule{id: rule}}
	return fault.Wrap(fault.Invalid, one.Validate(gate.Known{
		Control: func(string) bool { return true }, Standard: func(string) bool { return true },
	}))
}

// merge makes a second place one more place, not another place instead.
func merge(old, rule gate.Rule) gate.Rule {
	if rule.Mode != gate.Auto || old.Mode != gate.Auto || len(rule.Where) == 0 || len(old.Where) == 0 {
		return rule
	}
	where := slices.Clone(old.Where)
	for _, place := range rule.Where {
		if !slices.ContainsFunc(where, func(w gate.Where) bool { return reflect.DeepEqual(w, place) }) {
			where = append(where, place)
		}
	}
	rule.Where = where
	return rule
}

// places says in words where a rule holds; nothing means everywhere.
func places(where []gate.Where) []string {
	var out []string
	for _, w := range where {
		var parts []string
		for _, p := range []struct {
			what   string
			values []string
		}{{"account", w.Accounts}, {"OU", w.OUs}, {"Region", w.Regions}} {
			if len(p.values) > 0 {
				parts = append(parts, p.what+" "+strings.Join(p.values, " or "))
			}
		}
		for _, key := range slices.Sorted(maps.Keys(w.Tags)) {
			parts = append(parts, "tag "+key+"="+strings.Join(w.Tags[key], " or "))
		}
		out = append(out, strings.Join(parts, ", "))
	}
	return out
}
