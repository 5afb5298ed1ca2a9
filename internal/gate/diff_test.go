package gate_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/gate"
)

// wide ends the line of a difference that lets Salve do more.
const wide = " (this lets Salve act by itself in more places)"

// diffCase is two documents, without their version, and what differs.
type diffCase struct {
	from, to string
	want     []string
}

func s38(text string) string { return "controls: {S3.8: " + text + "}" }

func TestDiffOfPlaces(t *testing.T) {
	in := func(accounts string) string { return s38("{mode: auto, where: [{accounts: [" + accounts + "]}]}") }
	const one, two = `"111111111111"`, `"222222222222"`
	regions := func(list string) string { return s38("{mode: auto, where: [{regions: [" + list + "]}]}") }
	tags := func(list string) string { return s38("{mode: auto, where: [{tags: {" + list + "}}]}") }
	differ(t, map[string]diffCase{
		"nothing":        {"", "", nil},
		"order of lists": {in(one + ", " + two), in(two + ", " + one), nil},
		"a mode":         {s38("{mode: auto}"), s38("{mode: manual}"), []string{"~ controls.S3.8.mode: auto → manual"}},
		"automatic": {
			s38("{mode: manual}"), s38("{mode: auto}"), []string{"~ controls.S3.8.mode: manual → auto" + wide},
		},
		"new and automatic":  {"", s38("{mode: auto}"), []string{`+ controls.S3.8: {"mode":"auto"}` + wide}},
		"new, not automatic": {"", s38("{mode: approve}"), []string{`+ controls.S3.8: {"mode":"approve"}`}},
		"gone":               {s38("{mode: auto}"), "", []string{`- controls.S3.8: {"mode":"auto"}`}},
		"an account more": {in(one), in(one + ", " + two), []string{
			`- controls.S3.8.where: {"accounts":["111111111111"]}`,
			`+ controls.S3.8.where: {"accounts":["111111111111","222222222222"]}` + wide,
		}},
		"an account less": {in(one + ", " + two), in(one), []string{
			`- controls.S3.8.where: {"accounts":["111111111111","222222222222"]}`,
			`+ controls.S3.8.where: {"accounts":["111111111111"]}`,
		}},
		"everywhere": {
			in(one), s38("{mode: auto}"),
			[]string{`~ controls.S3.8.where: [{"accounts":["111111111111"]}] → everywhere` + wide},
		},
		"only somewhere": {
			s38("{mode: auto}"), in(one), []string{`~ controls.S3.8.where: everywhere → [{"accounts":["111111111111"]}]`},
		},
		"a Region of a pattern": {regions("eu-*"), regions("eu-west-1"), []string{
			`- controls.S3.8.where: {"regions":["eu-*"]}`, `+ controls.S3.8.where: {"regions":["eu-west-1"]}`,
		}},
		"a pattern": {regions("eu-west-1"), regions("eu-*"), []string{
			`- controls.S3.8.where: {"regions":["eu-west-1"]}`, `+ controls.S3.8.where: {"regions":["eu-*"]}` + wide,
		}},
		"a tag more": {tags("a: [b]"), tags("a: [b], c: [d]"), []string{
			`- controls.S3.8.where: {"tags":{"a":["b"]}}`, `+ controls.S3.8.where: {"tags":{"a":["b"],"c":["d"]}}`,
		}},
		"a tag less": {tags("a: [b], c: [d]"), tags("a: [b]"), []string{
			`- controls.S3.8.where: {"tags":{"a":["b"],"c":["d"]}}`, `+ controls.S3.8.where: {"tags":{"a":["b"]}}` + wide,
		}},
	})
}

func TestDiff(t *testing.T) {
	standard := func(other string) string {
		return `controls: {"standard:cis-5.0.0": {mode: auto}, ` + other + `}`
	}
	excepted := func(expires string) string {
		return s38("{mode: auto}") + "\nexceptions: [{control: S3.8, resource: b/c, reason: r, owner: o, expires: " +
			expires + "}]"
	}
	differ(t, map[string]diffCase{
		"what held a standard back": {
			standard("S3.8: {mode: off}"), standard(""), []string{`- controls.S3.8: {"mode":"off"}` + wide},
		},
		"its mode only": {
			standard("S3.8: {mode: off, parameters: {a: 1}}"), standard("S3.8: {parameters: {a: 1}}"),
			[]string{`- controls.S3.8.mode: off` + wide},
		},
		"a control held back somewhere is held back": {
			standard("S3.8: {mode: off}"), standard("S3.8: {mode: off, where: [{regions: [eu-*]}]}"),
			[]string{`~ controls.S3.8.where: everywhere → [{"regions":["eu-*"]}]`},
		},
		"a standard held back somewhere is not elsewhere": {
			standard(`"standard:pci-dss-4.0.1": {mode: off}`),
			standard(`"standard:pci-dss-4.0.1": {mode: off, where: [{regions: [eu-*]}]}`),
			[]string{`~ controls.standard:pci-dss-4.0.1.where: everywhere → [{"regions":["eu-*"]}]` + wide},
		},
		"without automation nothing is held back": {s38("{mode: off}"), "", []string{`- controls.S3.8: {"mode":"off"}`}},
		"a parameter": {
			s38("{parameters: {ports: [22], where: x}}"), s38("{parameters: {ports: [23], mode: auto, where: x}}"),
			[]string{"+ controls.S3.8.parameters.mode: auto", "~ controls.S3.8.parameters.ports: [22] → [23]"},
		},
		"an exception gone": {excepted("2027-01-01"), s38("{mode: auto}"), []string{
			`- exceptions.S3.8 b/c: {"expires":"2027-01-01","owner":"o","reason":"r"}` + wide,
		}},
		"an exception ends earlier": {
			excepted("2027-01-02"), excepted("2027-01-01"),
			[]string{`~ exceptions.S3.8 b/c.expires: 2027-01-02 → 2027-01-01` + wide},
		},
		"an exception ends later": {
			excepted("2027-01-01"), excepted("2027-01-02"), []string{`~ exceptions.S3.8 b/c.expires: 2027-01-01 → 2027-01-02`},
		},
		"defaults and limits": {
			"defaults: {mode: plan}", "limits: {stop_after_failures: 2}",
			[]string{"- defaults.mode: plan", "+ limits.stop_after_failures: 2"},
		},
		"text that steers": {"", s38(`{parameters: {a: "\e[2J\u202e"}}`), []string{
			`+ controls.S3.8: {"parameters":{"a":"\u001b[2J\u202e"}}`,
		}},
	})
}

func differ(t *testing.T, cases map[string]diffCase) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			list, err := gate.Diff(parse(t, "version: 1\n"+tc.from), parse(t, "version: 1\n"+tc.to))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range list {
				got = append(got, d.Lines()...)
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestNamed(t *testing.T) {
	c := parse(t, document).Named(strings.ToLower)
	for _, key := range []string{"s3.8", "ec2.19", "standard:cis-5.0.0"} {
		if _, ok := c.Controls[key]; !ok {
			t.Errorf("no entry %s in %v", key, c.Keys())
		}
	}
	if len(c.Controls) != 3 || c.Exceptions[0].Control != "s3.8" {
		t.Errorf("entries %v, exception of %s", c.Keys(), c.Exceptions[0].Control)
	}
	both := parse(t, "version: 1\ncontrols: {S3.8: {mode: off}, s3.8: {mode: auto}}\n")
	for range 20 { // maps have no order
		if named := both.Named(strings.ToLower); named.Controls["s3.8"].Mode != gate.Auto {
			t.Fatalf("the entry that held does not any more: %v", named.Controls)
		}
	}
}
