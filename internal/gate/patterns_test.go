package gate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/gate"
)

// ruled is a document with entries by their keys.
func ruled(rules map[string]gate.Rule) func(*gate.Input) {
	return func(in *gate.Input) { in.Config.Controls = rules }
}

// uncovered is an entry for several controls that acts by itself for those of an earlier release.
func uncovered(in *gate.Input) {
	in.Config.Controls = map[string]gate.Rule{"S3.*": {Mode: gate.Auto, Release: "v0.1.0", Covers: []string{"S3.1"}}}
}

// patterned: the control's own entry wins over patterns, those over standards, and of patterns the strictest counts.
func patterned() map[string]verdict {
	const cis = "standard:cis-5.0.0"
	rule := func(m gate.Mode, where ...gate.Where) gate.Rule { return gate.Rule{Mode: m, Where: where} }
	covers := func(ids ...string) gate.Rule { return gate.Rule{Mode: gate.Auto, Release: "v0.1.0", Covers: ids} }
	elsewhere := gate.Where{Accounts: []string{"1"}}
	asked := func(rules map[string]gate.Rule) gate.Input { return input(by(gate.Imported), ruled(rules)) }
	plan, off := decided(gate.Preview, gate.PlanOnly, gate.Plan), decided(gate.Ignore, gate.TurnedOff, gate.Off)
	acts, none := decided(gate.Act, gate.Allowed, gate.Auto), decided(gate.Ignore, gate.NotCovered, gate.Auto)
	manual := decided(gate.Ignore, gate.NotAutomatic, gate.Manual)
	return map[string]verdict{
		"a pattern":   {asked(map[string]gate.Rule{"s3.*": rule(gate.Plan)}), plan},
		"another one": {asked(map[string]gate.Rule{"EC2.*": rule(gate.Plan)}), manual},
		"its own wins": {
			asked(map[string]gate.Rule{"S3.*": rule(gate.Plan), "S3.8": rule(gate.Off)}),
			off,
		},
		"its own, loosely": {
			asked(map[string]gate.Rule{"S3.*": rule(gate.Off), "S3.8": rule(gate.Plan)}),
			plan,
		},
		"its own, elsewhere": {
			asked(map[string]gate.Rule{"S3.*": rule(gate.Plan), "S3.8": rule(gate.Auto, elsewhere)}),
			plan,
		},
		"over a standard": {
			asked(map[string]gate.Rule{"S3.*": rule(gate.Plan), cis: rule(gate.Off)}),
			plan,
		},
		"elsewhere, so the standard": {
			asked(map[string]gate.Rule{"S3.*": rule(gate.Plan, elsewhere), cis: rule(gate.Off)}),
			off,
		},
		"the strictest": {
			asked(map[string]gate.Rule{"S3.*": rule(gate.Plan), "S*": rule(gate.Off)}),
			off,
		},
		"off in a place": {
			asked(map[string]gate.Rule{"S3.*": {OffIn: []gate.Where{{Accounts: []string{account}}}}}),
			off,
		},
		"auto, covered":               {asked(map[string]gate.Rule{"S3.*": covers("S3.1", "S3.8")}), acts},
		"auto, covered in other case": {asked(map[string]gate.Rule{"S3.*": covers("s3.8")}), acts},
		"auto, of a later release":    {asked(map[string]gate.Rule{"S3.*": covers("S3.1")}), none},
		"auto, covers nothing":        {asked(map[string]gate.Rule{"S3.*": covers()}), none},
		"auto, without a release":     {asked(map[string]gate.Rule{"S3.*": rule(gate.Auto)}), none},
		"a standard, covered":         {asked(map[string]gate.Rule{cis: covers("S3.8")}), acts},
		"a standard, of a later one":  {asked(map[string]gate.Rule{cis: covers("S3.1")}), none},
		"one covers, another does not": {
			asked(map[string]gate.Rule{"S3.*": covers("S3.8"), "S*": covers("S3.1")}),
			none,
		},
		"not covered, but its own": {
			asked(map[string]gate.Rule{"S3.*": covers("S3.1"), "S3.8": rule(gate.Auto)}),
			acts,
		},
		"not covered, by click": {
			input(ruled(map[string]gate.Rule{"S3.*": covers("S3.1")})),
			decided(gate.Refuse, gate.NotCovered, gate.Auto),
		},
	}
}

