// Package deadletter reads the queue of what the function could not work on, and takes out of it what was dealt with.
package deadletter

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/plain"
)

// ReasonAttribute is the attribute in which Salve says why it put a message there.
const ReasonAttribute = "reason"

// API is what it takes of SQS.
type API interface {
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error)
	ChangeMessageVisibility(
		context.Context, *sqs.ChangeMessageVisibilityInput, ...func(*sqs.Options),
	) (*sqs.ChangeMessageVisibilityOutput, error)
}

// Queue is the queue of dead letters.
type Queue struct {
	API API
	URL string
}

// Letter is a message of it, which nobody else sees until it is released or its time is over.
type Letter struct {
	ID   string
	Body string
	Why  string // it is there; hostile text
	Sent time.Time

	receipt string
}

const (
	perReceive = 10 // what SQS hands out at once
	patience   = 1  // seconds: a long poll asks all servers of SQS, a short one some
)

// Receive hides some letters from everybody else, for as long as the function's own messages are hidden; none where
// there are no more.
func (q Queue) Receive(ctx context.Context) ([]Letter, error) {
	out, err := q.API.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &q.URL, MaxNumberOfMessages: perReceive, WaitTimeSeconds: patience,
		VisibilityTimeout: int32(names.QueueVisibility / time.Second), MessageAttributeNames: []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameSentTimestamp},
	})
	if err != nil {
		return nil, fmt.Errorf("receive dead letters: %w", err)
	}
	letters := make([]Letter, 0, len(out.Messages))
	for _, m := range out.Messages {
		letters = append(letters, Letter{
			ID: aws.ToString(m.MessageId), Body: aws.ToString(m.Body), Why: why(m), Sent: sent(m),
			receipt: aws.ToString(m.ReceiptHandle),
		})
	}
	return letters, nil
}

// Delete takes a letter out of the queue for good.
func (q Queue) Delete(ctx context.Context, l Letter) error {
	in := &sqs.DeleteMessageInput{QueueUrl: &q.URL, ReceiptHandle: &l.receipt}
	if _, err := q.API.DeleteMessage(ctx, in); err != nil {
		return fmt.Errorf("delete dead letter %s: %w", l.ID, err)
	}
	return nil
}

// Release shows a letter to everybody again.
func (q Queue) Release(ctx context.Context, l Letter) error {
	_, err := q.API.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &q.URL, ReceiptHandle: &l.receipt, VisibilityTimeout: 0,
	})
	if err != nil {
		return fmt.Errorf("release dead letter %s: %w", l.ID, err)
	}
	return nil
}

// longest is how much of a reason is kept.
const longest = 500

// why says who put a message there, as its attributes tell.
func why(m types.Message) string {
	text := func(name string) string {
		return plain.Short(aws.ToString(m.MessageAttributes[name].StringValue), longest)
	}
	switch {
	case text(ReasonAttribute) != "":
		return "Salve could not read it: " + text(ReasonAttribute)
	case text("ERROR_CODE") != "" || text("ERROR_MESSAGE") != "":
		return "EventBridge could not deliver it: " + text("ERROR_CODE") + " " + text("ERROR_MESSAGE")
	}
	return "it failed " + strconv.Itoa(names.MaxReceives) + " times: the audit log says why, as message failed"
}

// sent is when it came into the queue, or into the one before; zero where SQS does not say.
func sent(m types.Message) time.Time {
	ms, err := strconv.ParseInt(m.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
