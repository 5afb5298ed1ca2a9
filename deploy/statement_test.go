package deploy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/deploy"
)

// tenant is what ids of Microsoft Teams look like.
const tenant = "01234567-89ab-cdef-0123-456789abcdef"

// fullHub has every option on, so that every statement is there.
func fullHub(t *testing.T) stack {
	t.Helper()
	return newStack(t, deploy.Hub(), map[string]string{
		"CodeBucket": "artifacts", "CodeKey": "salve.zip", "OrgId": "o-abcdefghij", "CustomActions": "ByTemplate",
		"OperatorPrincipals":        "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Ops_*",
		"LimitedOperatorPrincipals": "arn:aws:iam::*:role/web,arn:aws:iam::*:user/ann",
		"LimitedOperatorAccounts":   "222222222222,333333333333",
		"SlackWorkspaceId":          "T0123456789", "SlackChannelId": "C0123456789",
		"TeamsTenantId": tenant, "TeamsTeamId": tenant, "TeamsChannelId": "19%3Aabc%40thread.tacv2",
		"NoticeEmail": "team@example.org",
		"KmsKeyArn":   "arn:aws:kms:eu-central-1:111111111111:key/k1",
	})
}

func fullMember(t *testing.T) stack {
	t.Helper()
	return newStack(t, deploy.Member(), map[string]string{
		"OrchestratorRoleArn": "arn:aws:iam::999999999999:role/salve-orchestrator",
		"OrgId":               "o-abcdefghij", "ExternalId": "ticket-4711", "InstanceProfile": "Made",
		"FlowLogsRole": "Made", "TrailLogsRole": "Made", "EnhancedMonitoringRole": "Made", "ApiLogsRole": "Made",
		"AppSyncLogsRole": "Made", "BackupRole": "Made", "TopicLogsRole": "Made", "SupportPrincipal": supporter,
		"EvaluateAgain": "Allowed",
	})
}

// supporter is who may manage incidents with AWS Support.
const supporter = "arn:aws:iam::111111111111:role/on-call"

// plainMember has no option on.
func plainMember(t *testing.T) stack {
	t.Helper()
	return newStack(t, deploy.Member(), map[string]string{
		"OrchestratorRoleArn": "arn:aws:iam::999999999999:role/salve-orchestrator", "OrgId": "o-abcdefghij",
	})
}

// statement is a policy statement and the resource that holds it.
type statement struct {
	holder string
	body   map[string]any
}

// of tells that a role has the statement: in a policy of its own, or in the one with more of its denials.
func (s statement) of(role string) bool { return s.holder == role || s.holder == role+"Never" }

// statements finds every policy statement, wherever in the resources it stands, by its Sid.
func (s stack) statements() map[string]statement {
	s.t.Helper()
	out := map[string]statement{}
	var walk func(holder string, v any)
	walk = func(holder string, v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				walk(holder, item)
			}
		case map[string]any:
			if v["Effect"] != nil {
				id, _ := v["Sid"].(string)
				if _, twice := out[id]; twice || id == "" {
					s.t.Errorf("%s: statement needs a Sid of its own, has %q", holder, id)
				}
				out[id] = statement{holder, v}
				return
			}
			for _, item := range v {
				walk(holder, item)
			}
		}
	}
	for name, r := range s.resources() {
		walk(name, r)
	}
	return out
}

// expected is where a statement stands and what it says, in the words of a template with every option on.
type expected struct{ holder, body string }

// checkStatements compares each statement of the stack with its entry; a statement without an entry fails.
func checkStatements(t *testing.T, s stack, table map[string]expected) {
	t.Helper()
	found := s.statements()
	for id := range found {
		if _, ok := table[id]; !ok {
			t.Errorf("statement %s has no test: add what it should say to the table", id)
		}
	}
	for id, want := range table {
		t.Run(id, func(t *testing.T) {
			got, ok := found[id]
			if !ok {
				t.Fatal("not in the template")
			}
			// Which of the generated policies holds a statement depends on what all controls declare.
			if got.holder != want.holder && strings.TrimRight(got.holder, "0123456789") != want.holder {
				t.Errorf("stands in %s, want %s", got.holder, want.holder)
			}
			body := object(t, unmarshal(t, want.body))
			body["Sid"] = id
			if diff := cmp.Diff(body, got.body); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// matches compares an action with a pattern of IAM, which knows * and not case.
func matches(pattern, action string) bool {
	parts := strings.Split(strings.ToLower(pattern), "*")
	rest, ok := strings.CutPrefix(strings.ToLower(action), parts[0])
	if !ok || len(parts) == 1 {
		return ok && rest == ""
	}
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, p)
		if i < 0 {
			return false
		}
		rest = rest[i+len(p):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}
