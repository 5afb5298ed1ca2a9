package control_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
)

// fits is a mapping that nothing is wrong with, for a control without a playbook.
func fits(change func(*control.Mapping)) control.Mapping {
	m := control.Mapping{
		Document: "Acme-CloseTopic", Content: strings.Repeat("0a", 32), Role: "closer",
		Resource:   `arn:aws:sns:[a-z0-9-]+:[0-9]{12}:(?P<topic>[\w-]{1,256})`,
		Parameters: map[string]control.Values{"Topic": {"{{ resource.topic }}"}, "Account": {"{{account}}"}},
	}
	if change != nil {
		change(&m)
	}
	return m
}

// checkCase is a mapping that something is wrong with, or nothing.
type checkCase struct {
	change func(*control.Mapping)
	own    bool
	field  string // of the only problem; empty for none
	says   string
}

func sound() map[string]checkCase {
	return map[string]checkCase{
		"fits":           {nil, false, "", ""},
		"of AWS":         {func(m *control.Mapping) { m.Document = "AWSConfigRemediation-X" }, false, "", ""},
		"of an account":  {func(m *control.Mapping) { m.Document = sharedDocument }, false, "", ""},
		"changed, known": {func(m *control.Mapping) { m.Content, m.WhenChanged = "", "run" }, false, "", ""},
		"proof": {
			func(m *control.Mapping) { m.Proof = &control.Proof{Output: "Check.Ok", Equals: "true"} }, false, "", "",
		},
		"ours needs no pattern": {
			func(m *control.Mapping) {
				m.Resource, m.Parameters = "", map[string]control.Values{"Topic": {"x-{{ name }}"}}
			}, true, "", "",
		},
	}
}

// unsound are mappings that are wrong in one way each.
func unsound() map[string]checkCase {
	return map[string]checkCase{
		"no document":       {func(m *control.Mapping) { m.Document = "" }, false, "document", `is ""`},
		"ours":              {func(m *control.Mapping) { m.Document = "salve-closebucket" }, false, "document", "Salve's"},
		"field in the name": {func(m *control.Mapping) { m.Document = "A-{{ account }}" }, false, "document", "no field"},
		"a path":            {func(m *control.Mapping) { m.Document = "../Acme" }, false, "document", "is"},
		"no hash":           {func(m *control.Mapping) { m.Content = "" }, false, "content", "is missing"},
		"half a hash":       {func(m *control.Mapping) { m.Content = "0a0a" }, false, "content", "is"},
		"changed, a word":   {func(m *control.Mapping) { m.WhenChanged = "yes" }, false, "when_changed", "is"},
		"a role's path":     {func(m *control.Mapping) { m.Role = "/salve/user/closer" }, false, "role", "is"},
		"no pattern":        {resource(""), false, "resource", "is missing"},
		"no expression":     {resource("("), false, "resource", "missing closing"},
		"anything":          {resource(".*"), false, "resource", "anything"},
		"almost anything":   {resource(`[^\n]+`), false, "resource", "anything"},
		"without blanks":    {resource(`\S+`), false, "resource", "anything"},
		"short":             {resource(`.{1,20}`), false, "resource", "anything"},
		"nothing":           {resource(`[a-z]*`), false, "resource", "anything"},
		"our parenthesis":   {resource(`arn:a)|(arn:b`), false, "resource", "unexpected )"},
		"a text of the finding": {
			func(m *control.Mapping) { m.Parameters["Why"] = control.Values{"{{ finding.description }}"} }, false,
			"parameters.Why", "no field",
		},
		"name without a playbook": {
			func(m *control.Mapping) { m.Parameters["Why"] = control.Values{"{{ name }}"} }, false, "parameters.Why",
			"no field",
		},
		"a parameter of the account": {
			func(m *control.Mapping) { m.Parameters["Why"] = control.Values{"{{ssm:/secret}}"} }, false, "parameters.Why",
			"name no field",
		},
		"no value": {func(m *control.Mapping) { m.Parameters["Why"] = nil }, false, "parameters.Why", "no parameter"},
		"no resource": {
			func(m *control.Mapping) { m.Parameters = map[string]control.Values{"Account": {"{{ account }}"}} }, false,
			"parameters", "do not say which resource",
		},
		"proof of ours": {
			func(m *control.Mapping) { m.Proof = &control.Proof{Output: "Check.Ok", Equals: "true"} }, true, "proof",
			"not needed",
		},
		"half a proof": {
			func(m *control.Mapping) { m.Proof = &control.Proof{Output: "Ok", Equals: "true"} }, false, "proof", "not complete",
		},
		"a way back": {func(m *control.Mapping) { m.NoWayBack = "yes" }, false, "no_way_back", "is"},
		"impact":     {func(m *control.Mapping) { m.Impact = "little" }, false, "impact", "is"},
		"a time":     {func(m *control.Mapping) { m.Within = "soon" }, false, "within", "is"},
		"too long":   {func(m *control.Mapping) { m.Within = "169h" }, false, "within", "is"},
		"never":      {func(m *control.Mapping) { m.Within = "30s" }, false, "within", "shorter than typical"},
	}
}

