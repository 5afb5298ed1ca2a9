package deploy_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/deploy"
)

// TestHubChat: a channel hears the topic for chat, in a form that allows it nothing, where there is such a type; half of
// the ids are refused. No emulator plays Amazon Q Developer: what it shows is not tried.
func TestHubChat(t *testing.T) {
	slack := map[string]string{"SlackWorkspaceId": "T0123456789", "SlackChannelId": "C0123456789"}
	teams := map[string]string{"TeamsTenantId": tenant, "TeamsTeamId": tenant, "TeamsChannelId": "19%3Aabc%40thread.tacv2"}
	for name, c := range map[string]struct {
		given    map[string]string
		region   string
		made     []string
		accepted bool
	}{
		"nothing":           {nil, "us-east-1", nil, true},
		"Slack":             {slack, "us-east-1", []string{"SlackChannel"}, true},
		"Teams":             {teams, "eu-west-1", []string{"TeamsChannel"}, true},
		"a channel alone":   {map[string]string{"SlackChannelId": "C0123456789"}, "us-east-1", nil, false},
		"a tenant alone":    {map[string]string{"TeamsTenantId": tenant}, "us-east-1", nil, false},
		"Slack in China":    {slack, "cn-north-1", nil, false},
		"Teams in GovCloud": {teams, "us-gov-west-1", nil, false},
		"nothing in China":  {nil, "cn-north-1", nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			given := maps.Clone(c.given)
			if given == nil {
				given = map[string]string{}
			}
			given["AWS::Region"] = c.region
			s := newStack(t, deploy.Hub(), given)
			var made []string
			for _, channel := range []string{"SlackChannel", "TeamsChannel"} {
				if _, ok := s.resources()[channel]; !ok {
					continue
				}
				made = append(made, channel)
				got := s.properties(channel)
				want := []any{[]any{"<ChatTopic>"}, []any{"arn:aws:iam::aws:policy/AWSDenyAll"}, "<ChatRole.Arn>"}
				have := []any{got["SnsTopicArns"], got["GuardrailPolicies"], got["IamRoleArn"]}
				if diff := cmp.Diff(want, have); diff != "" {
					t.Errorf("%s (-want +got):\n%s", channel, diff)
				}
			}
			if diff := cmp.Diff(c.made, made); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			accepted := true
			for _, rule := range []string{"SlackIsWhole", "TeamsIsWhole", "ChatWhereItIs"} {
				r := object(t, s.tree, "Rules", rule)
				assertion := object(t, r["Assertions"].([]any)[0])
				applies := r["RuleCondition"] == nil || s.truth(r["RuleCondition"])
				accepted = accepted && (!applies || s.truth(assertion["Assert"]))
			}
			if accepted != c.accepted {
				t.Errorf("accepted: %v, want %v", accepted, c.accepted)
			}
		})
	}
	role := fullHub(t).properties("ChatRole")
	if role["Policies"] != nil || role["ManagedPolicyArns"] != nil {
		t.Errorf("the channel may do something: %v", role)
	}
}
