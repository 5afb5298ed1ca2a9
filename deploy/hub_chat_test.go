package deploy_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/deploy"
	"github.com/salve-security/salve/internal/names"
)

// TestHubChat: a channel hears the topic for chat and may do nothing, where there is such a type. Without a channel
// there is no such topic, and the function is told of none. Half of the ids are refused. No emulator plays Amazon Q
// Developer: what it shows is not tried.
func TestHubChat(t *testing.T) {
	slack := map[string]string{"SlackWorkspaceId": "T0123456789", "SlackChannelId": "C0123456789"}
	teams := map[string]string{"TeamsTenantId": tenant, "TeamsTeamId": tenant, "TeamsChannelId": "19%3Aabc%40thread.tacv2"}
	byHand := map[string]string{"ChatByHand": "true"}
	topic := []string{"ChatRole", "ChatTopic", "ChatTopicPolicy"}
	for name, c := range map[string]struct {
		given    map[string]string
		region   string
		made     []string
		accepted bool
	}{
		"nothing":           {nil, "us-east-1", nil, true},
		"Slack":             {slack, "us-east-1", append(topic, "SlackChannel"), true},
		"Teams":             {teams, "eu-west-1", append(topic, "TeamsChannel"), true},
		"by hand":           {byHand, "eu-west-1", topic, true},
		"a channel alone":   {map[string]string{"SlackChannelId": "C0123456789"}, "us-east-1", nil, false},
		"a tenant alone":    {map[string]string{"TeamsTenantId": tenant}, "us-east-1", nil, false},
		"Slack in China":    {slack, "cn-north-1", nil, false},
		"Teams in GovCloud": {teams, "us-gov-west-1", nil, false},
		"by hand in China":  {byHand, "cn-north-1", topic, false},
		"nothing in China":  {nil, "cn-north-1", nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			given := map[string]string{"AWS::Region": c.region, "AWS::Partition": names.PartitionOf(c.region)}
			maps.Copy(given, c.given)
			s := newStack(t, deploy.Hub(), given)
			made := chatOf(t, s)
			if diff := cmp.Diff(c.made, made); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			told := object(t, s.properties("Orchestrator"), "Environment", "Variables")[names.EnvChatTopic]
			if want := any("<ChatTopic>"); (told == want) != (len(made) > 0) || told != nil && told != want {
				t.Errorf("the function is told of the topic %v, the stack makes %v", told, made)
			}
			if got := acceptsChat(t, s); got != c.accepted {
				t.Errorf("accepted: %v, want %v", got, c.accepted)
			}
		})
	}
	role := fullHub(t).properties("ChatRole")
	if role["Policies"] != nil || role["ManagedPolicyArns"] != nil {
		t.Errorf("the channel may do something: %v", role)
	}
}

// acceptsChat tells that no rule about chat refuses the parameters.
func acceptsChat(t *testing.T, s stack) bool {
	t.Helper()
	for _, rule := range []string{"SlackIsWhole", "TeamsIsWhole", "ChatWhereItIs"} {
		r := object(t, s.tree, "Rules", rule)
		applies := r["RuleCondition"] == nil || s.truth(r["RuleCondition"])
		if applies && !s.truth(object(t, r["Assertions"].([]any)[0])["Assert"]) {
			return false
		}
	}
	return true
}

// chatOf are the resources for chat that the stack makes; each channel hears and does nothing.
func chatOf(t *testing.T, s stack) []string {
	t.Helper()
	var made []string
	for _, one := range []string{"ChatRole", "ChatTopic", "ChatTopicPolicy"} {
		if _, ok := s.resources()[one]; ok {
			made = append(made, one)
		}
	}
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
	return made
}
