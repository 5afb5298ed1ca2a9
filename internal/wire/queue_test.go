package wire

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// receive takes the one message of a queue.
func receive(t *testing.T, client *sqs.Client, url string) types.Message {
	t.Helper()
	out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: &url, WaitTimeSeconds: 10, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Messages) != 1 {
		t.Fatalf("%d messages, want 1", len(out.Messages))
	}
	if _, err := client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{
		QueueUrl: &url, ReceiptHandle: out.Messages[0].ReceiptHandle,
	}); err != nil {
		t.Fatal(err)
	}
	return out.Messages[0]
}

func TestRejectKeepsMessageAndReason(t *testing.T) {
	tests := map[string]struct {
		reason, want string
	}{
		"short":                    {"no JSON", "no JSON"},
		"exactly as much as fits":  {strings.Repeat("a", longestReason), strings.Repeat("a", longestReason)},
		"too long":                 {strings.Repeat("a", 5000), strings.Repeat("a", longestReason-1) + "…"},
		"cut where a letter is":    {"x" + strings.Repeat("é", 5000), "x" + strings.Repeat("é", longestReason-2) + "…"},
		"broken and control bytes": {"bad \xff\x00byte\x1b[2J", "bad byte[2J"},
		"nothing to say":           {"", "not given"},
	}
	// As the function: it must be allowed to.
	client := sqs.NewFromConfig(world.Orchestrator())
	dead := world.Getenv(names.EnvDeadQueueURL)
	root := sqs.NewFromConfig(world.Root(world.Hub()))
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			body := `{"not": "an event of ` + name + `"}`
			if err := reject(client, dead)(t.Context(), body, tc.reason); err != nil {
				t.Fatal(err)
			}
			m := receive(t, root, dead)
			if aws.ToString(m.Body) != body {
				t.Errorf("body %q, want %q", aws.ToString(m.Body), body)
			}
			got := aws.ToString(m.MessageAttributes["reason"].StringValue)
			if got != tc.want {
				t.Errorf("reason %q, want %q", got, tc.want)
			}
			if n := utf8.RuneCountInString(got); n > longestReason || !utf8.ValidString(got) {
				t.Errorf("reason of %d characters, valid %v", n, utf8.ValidString(got))
			}
		})
	}
}

func TestRejectSaysWhatFailed(t *testing.T) {
	client := sqs.NewFromConfig(world.Orchestrator())
	err := reject(client, "http://127.0.0.1:1/nowhere")(t.Context(), "{}", "why")
	if err == nil || !strings.Contains(err.Error(), "dead letter queue") {
		t.Errorf("error %v: a message that is kept nowhere must come again", err)
	}
}

// TestNudge: checks of runs that a person waits for do not stand behind imported findings.
func TestNudge(t *testing.T) {
	client := sqs.NewFromConfig(world.Orchestrator())
	now, bulk := world.Getenv(names.EnvNowQueueURL), world.Getenv(names.EnvBulkQueueURL)
	r := &run.Run{ID: "r0123456789abcdef"}
	for trigger, queue := range map[run.Trigger]string{
		run.TriggerClick: now, run.TriggerOperator: now, run.TriggerImported: bulk,
	} {
		r.Trigger = trigger
		if err := nudge(client, now, bulk)(t.Context(), r, 0); err != nil {
			t.Fatal(err)
		}
		m := receive(t, sqs.NewFromConfig(world.Root(world.Hub())), queue)
		var got map[string]string
		if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &got); err != nil {
			t.Fatal(err)
		}
		if got["salve"] != "check" || got["run"] != "r0123456789abcdef" || len(got) != 2 {
			t.Errorf("message %v", got)
		}
	}
	// SQS refuses more than 15 minutes, so that nothing is sent: the sweep comes anyway.
	if err := nudge(client, now, bulk)(t.Context(), r, 24*time.Hour); err != nil {
		t.Errorf("a long wait: %v", err)
	}
}
