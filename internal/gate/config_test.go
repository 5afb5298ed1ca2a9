package gate_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/salve-security/salve/internal/gate"
)

const document = `version: 1
defaults: {mode: manual}
controls:
  "standard:cis-5.0.0": {mode: plan}
  S3.8:
    mode: auto
    where:
      - {accounts: ["111122223333"], ous: [ou-ab12-prod], regions: [eu-*], tags: {env: [dev, test]}}
  EC2.19: {mode: approve, parameters: {ports: [22, 3389]}}
exceptions:
  - control: S3.8
    resource: "arn:aws:s3:::public-site"
    reason: static web site
    owner: web@example.org
    ticket: SEC-12
    expires: 2027-03-31
`

const sections = `classes: {tag: data-class, green: {values: [public, team]}, red: {mode: off}, unclassified: approve}
windows: [{days: [sat, sun], from: "01:00", to: "05:00", tz: Europe/Berlin, impact: [interrupts, destructive]}]
freezes: [{from: "2026-12-20 18:00", to: 2027-01-06, tz: Europe/Berlin, reason: year end, controls: [S3.*]}]
calendars: [{name: releases, controls: [EC2.19]}, {name: "arn:aws:ssm:eu-west-1:111122223333:document/year-end"}]
limits: {per_control_per_hour: 50, per_account_per_hour: 100, stop_after_failures: 5, attempts: 3, cooldown: 15m}
exceptions_by_tag: {tag: "salve:exception", controls: [S3.8], days: 90, where: [{regions: [eu-*]}]}
stays_fixed: {evaluate_again: true, read_per_hour: 0}
`

func known(enforced ...gate.Section) gate.Known {
	return gate.Known{
		Control: func(id string) bool {
			return slices.Contains([]string{"s3.8", "ec2.19", "s3.1"}, strings.ToLower(id))
		},
		Standard:   func(key string) bool { return key == "cis-5.0.0" },
		Identities: func(id string) bool { return id == "S3.1" },
		Enforced:   enforced,
		Today:      time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC),
	}
}

