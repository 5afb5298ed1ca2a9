package deploy_test

import (
	"maps"
	"slices"
	"testing"

	again "github.com/salve-security/salve/internal/evaluate"
)

// evaluating are the statements by which AWS Config may be asked to evaluate again, where the account says so.
func evaluating() map[string]expected {
	return map[string]expected{
		"FindRules": {"EvaluatePermissions", `
			{"Effect": "Allow", "Action": "config:DescribeConfigRules", "Resource": "*"}`},
		"EvaluateRules": {"EvaluatePermissions", `
			{"Effect": "Allow", "Action": "config:StartConfigRulesEvaluation", "Resource":
			"arn:aws:config:*:111111111111:config-rule/aws-service-rule/securityhub.amazonaws.com/*"}`},
	}
}

// TestOnlyRulesOfSecurityHubAreEvaluated: an account that says nothing lets AWS Config be asked for nothing; one that
// allows it, for what Security Hub keeps there, and nobody but the role of runs.
func TestOnlyRulesOfSecurityHubAreEvaluated(t *testing.T) {
	const own = "arn:aws:config:eu-west-1:111111111111:config-rule/"
	const below, start = "aws-service-rule/securityhub.amazonaws.com/config-rule-lcprsx", "StartConfigRulesEvaluation"
	const linked, others = own + below, "arn:aws:config:eu-west-1:999999999999:config-rule/" + below
	full, plain := fullMember(t), plainMember(t)
	if _, made := plain.resources()["EvaluatePermissions"]; made {
		t.Error("an account allows it that said nothing")
	}
	if role := texts(t, full.properties("EvaluatePermissions")["Roles"]); !slices.Equal(
		role,
		[]string{"<RemediationRole>"},
	) {
		t.Errorf("it is allowed to %v", role)
	}
	all := full.statements()
	for name, c := range map[string]struct {
		action, rule string
		want         bool
	}{
		"a rule of Security Hub":        {start, linked, true},
		"the account's own rule":        {start, own + "config-rule-lcprsx", false},
		"another service's":             {start, own + "aws-service-rule/fms.amazonaws.com/config-rule-lcprsx", false},
		"another account's":             {start, others, false},
		"which there are":               {"DescribeConfigRules", "*", true},
		"to write a rule":               {"PutConfigRule", linked, false},
		"to forget what was found":      {"DeleteEvaluationResults", linked, false},
		"to say what is to be found":    {"PutEvaluations", "*", false},
		"to have a resource remediated": {"StartRemediationExecution", "*", false},
	} {
		if got := permits(t, all, "EvaluatePermissions", request{"config:" + c.action, c.rule, nil}); got != c.want {
			t.Errorf("%s: allowed %t, want %t", name, got, c.want)
		}
		if forbids(t, all, "RemediationRole", request{"config:" + c.action, c.rule, nil}) && c.want {
			t.Errorf("%s: the role's own denials are in the way", name)
		}
	}
	allowed := map[string]bool{}
	for _, s := range all {
		if s.holder == "EvaluatePermissions" {
			for _, action := range texts(t, s.body["Action"]) {
				allowed[action] = true
			}
		}
	}
	if got := slices.Sorted(maps.Keys(allowed)); !slices.Equal(got, again.Actions()) {
		t.Errorf("allowed are %v, and asked for %v", got, again.Actions())
	}
}
