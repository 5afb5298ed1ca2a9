package gate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/salve-security/salve/internal/gate"
)

// TestOffInPlaces: where an entry is off it is off for everybody whom a mode binds, whatever else it says; elsewhere it
// holds as if that were not there. Where nobody can tell, nothing is done.
func TestOffInPlaces(t *testing.T) {
	here := gate.Where{Accounts: []string{account}}
	there := gate.Where{Accounts: []string{"777788889999"}}
	tagged := gate.Where{Tags: map[string][]string{"env": {"prod"}}}
	unit := gate.Where{OUs: []string{"ou-ab12-prod1234"}}
	rule := func(key string, mode gate.Mode, off ...gate.Where) func(*gate.Input) {
		return func(in *gate.Input) {
			entry(key, mode)(in)
			in.Config.Controls[key] = gate.Rule{Mode: mode, OffIn: off}
		}
	}
	tags := func(env string) func(*gate.Input) {
		return func(in *gate.Input) { in.Snapshots.Tags = map[string]string{"env": env} }
	}
	const cis = "standard:cis-5.0.0"
	off := decided(gate.Ignore, gate.TurnedOff, gate.Off)
	refused := decided(gate.Refuse, gate.TurnedOff, gate.Off)
	act := decided(gate.Act, gate.Allowed, gate.Auto)
	for name, tc := range map[string]verdict{
		"off here":                     {input(by(gate.Imported), rule("S3.8", gate.Auto, here)), off},
		"off here, clicked":            {input(rule("S3.8", gate.Auto, here)), refused},
		"off there":                    {input(by(gate.Imported), rule("S3.8", gate.Auto, there)), act},
		"one of two":                   {input(by(gate.Imported), rule("S3.8", gate.Auto, there, here)), off},
		"with no mode, here":           {input(rule("S3.8", "", here)), refused},
		"with no mode, there":          {input(rule("S3.8", "", there)), decided(gate.Act, gate.Allowed, gate.Manual)},
		"with no mode, standard, here": {input(by(gate.Imported), rule("S3.8", "", here), entry(cis, gate.Auto)), off},
		"with no mode, standard, there": {
			input(by(gate.Imported), rule("S3.8", "", there), entry(cis, gate.Auto)), act,
		},
		"of a standard":       {input(by(gate.Imported), rule(cis, gate.Auto, here)), off},
		"of a standard, else": {input(by(gate.Imported), rule(cis, gate.Auto, there)), act},
		"of another standard": {
			input(by(gate.Imported), entry(cis, gate.Auto), rule("standard:fsbp-1.0.0", "", here)), off,
		},
		"by tag, matches":        {input(by(gate.Imported), rule("S3.8", gate.Auto, tagged), tags("prod")), off},
		"by tag, does not match": {input(by(gate.Imported), rule("S3.8", gate.Auto, tagged), tags("dev")), act},
		"by tag, not looked up":  {input(by(gate.Imported), rule("S3.8", gate.Auto, tagged)), ignored(gate.UnknownTags)},
		"by tag, without it": {
			input(by(gate.Imported), rule("S3.8", gate.Auto, tagged), func(in *gate.Input) {
				in.Snapshots.Tags = map[string]string{}
			}), ignored(gate.MissingTag),
		},
		"by unit, not looked up": {input(by(gate.Imported), rule("S3.8", gate.Auto, unit)), ignored(gate.UnknownOUs)},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, gate.Decide(tc.in), cmpopts.IgnoreFields(gate.Decision{}, "Rule")); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestDiffOfPlacesThatAreOff(t *testing.T) {
	const one, two = `{accounts: ["111111111111"]}`, `{accounts: ["222222222222"]}`
	rule := func(text, off string) string { return s38("{" + text + "off_in: [" + off + "]}") }
	const cis = `, "standard:cis-5.0.0": {mode: auto}`
	with := func(control string) string { return control[:len(control)-1] + cis + "}" }
	differ(t, map[string]diffCase{
		"comes": {s38("{mode: auto}"), rule("mode: auto, ", one), []string{
			`+ controls.S3.8.off_in: [{"accounts":["111111111111"]}]`,
		}},
		"goes": {rule("mode: auto, ", one), s38("{mode: auto}"), []string{
			`- controls.S3.8.off_in: [{"accounts":["111111111111"]}]` + wide,
		}},
		"one less": {rule("mode: auto, ", one+", "+two), rule("mode: auto, ", one), []string{
			`- controls.S3.8.off_in: {"accounts":["222222222222"]}` + wide,
		}},
		"one more": {rule("mode: auto, ", one), rule("mode: auto, ", one+", "+two), []string{
			`+ controls.S3.8.off_in: {"accounts":["222222222222"]}`,
		}},
		"goes, and is manual": {rule("mode: manual, ", one), s38("{mode: manual}"), []string{
			`- controls.S3.8.off_in: [{"accounts":["111111111111"]}]`,
		}},
		"goes, and a standard acts": {with(rule("", one)), "controls: {" + cis[2:] + "}", []string{
			`- controls.S3.8: {"off_in":[{"accounts":["111111111111"]}]}` + wide,
		}},
		"off altogether": {rule("mode: auto, ", one), s38("{mode: off}"), []string{
			`~ controls.S3.8.mode: auto → off`, `- controls.S3.8.off_in: [{"accounts":["111111111111"]}]`,
		}},
	})
}
