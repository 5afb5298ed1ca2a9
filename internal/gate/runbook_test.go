package gate_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
)

// mapped is a document with a runbook for a control, and a field of it instead of another.
func mapped(mode, was, is string) string {
	text := `version: 1
controls:
  S3.1:
    mode: ` + mode + `
    runbook:
      document: Acme-Close
      content: "` + strings.Repeat("0a", 32) + `"
      role: closer
      resource: 'arn:aws:s3:::(?P<bucket>[a-z0-9.-]+)'
      parameters:
        Bucket: "{{ resource.bucket }}"
        Flags: [a, b]
      proof: {output: Prove.Closed, equals: "true"}
`
	return strings.Replace(text, was, is, 1)
}

// judged is what documents with runbooks are checked against; none of the controls has a playbook.
func judged() gate.Known {
	k := known()
	k.Identities = nil
	k.Runbook = func(_ string, m control.Mapping) []control.MappingProblem { return m.Check(control.Info{}, false) }
	return k
}

func TestRunbookOfAControl(t *testing.T) {
	c := parse(t, mapped("auto", "", ""))
	if err := c.Validate(judged()); err != nil {
		t.Fatal(err)
	}
	m := c.Runbook("s3.1")
	if m == nil || m.Document != "Acme-Close" || c.Runbook("S3.8") != nil {
		t.Fatalf("%+v", m)
	}
	want := map[string]control.Values{"Bucket": {"{{ resource.bucket }}"}, "Flags": {"a", "b"}}
	if d := cmp.Diff(want, m.Parameters); d != "" {
		t.Error(d)
	}
	text, err := c.JSON()
	if err != nil {
		t.Fatal(err)
	}
	again, err := gate.FromJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(m, again.Runbook("S3.1")); d != "" {
		t.Errorf("stored otherwise:\n%s", d)
	}
}

// TestRunbookProblems: each is told with its line and what to write.
func TestRunbookProblems(t *testing.T) {
	for name, tc := range map[string]struct{ was, is, says string }{
		"a text of the finding": {
			"{{ resource.bucket }}", "{{ finding.title }}",
			`line 11, controls.S3.1.runbook.parameters.Bucket: "finding.title" is no field: use account, partition, region`,
		},
		"no hash":          {"      content:", "      # content:", "controls.S3.1.runbook.content: is missing: look"},
		"a standard":       {"  S3.1:", "  standard:cis-5.0.0:", "cis-5.0.0.runbook: is given for a standard"},
		"an unknown field": {"role:", "roles:", `line 8, document: unknown field "roles"`},
		"a number":         {"[a, b]", "[1]", "1 is no text: write it in quotes"},
		"one of Salve's":   {"document: Acme-Close", "document: Salve-CloseBucket", "line 6, controls.S3.1.runbook.document"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := gate.Parse([]byte(mapped("auto", tc.was, tc.is)))
			if err == nil {
				err = c.Validate(judged())
			}
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%v, want %q", err, tc.says)
			}
		})
	}
}

// TestRunbookWidens: a runbook for what may act by itself lets Salve act where it could not, and so does it where
// nothing asks any more.
func TestRunbookWidens(t *testing.T) {
	without := "{mode: auto}"
	with := func(text string) string {
		return `{mode: auto, runbook: {document: Acme, role: r` + text + `}}`
	}
	standard := `controls: {"standard:cis-5.0.0": {mode: auto}`
	differ(t, map[string]diffCase{
		"for an automatic control": {
			"controls: {S3.1: " + without + "}", "controls: {S3.1: " + with("") + "}",
			[]string{`+ controls.S3.1.runbook:` + wide, `document: Acme`, `role: r`},
		},
		"for one of an automatic standard": {
			standard + "}", standard + `, S3.1: {runbook: {document: Acme, role: r}}}`,
			[]string{`+ controls.S3.1:` + wide, `runbook.document: Acme`, `runbook.role: r`},
		},
		"with all else": {
			"", "controls: {S3.1: " + with(`, parameters: {B: "{{ x }}", C: [a, b]}, proof: {output: P.C, equals: y}`) + "}",
			[]string{
				`+ controls.S3.1: {"mode":"auto"}` + wide, `runbook.document: Acme`,
				`runbook.parameters.B: ["{{ x }}"]`, `runbook.parameters.C: ["a","b"]`, `runbook.proof.equals: y`,
				`runbook.proof.output: "P.C"`, `runbook.role: r`,
			},
		},
		"for other resources": {
			"controls: {S3.1: " + with(", resource: a") + "}", "controls: {S3.1: " + with(", resource: a|b") + "}",
			[]string{`~ controls.S3.1.runbook.resource: a → "a|b"` + wide},
		},
		"whatever it says": {
			"controls: {S3.1: " + with("") + "}", "controls: {S3.1: " + with(", when_changed: run") + "}",
			[]string{`+ controls.S3.1.runbook.when_changed: run` + wide},
		},
		"it is no longer destructive": {
			"controls: {S3.1: " + with(", impact: destructive") + "}", "controls: {S3.1: " + with(", impact: none") + "}",
			[]string{`~ controls.S3.1.runbook.impact: destructive → none` + wide},
		},
		"the playbook may be destructive": {
			"controls: {S3.1: " + with("") + "}", "controls: {S3.1: " + with(", impact: interrupts") + "}",
			[]string{`+ controls.S3.1.runbook.impact: interrupts` + wide},
		},
		"it is destructive": {
			"controls: {S3.1: " + with(", impact: none") + "}", "controls: {S3.1: " + with(", impact: destructive") + "}",
			[]string{`~ controls.S3.1.runbook.impact: none → destructive`},
		},
		"nothing takes it back": {
			"controls: {S3.1: " + with("") + "}", "controls: {S3.1: " + with(", no_way_back: accepted") + "}",
			[]string{`+ controls.S3.1.runbook.no_way_back: accepted` + wide},
		},
		"it asks again": {
			"controls: {S3.1: " + with(", no_way_back: accepted") + "}", "controls: {S3.1: " + with("") + "}",
			[]string{`- controls.S3.1.runbook.no_way_back: accepted`},
		},
		"a role": {
			"controls: {S3.1: " + with("") + "}", "controls: {S3.1: {mode: auto, runbook: {document: Acme, role: s}}}",
			[]string{`~ controls.S3.1.runbook.role: r → s`},
		},
		"gone": {
			"controls: {S3.1: " + with("") + "}", "controls: {S3.1: " + without + "}",
			[]string{`- controls.S3.1.runbook:`, `document: Acme`, `role: r`},
		},
	})
}