// TestMistakesInPatterns: each is told in a sentence that says what to write.
func TestMistakesInPatterns(t *testing.T) {
	ids := []string{"EC2.19", "S3.1", "S3.8"}
	k := known()
	k.Release = "v0.2.0"
	k.Expand = func(key string) []string {
		return slices.DeleteFunc(
			slices.Clone(ids),
			func(id string) bool { return !strings.HasPrefix(id, strings.TrimSuffix(key, "*")) },
		)
	}
	k.Like = func(pattern string) bool { return len(k.Expand(pattern)) > 0 }
	many := "controls: {"
	for n := range 51 {
		many += "S3." + strings.Repeat("?", n+1) + "*: {mode: plan}, "
	}
	for text, path := range map[string]string{
		"controls: {S4.*: {mode: plan}}":                              "controls.S4.*",
		"controls: {S3.*: {mode: auto}}":                              "controls.S3.*.mode",
		"controls: {'standard:cis-5.0.0': {mode: auto}}":              "controls.standard:cis-5.0.0.mode",
		"controls: {'standard:cis-9': {mode: auto, release: v0.2.0}}": "controls.standard:cis-9",
		"controls: {S3.*: {mode: plan, release: v0.2.0}}":             "controls.S3.*.release",
		"controls: {S3.8: {mode: auto, release: v0.2.0}}":             "controls.S3.8.release",
		"controls: {S3.*: {mode: plan, covers: [S3.8]}}":              "controls.S3.*.covers",
		"controls: {S3.*: {mode: plan, parameters: {a: 1}}}":          "controls.S3.*.parameters",
		"controls: {S3.*: {mode: plan, runbook: {document: a}}}":      "controls.S3.*.runbook",
		"controls: {S3.*: {mode: plan}, S*: {mode: off}}":             "controls.S3.*",
		many + "S3.1: {mode: plan}}":                                  "controls",
	} {
		t.Run(path, func(t *testing.T) {
			wantProblem(t, parse(t, "version: 1\n"+text+"\n").Validate(k), path, 2)
		})
	}
	good := "version: 1\ncontrols: {S3.*: {mode: auto, release: v0.2.0}, S*: {mode: plan}, S3.1: {mode: off}, S3.8: {mode: plan}}\n"
	if err := parse(t, good).Validate(k); err != nil {
		t.Errorf("the controls that two patterns mean have entries of their own: %v", err)
	}
}

// TestCovered: what a release has is looked up once, and a later one keeps to it.
func TestCovered(t *testing.T) {
	now := []string{"S3.1", "S3.8"}
	expand := func(string) []string { return slices.Clone(now) }
	doc := parse(
		t,
		"version: 1\ncontrols: {S3.*: {mode: auto, release: v0.1.0}, EC2.*: {mode: plan}, S3.8: {mode: auto}}\n",
	)
	stored, unknown := doc.Covered("v0.1.0", expand, gate.Config{})
	if d := cmp.Diff(now, stored.Controls["S3.*"].Covers); d != "" || len(unknown) > 0 ||
		doc.Controls["S3.*"].Covers != nil {
		t.Fatalf("%s, %v", d, unknown)
	}
	was := slices.Clone(now)
	now = append(now, "S3.99")
	again, unknown := doc.Covered("v0.2.0", expand, stored)
	if d := cmp.Diff(was, again.Controls["S3.*"].Covers); d != "" || len(unknown) > 0 {
		t.Errorf("%s, %v", d, unknown)
	}
	if d := cmp.Diff([]string{"S3.99"}, again.Controls["S3.*"].Fresh("S3.*", expand)); d != "" {
		t.Error(d)
	}
	for name, other := range map[string]gate.Config{"nothing": {}, "another release": doc} {
		other.Controls = map[string]gate.Rule{"S3.*": {Mode: gate.Auto, Release: "v9.9.9", Covers: was}}
		if name == "nothing" {
			other = gate.Config{}
		}
		if c, unknown := doc.Covered("v0.2.0", expand, other); len(unknown) != 1 ||
			len(c.Controls["S3.*"].Covers) > 0 {
			t.Errorf("%s stored: %v, %v", name, unknown, c.Controls["S3.*"])
		}
	}
}

// TestCoversMore: a push that covers more controls lets Salve act in more places.
func TestCoversMore(t *testing.T) {
	of := func(ids ...string) gate.Config {
		return gate.Config{Version: 1, Controls: map[string]gate.Rule{
			"S3.*": {Mode: gate.Auto, Release: "v0.1.0", Covers: ids},
		}}
	}
	for name, tc := range map[string]struct {
		from, to gate.Config
		wider    bool
	}{
		"more": {of("S3.1"), of("S3.1", "S3.8"), true},
		"less": {of("S3.1", "S3.8"), of("S3.1"), false},
	} {
		list, err := gate.Diff(tc.from, tc.to)
		if err != nil || len(list) != 1 || list[0].Wider != tc.wider {
			t.Errorf("%s: %+v, %v", name, list, err)
		}
	}
}

// BenchmarkPatterns is what a decision costs with as many patterns as there may be.
func BenchmarkPatterns(b *testing.B) {
	in := input(by(gate.Imported))
	in.Config = largest(b)
	delete(in.Config.Controls, "S3.8")
	for n := range 50 {
		in.Config.Controls["S3.*"+strings.Repeat("?", n/49)+strings.Repeat("x", n)] = gate.Rule{Mode: gate.Plan}
	}
	covers := make([]string, 400)
	for n := range covers {
		covers[n] = "S3.0"
	}
	in.Config.Controls["S3.*"] = gate.Rule{Mode: gate.Auto, Release: "v0.1.0", Covers: append(covers, "S3.8")}
	in.Config = in.Config.Prepared()
	in.Now = in.Now.Add(48 * time.Hour)
	for b.Loop() {
		gate.Decide(in)
	}
}