func parse(t testing.TB, text string) gate.Config {
	t.Helper()
	c, err := gate.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestParse(t *testing.T) {
	c := parse(t, document)
	if err := c.Validate(known()); err != nil {
		t.Fatal(err)
	}
	want := gate.Config{
		Version: 1, Defaults: gate.Defaults{Mode: gate.Manual},
		Controls: map[string]gate.Rule{
			"standard:cis-5.0.0": {Mode: gate.Plan},
			"S3.8": {Mode: gate.Auto, Where: []gate.Where{{
				Accounts: []string{"111122223333"}, OUs: []string{"ou-ab12-prod"}, Regions: []string{"eu-*"},
				Tags: map[string][]string{"env": {"dev", "test"}},
			}}},
			"EC2.19": {Mode: gate.Approve, Parameters: map[string]any{"ports": []any{uint64(22), uint64(3389)}}},
		},
		Exceptions: []gate.Exception{{
			Control: "S3.8", Resource: "arn:aws:s3:::public-site", Reason: "static web site", Owner: "web@example.org",
			Ticket: "SEC-12", Expires: gate.Date{Day: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC)},
		}},
	}
	if diff := cmp.Diff(want, c, cmpopts.IgnoreUnexported(gate.Config{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := c.Parameters("ec2.19")["ports"]; got == nil {
		t.Error("parameters are not found in other case")
	}
}

func TestParseRefuses(t *testing.T) {
	tests := map[string]struct {
		text string
		want gate.Problem
	}{
		"misspelt": {
			"version: 1\ncontrols:\n  S3.8: {mod: auto}\n",
			gate.Problem{Line: 3, Text: "unknown field \"mod\"", Fix: `did you mean "mode"?`},
		},
		"not a word of it": {
			"version: 1\nwebhook: x\n", gate.Problem{Line: 2, Text: "unknown field \"webhook\"", Fix: "remove it"},
		},
		"in capitals": {
			"Version: 1\n",
			gate.Problem{
				Line: 1, Text: "unknown field \"Version\"", Fix: "it belongs elsewhere, or is written in small letters",
			},
		},
		"given twice": {
			"version: 1\nversion: 1\n", gate.Problem{Line: 2, Text: "already defined", Fix: "correct the YAML"},
		},
		"no YAML":   {"version: [\n", gate.Problem{Line: 1, Text: "sequence end", Fix: "correct the YAML"}},
		"no number": {"version: one\n", gate.Problem{Line: 1, Text: "cannot unmarshal", Fix: "correct the YAML"}},
		"an empty where": {
			"version: 1\ncontrols:\n  S3.8:\n    mode: auto\n    where:\n",
			gate.Problem{Line: 5, Text: "has no value", Fix: "give it one or remove the line"},
		},
		"an anchor": {
			"version: 1\ndefaults: &a {mode: off}\n", gate.Problem{Line: 2, Text: "uses an anchor", Fix: "write the value out"},
		},
		"a tag": {
			"version: 1\ndefaults: !x {mode: off}\n",
			gate.Problem{Line: 2, Text: "uses a tag", Fix: "remove the word after the !"},
		},
		"empty": {"", gate.Problem{Text: "is empty", Fix: "write one, from version: 1 on"}},
		"two documents": {
			"version: 1\n---\nversion: 1\n", gate.Problem{Line: 2, Text: "a second time", Fix: "write one, from version: 1 on"},
		},
		"too large": {strings.Repeat("#", 256<<10+1), gate.Problem{Text: "is too large", Fix: "keep it below 256 KB"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := gate.Parse([]byte(test.text))
			var got gate.Problem
			if !errors.As(err, &got) {
				t.Fatalf("got %v, want a Problem", err)
			}
			if got.Line != test.want.Line || !strings.Contains(got.Text, test.want.Text) || got.Fix != test.want.Fix {
				t.Errorf("got %+v", got)
			}
		})
	}
	for _, text := range []string{
		"version: 1\nexceptions: [{expires: tomorrow}]\n", "version: 1\nlimits: {cooldown: long}\n",
	} {
		if _, err := gate.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), "write it like") {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func TestValidateRefuses(t *testing.T) {
	rule := func(text string) string { return "version: 1\ncontrols:\n  S3.8: " + text + "\n" }
	where := func(text string) string { return rule("{mode: auto, where: [" + text + "]}") }
	exception := func(text string) string { return "version: 1\nexceptions:\n  - {" + text + "}\n" }
	tests := map[string]struct {
		text, path string
		line       int
	}{
		"version":         {"version: 2\n", "version", 1},
		"no version":      {"defaults: {mode: off}\n", "version", 0},
		"who may do what": {"version: 1\ncontrols:\n  S3.1: {mode: auto}\n", "controls.S3.1.mode", 3},
		"default mode":    {"version: 1\ndefaults: {mode: turbo}\n", "defaults.mode", 2},
		"auto by default": {"version: 1\ndefaults: {mode: auto}\n", "defaults.mode", 2},
		"mode":            {rule("{mode: on}"), "controls.S3.8.mode", 3},
		"nothing":         {rule("{}"), "controls.S3.8", 3},
		"control":         {"version: 1\ncontrols:\n  S3.999: {mode: off}\n", "controls.S3.999", 3},
		"standard":        {"version: 1\ncontrols:\n  \"standard:x\": {mode: off}\n", "controls.standard:x", 3},
		"standard's parameters": {
			"version: 1\ncontrols:\n  \"standard:cis-5.0.0\": {parameters: {a: 1}}\n",
			"controls.standard:cis-5.0.0.parameters",
			3,
		},
		"both cases":           {rule("{mode: off}") + "  s3.8: {mode: off}\n", "controls.s3.8", 4},
		"parameter":            {rule("{parameters: {a: .nan}}"), "controls.S3.8.parameters", 3},
		"where without places": {rule("{mode: auto, where: []}"), "controls.S3.8.where", 3},
		"where without mode":   {rule("{parameters: {a: 1}, where: [{regions: [eu-*]}]}"), "controls.S3.8.where", 3},
		"an empty place":       {where("{}"), "controls.S3.8.where[0]", 3},
		"an empty list":        {where("{accounts: [], regions: [eu-*]}"), "controls.S3.8.where[0].accounts", 3},
		"account":              {where(`{accounts: ["12"]}`), "controls.S3.8.where[0].accounts[0]", 3},
		"unit":                 {where("{ous: [prod]}"), "controls.S3.8.where[0].ous[0]", 3},
		"Region":               {where("{regions: [EU]}"), "controls.S3.8.where[0].regions[0]", 3},
		"tag without values":   {where("{tags: {env: []}}"), "controls.S3.8.where[0].tags", 3},
		"exception, control": {
			exception("control: X.1, resource: a, reason: b, owner: c, expires: 2027-01-01"), "exceptions[0].control", 3,
		},
		"exception, resource": {
			exception("control: S3.8, reason: b, owner: c, expires: 2027-01-01"), "exceptions[0].resource", 3,
		},
		"exception, reason": {
			exception("control: S3.8, resource: a, reason: ' ', owner: c, expires: 2027-01-01"), "exceptions[0].reason", 3,
		},
		"exception, owner": {
			exception("control: S3.8, resource: a, reason: b, expires: 2027-01-01"), "exceptions[0].owner", 3,
		},
		"exception, end": {exception("control: S3.8, resource: a, reason: b, owner: c"), "exceptions[0].expires", 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			wantProblem(t, parse(t, test.text).Validate(known()), test.path, test.line)
		})
	}
}

func wantProblem(t *testing.T, err error, path string, line int) {
	t.Helper()
	var got gate.Problem
	if !errors.As(err, &got) {
		t.Fatalf("got %v, want a Problem", err)
	}
	if got.Path != path || got.Line != line || got.Fix == "" {
		t.Errorf("got %q of line %d, want %q of line %d: %v", got.Path, got.Line, path, line, err)
	}
}

// What a release does not enforce is refused, and said so; with enforcement it is checked.
func TestValidateSections(t *testing.T) {
	c := parse(t, document+sections)
	err := c.Validate(known())
	for path, line := range map[string]int{
		"classes": 17, "windows": 18, "freezes": 19, "calendars": 20,
	} {
		want := fmt.Sprintf("line %d, %s: is not supported in this release: remove it", line, path)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	enforced := known(gate.SectionClasses, gate.SectionWindows)
	if err := c.Validate(enforced); err != nil {
		t.Error(err)
	}
}

// TestStopAfter is the breaker's limit.
func TestStopAfter(t *testing.T) {
	tests := map[string]struct {
		text    string
		want    int
		problem bool
	}{
		"silent":       {"version: 1\n", 5, false},
		"other limits": {"version: 1\nlimits: {attempts: 3}\n", 5, false},
		"set":          {"version: 1\nlimits: {stop_after_failures: 12}\n", 12, false},
		"the first":    {"version: 1\nlimits: {stop_after_failures: 1}\n", 1, false},
		"none":         {"version: 1\nlimits: {stop_after_failures: 0}\n", 1, true},
		"less":         {"version: 1\nlimits: {stop_after_failures: -5}\n", 1, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c := parse(t, tc.text)
			if got := c.StopAfter(); got != tc.want {
				t.Errorf("stops after %d, want %d", got, tc.want)
			}
			if err := c.Validate(known()); (err != nil) != tc.problem {
				t.Errorf("validation: %v", err)
			}
		})
	}
}

func TestValidateReportsAllInOrder(t *testing.T) {
	err := parse(t, "version: 3\ndefaults: {mode: x}\ncontrols:\n  A.1: {mode: y}\n").Validate(known())
	want := strings.Join([]string{
		`line 1, version: is 3: write version: 1`,
		`line 2, defaults.mode: is "x": write off, plan, manual, approve or auto`,
		`line 4, controls.A.1: is not a control Salve knows: salve controls list shows them`,
		`line 4, controls.A.1.mode: is "y": write off, plan, manual, approve or auto`,
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestRenderIsCanonical(t *testing.T) {
	for name, text := range map[string]string{"gate only": document, "all sections": document + sections} {
		t.Run(name, func(t *testing.T) {
			first := parse(t, text)
			content, err := first.JSON()
			if err != nil {
				t.Fatal(err)
			}
			want, err := first.Hash()
			if err != nil {
				t.Fatal(err)
			}
			stored, err := gate.FromJSON(content)
			if err != nil {
				t.Fatal(err)
			}
			for how, c := range map[string]gate.Config{
				"stored": stored, "JSON read as YAML": parse(t, string(content)), "with comments": parse(t, "# hello\n"+text),
			} {
				if got, err := c.Hash(); err != nil || got != want {
					t.Errorf("%s: hash %s, want %s, %v", how, got, want, err)
				}
			}
			if other, _ := parse(t, "version: 1\n").Hash(); other == want {
				t.Error("different documents share a hash")
			}
		})
	}
}

func TestFromJSONRefuses(t *testing.T) {
	for text, want := range map[string]string{
		``: "push it again", `{"version":1,"curfew":true}`: "unknown field", `{"version":2}`: "has version 2",
		`{"version":1}{}`: "does not end", `{"version":1,"exceptions":[{"expires":7}]}`: "cannot unmarshal number",
		`{"version":1,"exceptions":[{"expires":"soon"}]}`: "write it like",
	} {
		if _, err := gate.FromJSON([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	unrenderable := gate.Config{Controls: map[string]gate.Rule{"S3.8": {Parameters: map[string]any{"a": func() {}}}}}
	if _, err := unrenderable.Hash(); err == nil {
		t.Error("a function was rendered")
	}
}

// FuzzParse: whatever parses and is valid survives storing and decides the same afterwards.
func FuzzParse(f *testing.F) {
	f.Add(document)
	f.Add(document + sections)
	f.Add("version: 1\ncontrols: {s3.8: {mode: auto, where: [{regions: ['*']}]}}\n")
	all := known(gate.SectionClasses, gate.SectionWindows)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := gate.Parse([]byte(text))
		if err != nil || c.Validate(all) != nil {
			return
		}
		content, err := c.JSON()
		if err != nil {
			t.Fatal(err)
		}
		stored, err := gate.FromJSON(content)
		if err != nil {
			t.Fatal(err)
		}
		in := input(by(gate.Imported))
		in.Config = c
		before := gate.Decide(in)
		in.Config = stored
		if after := gate.Decide(in); before != after {
			t.Fatalf("%+v, stored %+v", before, after)
		}
	})
}
