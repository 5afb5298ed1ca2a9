package replay_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/deadletter"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/replay"
)

// letters is SQS with one queue: messages that are received are hidden until their time is over by the world's clock.
// A receipt of before that time deletes nothing, as with SQS when the message was handed out again since.
type letters struct {
	clock *enginetest.Clock

	mu     sync.Mutex
	list   []*message
	given  int
	struck map[string]error // operations that fail
}

type message struct {
	types.Message
	until   time.Time // hidden
	receipt string
}

var errStruck = errors.New("struck")

// post puts a body into the queue.
func (q *letters) post(body, reason string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	m := types.Message{MessageId: aws.String(fmt.Sprintf("letter-%d", len(q.list)+q.given)), Body: &body}
	if reason != "" {
		m.MessageAttributes = map[string]types.MessageAttributeValue{deadletter.ReasonAttribute: {StringValue: &reason}}
	}
	q.list = append(q.list, &message{Message: m})
}

func (q *letters) left() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.list)
}

// visible is how many anybody could receive now.
func (q *letters) visible() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for _, m := range q.list {
		if !m.until.After(q.clock.Now()) {
			n++
		}
	}
	return n
}

func (q *letters) ReceiveMessage(
	_ context.Context, in *sqs.ReceiveMessageInput, _ ...func(*sqs.Options),
) (*sqs.ReceiveMessageOutput, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := &sqs.ReceiveMessageOutput{}
	for _, m := range q.list {
		if m.until.After(q.clock.Now()) || len(out.Messages) == int(in.MaxNumberOfMessages) {
			continue
		}
		q.given++
		m.receipt = fmt.Sprint("receipt-", q.given)
		m.until = q.clock.Now().Add(time.Duration(in.VisibilityTimeout) * time.Second)
		m.ReceiptHandle = aws.String(m.receipt)
		out.Messages = append(out.Messages, m.Message)
	}
	return out, q.struck["ReceiveMessage"]
}

func (q *letters) DeleteMessage(
	_ context.Context, in *sqs.DeleteMessageInput, _ ...func(*sqs.Options),
) (*sqs.DeleteMessageOutput, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.struck["DeleteMessage"]; err != nil {
		return nil, err
	}
	q.list = slices.DeleteFunc(q.list, func(m *message) bool { return m.receipt == *in.ReceiptHandle })
	return &sqs.DeleteMessageOutput{}, nil
}

func (q *letters) ChangeMessageVisibility(
	_ context.Context, in *sqs.ChangeMessageVisibilityInput, _ ...func(*sqs.Options),
) (*sqs.ChangeMessageVisibilityOutput, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.list {
		if m.receipt == *in.ReceiptHandle {
			m.until = q.clock.Now().Add(time.Duration(in.VisibilityTimeout) * time.Second)
		}
	}
	return &sqs.ChangeMessageVisibilityOutput{}, q.struck["ChangeMessageVisibility"]
}

// scene is a world with a queue of dead letters.
type scene struct {
	*testing.T
	w *enginetest.World
	q *letters
}

func newScene(t *testing.T) *scene {
	t.Helper()
	w := enginetest.New(t)
	return &scene{t, w, &letters{clock: w.Clock, struck: map[string]error{}}}
}

// operator is somebody at a command line.
func (s *scene) operator() replay.Dead {
	p := s.w.Start()
	return replay.Dead{
		Queue: deadletter.Queue{API: s.q, URL: "dead"}, Engine: engine.New(p.Ports),
		Handle: func(ctx context.Context, batch []engine.Message) ([]string, []audit.Line) {
			failed := p.Handle(ctx, batch...)
			return failed, p.Audited()
		},
		Prove: func(context.Context, replay.Row) error { return nil },
		Warn:  func(err error) { s.Logf("warned: %s", err) },
	}
}

// carried carries the letters and returns what became of them.
func (s *scene) carried(d replay.Dead) []replay.Row {
	s.Helper()
	var rows []replay.Row
	err := d.Carry(s.Context(), func(r replay.Row) error {
		rows = append(rows, r)
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
	return rows
}

// store reports a store that fails and returns it with its finding and the event.
func (s *scene) store() (store, id string, event engine.Message) {
	s.Helper()
	store = s.w.Store(s.T, nil)
	id = s.w.Report(s.T, enginetest.Spec(store))
	return store, id, s.w.Imported(s.T, id)
}

// shown lets the time pass for which letters of a dead process are hidden, and all leases with it.
func (s *scene) shown() { s.w.Clock.Move(names.QueueVisibility + enginetest.Later) }
