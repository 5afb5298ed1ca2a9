package deploy_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/deploy"
	"github.com/salve-security/salve/internal/names"
)

// templateActions are the custom actions that the hub's stack makes.
func templateActions(t *testing.T, s stack) []names.Action {
	t.Helper()
	var out []names.Action
	for _, r := range s.resources() {
		if at(t, r, "Type") == "AWS::SecurityHub::ActionTarget" {
			p := object(t, r, "Properties")
			out = append(out, names.Action{
				ID: p["Id"].(string), Name: p["Name"].(string), Description: p["Description"].(string),
			})
		}
	}
	slices.SortFunc(out, func(a, b names.Action) int { return slices.Index(ids(), a.ID) - slices.Index(ids(), b.ID) })
	return out
}

func ids() []string {
	var out []string
	for _, a := range names.Actions() {
		out = append(out, a.ID)
	}
	return out
}

// TestHubActions: the stack makes what salve actions create makes, where it is told to and CloudFormation knows the
// type; nowhere else does it ask for a type that is not there.
func TestHubActions(t *testing.T) {
	for name, c := range map[string]struct {
		by, region     string
		made, accepted bool
	}{
		"left out":                    {"ByCommand", "us-east-1", false, true},
		"by template":                 {"ByTemplate", "us-east-1", true, true},
		"by template, without a type": {"ByTemplate", "eu-west-1", false, false},
		"by command, without a type":  {"ByCommand", "eu-west-1", false, true},
		"in China":                    {"ByCommand", "cn-north-1", false, true},
		"by template in GovCloud":     {"ByTemplate", "us-gov-west-1", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, deploy.Hub(), map[string]string{"CustomActions": c.by, "AWS::Region": c.region})
			var want []names.Action
			if c.made {
				want = names.Actions()
			}
			if diff := cmp.Diff(want, templateActions(t, s)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			rule := object(t, s.tree, "Rules", "ActionsWhereTheirTypeIs")
			assertion := object(t, rule["Assertions"].([]any)[0])
			if got := !s.truth(rule["RuleCondition"]) || s.truth(assertion["Assert"]); got != c.accepted {
				t.Errorf("accepted: %v, want %v", got, c.accepted)
			}
		})
	}
	if got := newStack(t, deploy.Hub(), nil).values["CustomActions"]; got != "ByCommand" {
		t.Errorf("left out it is %s, which is not to be had in every Region", got)
	}
}
