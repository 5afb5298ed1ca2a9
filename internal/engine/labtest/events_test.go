package labtest

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/salve-security/salve/internal/engine"
)

// tap takes every event Security Hub sends, also those that Salve's own rule would keep back.
type tap struct {
	queue    string
	client   *sqs.Client
	mu       sync.Mutex
	expected int // updates of findings whose events were not taken yet
}

// tapped puts up a rule and a queue for the time of a test.
func (w *world) tapped(t *testing.T) *tap {
	t.Helper()
	root := w.Root(w.Hub())
	e := &tap{client: sqs.NewFromConfig(root)}
	name := "tap-" + strings.ToLower(rand.Text()[:8])
	queue, err := e.client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	e.queue = aws.ToString(queue.QueueUrl)
	rules := eventbridge.NewFromConfig(root)
	if _, err := rules.PutRule(t.Context(), &eventbridge.PutRuleInput{
		Name: &name, EventPattern: aws.String(`{"source":["aws.securityhub"]}`),
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := rules.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: &name, Targets: []types.Target{
		{Id: &name, Arn: aws.String("arn:aws:sqs:" + w.Region() + ":" + w.Hub() + ":" + name)},
	}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		_, err := rules.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: &name, Ids: []string{name}})
		if err != nil {
			t.Error(err)
		}
		if _, err := rules.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: &name}); err != nil {
			t.Error(err)
		}
		if _, err := e.client.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: queue.QueueUrl}); err != nil {
			t.Error(err)
		}
	})
	return e
}

// expect announces that events will come.
func (e *tap) expect(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.expected += n
}

// count is a hook that knows how many events the updates of a process will cause.
func (e *tap) count() hook {
	return func(ctx context.Context, c call, do func(context.Context) error) error {
		err := do(ctx)
		if in, ok := c.input.(*securityhub.BatchUpdateFindingsInput); ok && err == nil {
			e.expect(len(in.FindingIdentifiers))
		}
		return err
	}
}

// take receives all events that must have come by now.
func (e *tap) take(t *testing.T) []engine.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	e.mu.Lock()
	n := e.expected
	e.expected = 0
	e.mu.Unlock()
	var messages []engine.Message
	for len(messages) < n {
		out, err := e.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &e.queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 5,
		})
		if err != nil {
			t.Fatalf("%d of %d events came: %v", len(messages), n, err)
		}
		for _, m := range out.Messages {
			messages = append(messages, engine.Message{ID: aws.ToString(m.MessageId), Body: aws.ToString(m.Body)})
			if _, err := e.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{
				QueueUrl: &e.queue, ReceiptHandle: m.ReceiptHandle,
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return messages
}

// TestOwnUpdatesDoNotLoop: Security Hub sends an event for every update of a
// finding, ours among them. All of them are given back to the engine, also those
// that the rule would hold back; internal/engine has the other ways updates come about.
func TestOwnUpdatesDoNotLoop(t *testing.T) {
	w := newWorld(t)
	events := w.tapped(t)
	p := w.start(t, events.count())
	b := w.bucket(t, nil)
	w.report(t, w.spec(b))
	events.expect(1) // the report itself
	rounds := -1
	for messages := events.take(t); len(messages) > 0; messages = events.take(t) {
		if rounds++; rounds > 5 {
			t.Fatalf("no end: %+v", p.audited())
		}
		p.handle(t, messages...)
	}
	if runs, puts := len(w.runs(t)), w.puts(b); runs != 1 || puts != 1 || rounds != 1 {
		t.Errorf("%d runs, %d writes, quiet after %d rounds", runs, puts, rounds)
	}
}
