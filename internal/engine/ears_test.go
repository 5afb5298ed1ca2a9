package engine_test

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

// ears hear every event Security Hub sends, also those that Salve's own rule would keep back.
type ears struct {
	queue    string
	client   *sqs.Client
	mu       sync.Mutex
	expected int // updates of findings whose events were not taken yet
}

// listen puts up a rule and a queue for the time of a test.
func (w *world) listen(t *testing.T) *ears {
	t.Helper()
	root := w.Root(w.Hub())
	e := &ears{client: sqs.NewFromConfig(root)}
	name := "ears-" + strings.ToLower(rand.Text()[:8])
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
func (e *ears) expect(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.expected += n
}

// count is a hook that knows how many events the updates of a process will cause.
func (e *ears) count() hook {
	return func(ctx context.Context, c call, do func(context.Context) error) error {
		err := do(ctx)
		if in, ok := c.input.(*securityhub.BatchUpdateFindingsInput); ok && err == nil {
			e.expect(len(in.FindingIdentifiers))
		}
		return err
	}
}

// take receives all events that must have come by now.
func (e *ears) take(t *testing.T) []engine.Message {
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
