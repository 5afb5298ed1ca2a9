package deploy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/deploy"
)

// TestOneOfBothIsGiven tries the rule of both templates: OrgId, ExternalId or both, never none.
func TestOneOfBothIsGiven(t *testing.T) {
	cases := map[string]struct {
		parameters map[string]string
		want       bool
	}{
		"neither":      {nil, false},
		"organization": {map[string]string{"OrgId": "o-abcdefghij"}, true},
		"external id":  {map[string]string{"ExternalId": "ticket-4711"}, true},
		"both":         {map[string]string{"OrgId": "o-abcdefghij", "ExternalId": "ticket-4711"}, true},
	}
	for rule, text := range map[string]string{"MembersCanTellTheHub": deploy.Hub(), "HubCanBeTold": deploy.Member()} {
		for name, c := range cases {
			t.Run(rule+"/"+name, func(t *testing.T) {
				s := newStack(t, text, c.parameters)
				assertion := object(t, at(t, s.tree, "Rules", rule, "Assertions").([]any)[0])
				if got := s.truth(assertion["Assert"]); got != c.want {
					t.Errorf("accepted: %v, want %v", got, c.want)
				}
				if help := assertion["AssertDescription"].(string); !strings.Contains(help, "ExternalId") {
					t.Errorf("the message does not say what to give: %s", help)
				}
			})
		}
	}
}

// TestEnterMembersOnlyInOrg finds the organization's condition exactly where it can hold.
func TestEnterMembersOnlyInOrg(t *testing.T) {
	inOrg := map[string]any{"StringEquals": map[string]any{"aws:ResourceOrgID": "o-abcdefghij"}}
	for name, c := range map[string]struct {
		parameters map[string]string
		want       any
	}{
		"organization":         {map[string]string{"OrgId": "o-abcdefghij"}, inOrg},
		"emulator":             {map[string]string{"OrgId": "o-abcdefghij", "RestrictToOrg": "false"}, nil},
		"without organization": {map[string]string{"ExternalId": "ticket-4711"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			found := newStack(t, deploy.Hub(), c.parameters).statements()["EnterMembers"]
			if diff := cmp.Diff(c.want, found.body["Condition"]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestOnlyLambdaIsTheOrchestrator: who could become it would be under no limit of operators.
func TestOnlyLambdaIsTheOrchestrator(t *testing.T) {
	trust := object(t, fullHub(t).properties("OrchestratorRole"), "AssumeRolePolicyDocument")
	statements := trust["Statement"].([]any)
	if len(statements) != 1 || at(t, statements[0], "Principal", "Service") != "lambda.amazonaws.com" {
		t.Errorf("others may become the orchestrator: %v", statements)
	}
}

// TestHubEntersOnlyAsTold finds the conditions of the member's trust that follow from the parameters.
func TestHubEntersOnlyAsTold(t *testing.T) {
	for name, c := range map[string]struct{ parameters, want map[string]string }{
		"organization": {
			map[string]string{"OrgId": "o-abcdefghij"}, map[string]string{"aws:PrincipalOrgID": "o-abcdefghij"},
		},
		"external id": {
			map[string]string{"ExternalId": "ticket-4711"}, map[string]string{"sts:ExternalId": "ticket-4711"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.parameters["OrchestratorRoleArn"] = "arn:aws:iam::999999999999:role/salve-orchestrator"
			found := newStack(t, deploy.Member(), c.parameters).statements()
			for _, sid := range []string{"HubEnters", "OperatorsEnter"} {
				got := map[string]string{}
				for key, v := range object(t, found[sid].body, "Condition", "StringEquals") {
					got[key] = v.(string)
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", sid, diff)
				}
			}
		})
	}
}

// TestNobodyElseOperates: without the parameter, only Lambda runs with the orchestrator's role.
func TestNobodyElseOperates(t *testing.T) {
	s := newStack(t, deploy.Hub(), map[string]string{"ExternalId": "ticket-4711"})
	for _, id := range []string{"OperatorsWork", "LimitedOperatorsWork", "UseKey", "SweepUsesKey"} {
		if _, ok := s.statements()[id]; ok {
			t.Errorf("%s is there without its parameter", id)
		}
	}
	if _, ok := s.resources()["NoticesByEmail"]; ok {
		t.Error("an email subscription is there without an address")
	}
}

// TestHubGrantsNoMore: no wildcard in what identities of the hub may do, and nothing that makes new rights.
func TestHubGrantsNoMore(t *testing.T) {
	for id, s := range fullHub(t).statements() {
		if s.body["Effect"] != "Allow" || s.body["Principal"] != nil {
			continue
		}
		for _, a := range texts(t, s.body["Action"]) {
			if strings.Contains(a, "*") || strings.HasPrefix(a, "iam:") || a == "sts:TagSession" {
				t.Errorf("%s allows %s", id, a)
			}
		}
		// Which function is fed by what, and what the root of an organization is, AWS tells only who may ask about all.
		if slices.Contains(texts(t, s.body["Resource"]), "*") && id != "LookForSources" && id != "FindRoot" {
			t.Errorf("%s allows its actions on everything", id)
		}
	}
}
