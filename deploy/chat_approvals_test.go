package deploy_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// chatApprovals is the template for approvals from a channel. Nothing plays Amazon Q Developer: it is tested as text.
func chatApprovals(t *testing.T, makes string) stack {
	t.Helper()
	raw, err := os.ReadFile("chat-approvals.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return newStack(t, string(raw), map[string]string{
		"Person": "ann", "ApprovalsQueueArn": "arn:aws:sqs:eu-central-1:111111111111:salve-approvals",
		"MakesChannel": makes, "SlackWorkspaceId": "T0123456789", "SlackChannelId": "C0123456789",
	})
}

// TestChatApprovalsStatements: whoever commands from the channel may answer plans, and do nothing else.
func TestChatApprovalsStatements(t *testing.T) {
	const queue = "arn:aws:sqs:eu-central-1:111111111111:salve-approvals"
	const trust = `
		{"Effect": "Allow", "Principal": {"Service": "chatbot.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition":
		{"StringEquals": {"aws:SourceAccount": "111111111111"}}}`
	const send = `{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "` + queue + `"}`
	checkStatements(t, chatApprovals(t, "true"), map[string]expected{
		"AtMostAnswers": {"Guardrail", send}, "PersonAnswers": {"PersonRole", send},
		"ChannelListens": {"ChannelRole", trust}, "PersonAnswersFromTheChannel": {"PersonRole", trust},
	})
}

// TestChatApprovalsChannel: nobody works as the channel's role, and the guardrail is the template's own.
func TestChatApprovalsChannel(t *testing.T) {
	s := chatApprovals(t, "true")
	p := s.properties("Channel")
	if p["UserRoleRequired"] != true || !slices.Equal(texts(t, p["GuardrailPolicies"]), []string{"<Guardrail>"}) ||
		p["IamRoleArn"] != "<ChannelRole.Arn>" || p["SnsTopicArns"] != nil {
		t.Errorf("channel %v", p)
	}
	for _, role := range []string{"ChannelRole", "PersonRole"} {
		if p := s.properties(role); p["ManagedPolicyArns"] != nil {
			t.Errorf("%s has %v besides", role, p["ManagedPolicyArns"])
		}
	}
	if p := s.properties("ChannelRole"); p["Policies"] != nil {
		t.Errorf("the channel's own role may do %v", p["Policies"])
	}
}

// TestChatApprovalsOfAnother: a second person's stack makes his role and nothing else.
func TestChatApprovalsOfAnother(t *testing.T) {
	var made []string
	for name := range chatApprovals(t, "false").resources() {
		made = append(made, name)
	}
	if d := cmp.Diff([]string{"PersonRole"}, made); d != "" {
		t.Error(d)
	}
}

// TestChatApprovalsAreSaidToBeUnproven, in the template and on the page.
func TestChatApprovalsAreSaidToBeUnproven(t *testing.T) {
	for _, name := range []string{"chat-approvals.yaml", "../docs/chat.md"} {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ToLower(string(raw))
		if !strings.Contains(text, "unproven") || !strings.Contains(text, "amazon q developer") {
			t.Errorf("%s does not say so", name)
		}
	}
}
