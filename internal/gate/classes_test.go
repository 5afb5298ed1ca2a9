package gate_test

import (
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
)

// classed is a document with classes, and the class of the resource; "" is a resource without the tag.
func classed(class string) func(*gate.Input) {
	return func(in *gate.Input) {
		in.Config.Classes = &gate.Classes{
			Tag: "data", Green: gate.Class{Values: []string{"public", "internal"}}, Unclassified: gate.Plan,
		}
		in.Snapshots.Tags = map[string]string{}
		if class != "" {
			in.Snapshots.Tags["data"] = class
		}
	}
}

// classes: the class of data lowers what the mode allows, and never raises it.
func classes() map[string]verdict {
	auto := func(class string, changes ...func(*gate.Input)) gate.Input {
		return input(append([]func(*gate.Input){mode(gate.Auto), by(gate.Imported), classed(class)}, changes...)...)
	}
	acts := decided(gate.Act, gate.Allowed, gate.Auto)
	untold := func(in *gate.Input) { in.Snapshots.Tags = nil }
	return map[string]verdict{
		"green": {auto("internal"), acts},
		"green is no way round": {
			input(by(gate.Imported), classed("public")),
			decided(gate.Ignore, gate.NotAutomatic, gate.Manual),
		},
		"green, off": {
			input(mode(gate.Off), classed("public")),
			decided(gate.Refuse, gate.TurnedOff, gate.Off),
		},
		"green, destructive": {
			auto("public", impact(control.ImpactDestructive)),
			decided(gate.Ask, gate.IsDestructive, gate.Auto),
		},
		"yellow":          {auto("yellow"), decided(gate.Ask, gate.DataClass, gate.Approve)},
		"yellow, clicked": {input(classed("yellow")), decided(gate.Ask, gate.DataClass, gate.Approve)},
		"yellow is no more, manual": {
			input(by(gate.Imported), classed("yellow")),
			decided(gate.Ignore, gate.NotAutomatic, gate.Manual),
		},
		"red":          {auto("red"), decided(gate.Ignore, gate.DataClass, gate.Off)},
		"red, clicked": {input(classed("red")), decided(gate.Refuse, gate.DataClass, gate.Off)},
		"red, a plan by click": {
			input(classed("red"), pressed("SalvePlan")),
			decided(gate.Refuse, gate.DataClass, gate.Off),
		},
		"red, undone by click": {
			input(classed("red"), pressed("SalveUndo")),
			decided(gate.Act, gate.Allowed, gate.Manual),
		},
		"red, by name": {
			input(by(gate.Operator), classed("red")),
			decided(gate.Act, gate.Allowed, gate.Manual),
		},
		"none":         {auto(""), decided(gate.Preview, gate.DataClass, gate.Plan)},
		"of no class":  {auto("Red"), decided(gate.Preview, gate.DataClass, gate.Plan)},
		"nobody knows": {auto("", untold), ignored(gate.UnknownTags)},
		"nobody knows, manual": {
			input(by(gate.Imported), classed(""), untold),
			decided(gate.Ignore, gate.NotAutomatic, gate.Manual),
		},
	}
}

// narrow: places by resource, by severity, and without what is left out of them.
func narrow() map[string]verdict {
	auto := func(w gate.Where, changes ...func(*gate.Input)) gate.Input {
		return input(append([]func(*gate.Input){mode(gate.Auto, w)}, changes...)...)
	}
	severity := func(label string) func(*gate.Input) {
		return func(in *gate.Input) { in.Finding.Severity = label }
	}
	high := gate.Where{Severities: []string{"CRITICAL", "HIGH"}}
	but := func(out ...gate.Where) gate.Where { return gate.Where{Regions: []string{"eu-*"}, Except: out} }
	here, there := gate.Where{Accounts: []string{account}}, gate.Where{Accounts: []string{"1"}}
	unit, dev := gate.Where{OUs: []string{"ou-x"}}, gate.Where{Tags: map[string][]string{"env": {"dev"}}}
	acted := decided(gate.Act, gate.Allowed, gate.Auto)
	manual := decided(gate.Act, gate.Allowed, gate.Manual)
	refused := func(reason gate.Reason) gate.Decision { return decided(gate.Refuse, reason, "") }
	return map[string]verdict{
		"resource":                {auto(gate.Where{Resources: []string{bucket}}), acted},
		"resource by pattern":     {auto(gate.Where{Resources: []string{"arn:aws:s3:::l*-*"}}), acted},
		"a pattern is whole":      {auto(gate.Where{Resources: []string{"arn:aws:s3:::log"}}), manual},
		"another resource":        {auto(gate.Where{Resources: []string{"arn:aws:s3:::web-*"}}), manual},
		"severity":                {auto(high, severity("HIGH")), acted},
		"another severity":        {auto(high, severity("LOW")), manual},
		"severity not known":      {auto(high, severity("grave")), refused(gate.UnknownSeverity)},
		"but here":                {auto(but(here)), manual},
		"but there":               {auto(but(there)), acted},
		"but there or here":       {auto(but(there, here)), manual},
		"but in a unit, unknown":  {auto(but(unit)), refused(gate.UnknownOUs)},
		"but here, unit unknown":  {auto(but(unit, here)), manual},
		"but with a tag, unknown": {auto(but(dev)), refused(gate.UnknownTags)},
		"but with a tag, without": {auto(but(dev), func(in *gate.Input) {
			in.Snapshots.Tags = map[string]string{"env": "prod"}
		}), acted},
		"everywhere but here":  {auto(gate.Where{Except: []gate.Where{here}}), manual},
		"everywhere but there": {auto(gate.Where{Except: []gate.Where{there}}), acted},
		"off but here": {input(func(in *gate.Input) {
			in.Config.Controls = map[string]gate.Rule{"S3.8": {Mode: gate.Auto, OffIn: []gate.Where{but(here)}}}
		}), acted},
	}
}

// TestCoversWithExceptions: a place that leaves something out covers less than it seems to.
func TestCoversWithExceptions(t *testing.T) {
	eu := gate.Where{Regions: []string{"eu-*"}}
	with := func(w gate.Where, out ...gate.Where) gate.Where {
		w.Except = out
		return w
	}
	here, there := gate.Where{Accounts: []string{"1"}}, gate.Where{Accounts: []string{"2"}}
	for name, tc := range map[string]struct {
		outer, inner gate.Where
		want         bool
	}{
		"the same":              {eu, eu, true},
		"less, by what is out":  {eu, with(eu, here), true},
		"more, by what was out": {with(eu, here), eu, false},
		"both leave it out":     {with(eu, here), with(eu, here, there), true},
		"another is out":        {with(eu, here), with(eu, there), false},
		"account tags": {
			gate.Where{AccountTags: map[string][]string{"env": {"dev", "test"}}},
			gate.Where{AccountTags: map[string][]string{"env": {"dev"}}},
			true,
		},
		"other account tags": {
			gate.Where{AccountTags: map[string][]string{"env": {"dev"}}},
			gate.Where{Tags: map[string][]string{"env": {"dev"}}},
			false,
		},
		"resource by pattern": {gate.Where{Resources: []string{"a*"}}, gate.Where{Resources: []string{"ab*"}}, true},
		"severities":          {gate.Where{Severities: []string{"HIGH"}}, gate.Where{Severities: []string{"LOW"}}, false},
	} {
		if got := tc.outer.Covers(tc.inner); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}
