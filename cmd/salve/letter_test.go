package main

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/salve-security/salve/internal/deadletter"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/names"
)

// letter puts a file into the queue of dead letters, as Salve does where a reason is given; without arguments it
// empties the queue: letter [FILE [WORD...]]
func letter(ts *testscript.TestScript, _ bool, args []string) {
	client := sqs.NewFromConfig(root(ts, lab.DefaultHub))
	queue, err := client.GetQueueUrl(context.Background(), &sqs.GetQueueUrlInput{QueueName: aws.String(names.DeadQueue)})
	ts.Check(err)
	if len(args) == 0 {
		_, err = client.PurgeQueue(context.Background(), &sqs.PurgeQueueInput{QueueUrl: queue.QueueUrl})
		ts.Check(err)
		return
	}
	in := &sqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: aws.String(ts.ReadFile(args[0]))}
	if len(args) > 1 {
		in.MessageAttributes = map[string]types.MessageAttributeValue{deadletter.ReasonAttribute: {
			DataType: aws.String("String"), StringValue: aws.String(strings.Join(args[1:], " ")),
		}}
	}
	_, err = client.SendMessage(context.Background(), in)
	ts.Check(err)
}