func TestMappingCheck(t *testing.T) {
	all := sound()
	maps.Copy(all, unsound())
	for name, tc := range all {
		t.Run(name, func(t *testing.T) {
			info := control.Info{Pattern: regexp.MustCompile(`^arn:aws:sns:(.*)$`)}
			got := fits(tc.change).Check(info, tc.own)
			switch {
			case tc.field == "" && len(got) > 0:
				t.Errorf("refused: %+v", got)
			case tc.field != "" && (len(got) != 1 || got[0].Field != tc.field || !strings.Contains(got[0].Text, tc.says)):
				t.Errorf("problems %+v, want one of %s that says %q", got, tc.field, tc.says)
			case tc.field != "" && got[0].Fix == "":
				t.Error("it does not say what to write instead")
			}
			if err := fits(tc.change).Sound(info, tc.own); (err != nil) != (tc.field != "") {
				t.Errorf("sound: %v", err)
			}
		})
	}
}

const sharedDocument = "arn:{{ partition }}:ssm:{{ region }}:444444444444:document/Acme-CloseTopic"

// resource gives the runbook the whole id of what matches a pattern.
func resource(pattern string) func(*control.Mapping) {
	return func(m *control.Mapping) {
		m.Resource, m.Parameters = pattern, map[string]control.Values{"Topic": {"{{ resource }}"}}
	}
}

func TestMappingFill(t *testing.T) {
	target := control.Target{
		Account: "222222222222", Region: "eu-west-1", Partition: "aws", Resource: "arn:aws:sns:eu-west-1:222222222222:alerts",
	}
	m := fits(func(m *control.Mapping) { m.Parameters["List"] = control.Values{"a", "{{ region }}/{{ partition }}"} })
	got, err := m.Fill(target, "")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"Topic": {"alerts"}, "Account": {"222222222222"}, "List": {"a", "eu-west-1/aws"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	m.Document = sharedDocument
	if at, err := m.At(target); err != nil || at != "arn:aws:ssm:eu-west-1:444444444444:document/Acme-CloseTopic" {
		t.Errorf("document %s, %v", at, err)
	}
	for name, resource := range map[string]string{
		"another service": "arn:aws:sqs:eu-west-1:222222222222:alerts", "more behind": target.Resource + "\nx",
		"a template": target.Resource + "{{ssm:x}}", "more before": "x" + target.Resource,
	} {
		t.Run(name, func(t *testing.T) {
			other := target
			other.Resource = resource
			if got, err := m.Fill(other, ""); err == nil {
				t.Errorf("filled in: %v", got)
			}
		})
	}
	for name, tc := range map[string][3]string{ // pattern, value, resource
		"a brace beside a brace":     {`arn:(?P<topic>.+)`, `{{{ resource.topic }}}`, "arn:{ssm:x}"},
		"braces beside each other":   {`arn:(?P<a>.):(?P<b>.*)`, `{{ resource.a }}{{ resource.b }}}`, "arn:{:{ssm:x}"},
		"a group that has no part":   {`arn:(?:a(?P<topic>x)|b)`, `{{ resource.topic }}`, "arn:b"},
		"a parenthesis that is ours": {`arn:a)|(?P<topic>arn:b.*`, `{{ resource }}`, "arn:a, and more"},
	} {
		t.Run(name, func(t *testing.T) {
			m := fits(func(m *control.Mapping) {
				m.Resource, m.Parameters = tc[0], map[string]control.Values{"Topic": {tc[1]}}
			})
			other := target
			other.Resource = tc[2]
			if got, err := m.Fill(other, ""); err == nil {
				t.Errorf("filled in: %q", got)
			}
		})
	}
	t.Run("a pattern that lets templates through", func(t *testing.T) {
		m := fits(func(m *control.Mapping) { m.Resource = `arn:(?P<topic>[{}\w:-]+)` })
		other := target
		other.Resource = "arn:{{ssm:x}}"
		if got, err := m.Fill(other, ""); err == nil {
			t.Errorf("filled in: %v", got)
		}
	})
}

func TestMappingValues(t *testing.T) {
	for text, want := range map[string]control.Values{
		`"a"`: {"a"}, `["a","b"]`: {"a", "b"}, `[]`: {}, `7`: nil, `[7]`: nil,
	} {
		var got control.Values
		if err := json.Unmarshal([]byte(text), &got); (err == nil) != (want != nil) {
			t.Errorf("%s: %v", text, err)
		} else if d := cmp.Diff(want, got); err == nil && d != "" {
			t.Errorf("%s: %s", text, d)
		}
	}
}
