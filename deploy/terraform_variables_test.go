package deploy_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// plain is a name without what distinguishes OrgId from org_id.
func plain(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// ownVariables are those that the template does not ask for.
func ownVariables(module string) []string {
	return map[string][]string{
		"hub": {"program_file", "stack_name", "tags"},
		"members": {
			"call_as", "failure_tolerance_percentage", "organizational_unit_ids", "stack_name", "tags", "template_bucket",
		},
	}[module]
}

// variable is the name of the variable of a parameter.
func variable(t *testing.T, m module, parameter string) string {
	t.Helper()
	for name := range m.variables() {
		if plain(name) == plain(parameter) {
			return name
		}
	}
	t.Fatalf("%s: no variable for %s", m.folder, parameter)
	return ""
}

// terraformPresets is what CloudFormation is told where nobody says anything; a secret is left out then.
func terraformPresets(t *testing.T, parameters map[string]any) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, declared := range parameters {
		p := object(t, declared)
		switch preset, ok := p["Default"]; {
		case !ok:
			out[name] = "given"
		case p["NoEcho"] != true:
			out[name] = fmt.Sprint(preset)
		}
	}
	return out
}

// handed is local.parameters.
func handed(t *testing.T, ctx *hcl.EvalContext) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, v := range ctx.Variables["local"].GetAttr("parameters").AsValueMap() {
		out[name] = v.AsString()
	}
	return out
}

// TestTerraformVariables: each parameter is a variable with the same default, which is handed on; and there is no other
// but the module's own.
func TestTerraformVariables(t *testing.T) {
	for name, module := range terraformModules() {
		t.Run(name, func(t *testing.T) {
			m, parameters := newModule(t, name), object(t, parse(t, module.text), "Parameters")
			if d := cmp.Diff(terraformPresets(t, parameters), handed(t, m.context(t, nil))); d != "" {
				t.Errorf("defaults (-template +module):\n%s", d)
			}
			known := ownVariables(name)
			for parameter, declared := range parameters {
				v, p := variable(t, m, parameter), object(t, declared)
				known = append(known, v)
				body := m.variables()[v]
				if _, preset := p["Default"]; preset != (body.Attributes["default"] != nil) {
					t.Errorf("%s: has a default: %v; the template says %v", v, !preset, preset)
				}
				if got, want := body.Attributes["sensitive"] != nil, p["NoEcho"] == true; got != want {
					t.Errorf("%s: sensitive %v, NoEcho %v", v, got, want)
				}
				description := strings.Join(strings.Fields(fmt.Sprint(p["Description"])), " ")
				if got := text(t, body.Attributes["description"].Expr, nil); got != description {
					t.Errorf("%s is described as %q, by the template as %q", v, got, description)
				}
			}
			for v := range m.variables() {
				if !slices.Contains(known, v) {
					t.Errorf("%s is no parameter of the template", v)
				}
			}
		})
	}
}

// TestTerraformHandsOn: what a variable says changes its parameter, and no other.
func TestTerraformHandsOn(t *testing.T) {
	for name, module := range terraformModules() {
		m, parameters := newModule(t, name), object(t, parse(t, module.text), "Parameters")
		for parameter, declared := range parameters {
			kind, value, says := fmt.Sprint(object(t, declared)["Type"]), cty.StringVal("other"), "other"
			switch {
			case kind == commaList || strings.HasPrefix(kind, "List<"):
				value, says = cty.ListVal([]cty.Value{cty.StringVal("a"), cty.StringVal("b")}), "a,b"
			case kind == "Number":
				value, says = cty.NumberIntVal(1234567), "1234567"
			}
			v := variable(t, m, parameter)
			if got, want := source(m, m.variables()[v].Attributes["type"].Expr.Range()), variableType(kind); got != want {
				t.Errorf("%s: type %s, want %s", v, got, want)
			}
			want := terraformPresets(t, parameters)
			want[parameter] = says
			if d := cmp.Diff(want, handed(t, m.context(t, map[string]cty.Value{v: value}))); d != "" {
				t.Errorf("%s %s (-want +got):\n%s", name, v, d)
			}
		}
	}
}

