package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/lab/stage/stagetest"
	"github.com/salve-security/salve/internal/names"
)

// world is the one lab of this package's tests.
var world *stagetest.World

func TestMain(m *testing.M) {
	os.Exit(stagetest.Main(m, func(w *stagetest.World) { world = w }))
}

// environment is what Lambda and the template give the function.
func environment(t *testing.T) {
	t.Helper()
	for _, name := range []string{
		names.EnvTable, names.EnvNowQueueURL, names.EnvBulkQueueURL, names.EnvDeadQueueURL, names.EnvNoticesTopic,
		names.EnvChatTopic, names.EnvMemberRole, names.EnvActionARN,
	} {
		t.Setenv(name, world.Getenv(name))
	}
	own, err := world.Orchestrator().Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", own.AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", own.SecretAccessKey)
	t.Setenv("AWS_SESSION_TOKEN", own.SessionToken)
	t.Setenv("AWS_REGION", world.Region())
	t.Setenv("AWS_ENDPOINT_URL", world.Endpoint())
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
}

// handled runs the function on messages named by their ids, and returns what Lambda gets and what was logged.
func handled(t *testing.T, messages map[string]string) (events.SQSEventResponse, string) {
	t.Helper()
	environment(t)
	var log bytes.Buffer
	handle, err := start(t.Context(), io.Discard, zerolog.New(zerolog.SyncWriter(&log)))
	if err != nil {
		t.Fatal(err)
	}
	var in events.SQSEvent
	for id, body := range messages {
		in.Records = append(in.Records, events.SQSMessage{MessageId: id, Body: body})
	}
	out, err := handle(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out, log.String()
}

func TestStartNamesWhatIsMissing(t *testing.T) {
	for _, name := range []string{names.EnvTable, names.EnvDeadQueueURL, names.EnvMemberRole} {
		t.Run(name, func(t *testing.T) {
			environment(t)
			t.Setenv(name, "")
			handle, err := start(t.Context(), io.Discard, zerolog.Nop())
			if err == nil || !strings.Contains(err.Error(), name) || handle != nil {
				t.Errorf("error %v, want one that names %s", err, name)
			}
		})
	}
}

// TestFailuresAreNeverNull: Lambda takes a missing list for a malformed answer
// and would send the whole batch again.
func TestFailuresAreNeverNull(t *testing.T) {
	tests := map[string]map[string]string{
		"no message":       {},
		"all fine":         {"m1": `{"salve":"sweep"}`, "m2": `{"source":"aws.health","detail-type":"AWS Health Event"}`},
		"one to be thrown": {"m1": `{`},
	}
	for name, messages := range tests {
		t.Run(name, func(t *testing.T) {
			out, log := handled(t, messages)
			raw, err := json.Marshal(out)
			if err != nil {
				t.Fatal(err)
			}
			if string(raw) != `{"batchItemFailures":[]}` {
				t.Errorf("answer %s\n%s", raw, log)
			}
		})
	}
}

// strange stores an open run that a later version wrote: whatever touches it fails.
func strange(t *testing.T) string {
	t.Helper()
	id := "r0000000000000009"
	table := world.Getenv(names.EnvTable)
	_, err := dynamodb.NewFromConfig(world.Root(world.Hub())).PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: &table, Item: map[string]types.AttributeValue{
			"pk":    &types.AttributeValueMemberS{Value: "run#" + id},
			"sk":    &types.AttributeValueMemberS{Value: "run"},
			"state": &types.AttributeValueMemberS{Value: "claimed"},
			"owner": &types.AttributeValueMemberS{Value: "later"},
			"doc":   &types.AttributeValueMemberS{Value: fmt.Sprintf(`{"schema":99,"run_id":%q}`, id)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestPoisonedMessageFailsAlone(t *testing.T) {
	out, log := handled(t, map[string]string{
		"sweep": `{"salve":"sweep"}`, "gone": `{"salve":"check","run":"r0123456789abcdef"}`,
		"poison": `{"salve":"check","run":"` + strange(t) + `"}`,
		"broken": `{"source":"aws.securityhub"`, "foreign": `{"source":"aws.health","detail-type":"AWS Health Event"}`,
	})
	var failed []string
	for _, f := range out.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	slices.Sort(failed)
	if d := cmp.Diff([]string{"poison"}, failed); d != "" {
		t.Errorf("messages that come again:\n%s\n%s", d, log)
	}
	if !strings.Contains(log, "schema 99") {
		t.Errorf("the log does not say why:\n%s", log)
	}
}

// TestEveryMessageComesAgainWhenTheTableIsDown: nothing is acknowledged that was not dealt with.
func TestEveryMessageComesAgainWhenTheTableIsDown(t *testing.T) {
	if err := world.Inject(lab.Fault{Service: "dynamodb", Error: lab.Fault500}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.ClearFaults)
	out, log := handled(t, map[string]string{
		"sweep": `{"salve":"sweep"}`, "check": `{"salve":"check","run":"r0123456789abcdef"}`,
	})
	if len(out.BatchItemFailures) != 2 {
		t.Errorf("%d messages come again, want both\n%s", len(out.BatchItemFailures), log)
	}
}

// TestBrokenMessageIsKept: it lands where people find it, with the reason, by the rights the function has.
func TestBrokenMessageIsKept(t *testing.T) {
	queue, client := world.Getenv(names.EnvDeadQueueURL), sqs.NewFromConfig(world.Root(world.Hub()))
	if _, err := client.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &queue}); err != nil {
		t.Fatal(err)
	}
	handled(t, map[string]string{"broken": `{"source":"aws.securityhub","detail-type":7}`})
	got, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: &queue, WaitTimeSeconds: 10, MessageAttributeNames: []string{"All"},
	})
	if err != nil || len(got.Messages) != 1 {
		t.Fatalf("%v, %d messages", err, len(got.Messages))
	}
	m := got.Messages[0]
	if aws.ToString(m.Body) != `{"source":"aws.securityhub","detail-type":7}` ||
		!strings.Contains(aws.ToString(m.MessageAttributes["reason"].StringValue), "malformed event") {
		t.Errorf("message %q, attributes %v", aws.ToString(m.Body), m.MessageAttributes)
	}
}

// TestAuditLinesAreJSON: each line stands alone, so that a log query finds its fields.
func TestAuditLinesAreJSON(t *testing.T) {
	_, log := handled(t, map[string]string{"a": "{", "b": `{"source":"aws.health","detail-type":"AWS Health Event"}`})
	lines := strings.Split(strings.TrimSpace(log), "\n")
	events := map[string]bool{}
	for _, line := range lines {
		var l struct {
			Audit struct{ Event string } `json:"audit"`
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Errorf("line %q: %v", line, err)
		}
		events[l.Audit.Event] = true
	}
	if len(lines) != 2 || len(events) != 2 || events[""] {
		t.Errorf("events %v in %d lines, want two of their own:\n%s", events, len(lines), log)
	}
}