func variableType(kind string) string {
	switch {
	case kind == commaList || strings.HasPrefix(kind, "List<"):
		return "list(string)"
	case kind == "Number":
		return "number"
	}
	return "string"
}

// samples are values of every kind that parameters take, and some that none takes.
func samples() []string {
	return []string{
		"", "x", "true", "false", "Made", "LeftOut", "arm64", "x86_64", "o-abcdefghij", "o-short", "secret.of-mine",
		"two words",
		"team@example.org", "team@example", "123456789012", "12345678901", "salve-*", "my-bucket", "T0123456789", "ByCommand",
		"arn:aws:iam::123456789012:role/salve-orchestrator", "arn:aws-cn:iam::123456789012:role/a", "arn:aws:iam::*:root",
		"arn:aws:kms:eu-central-1:123456789012:key/abc-1", "arn:aws:iam::123456789012:user/p@example.org", "*",
		"8c6f1c5e-0c0b-4d1c-9a66-0123456789ab", "19%3Aabc%40thread.tacv2", "0", "1", "2", "10", "300", "1000", "1001",
		"86400", "86401", "365", "366", strings.Repeat("x", 1300),
		"acme-", "acme", "an-account-with-long-names-", "/", "/acme/security/", "/acme", "/" + strings.Repeat("p", 63) + "/",
		"arn:aws:iam::aws:policy/PowerUserAccess", "arn:aws:sns:eu-central-1:123456789012:team", "subnet-0a1b", "sg-0a1b",
		"arn:aws:iam::123456789012:role/acme/security/acme-salve-orchestrator",
	}
}

// allowedBy tells whether the template takes a value. Go's expressions count to a thousand only, and a value of a
// module that is longer than the template takes is left to CloudFormation.
func allowedBy(t *testing.T, p map[string]any, value string) bool {
	t.Helper()
	if pattern, ok := p["AllowedPattern"].(string); ok {
		loose := regexp.MustCompile(`,1\d{3}\}`).ReplaceAllString(pattern, ",}")
		if !regexp.MustCompile(`\A(?:` + loose + `)\z`).MatchString(value) {
			return false
		}
	}
	if list, ok := p["AllowedValues"].([]any); ok {
		if !slices.ContainsFunc(list, func(v any) bool { return fmt.Sprint(v) == value }) {
			return false
		}
	}
	var n float64
	_, err := fmt.Sscan(value, &n)
	for bound, sign := range map[string]float64{"MinValue": 1, "MaxValue": -1} {
		if limit, ok := p[bound].(float64); ok && (err != nil || n*sign < limit*sign) {
			return false
		}
	}
	for bound, sign := range map[string]int{"MinLength": 1, "MaxLength": -1} {
		if limit, ok := p[bound].(float64); ok && len(value)*sign < int(limit)*sign {
			return false
		}
	}
	return true
}

// TestTerraformValidates: a plan refuses what CloudFormation would refuse, and nothing else.
func TestTerraformValidates(t *testing.T) {
	for name, module := range terraformModules() {
		m := newModule(t, name)
		for parameter, declared := range object(t, parse(t, module.text), "Parameters") {
			p, v := object(t, declared), variable(t, m, parameter)
			taken := 0
			for _, sample := range samples() {
				value := cty.StringVal(sample)
				switch kind := variableType(fmt.Sprint(p["Type"])); kind {
				case "number":
					number, err := convert.Convert(value, cty.Number)
					if err != nil {
						continue
					}
					value = number
				case "list(string)":
					value = cty.ListVal([]cty.Value{value})
				}
				ctx := m.context(t, map[string]cty.Value{v: value})
				got := true
				for _, b := range m.variables()[v].Blocks {
					got = got && evaluate(t, b.Body.Attributes["condition"].Expr, ctx).True()
				}
				if want := allowedBy(t, p, sample); got != want {
					t.Errorf("%s %s: %q is taken: %v, by the template: %v", name, v, sample, got, want)
				} else if got {
					taken++
				}
			}
			if taken == 0 {
				t.Errorf("%s %s: no sample is taken; add one", name, v)
			}
		}
	}
}
