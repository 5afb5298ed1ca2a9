package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/salve-security/salve/internal/lab/stage"
	"github.com/salve-security/salve/internal/names"
)

// tap takes events away from the deployed function and puts them into a queue
// of the bench, so that it can make batches of its own from real events.
func (b *bench) tap(ctx context.Context) error {
	if b.tapped != "" {
		return nil
	}
	bus, queue := eventbridge.NewFromConfig(b.hub()), sqs.NewFromConfig(b.hub())
	if _, err := bus.DisableRule(ctx, &eventbridge.DisableRuleInput{Name: aws.String("salve-imported")}); err != nil {
		return fmt.Errorf("take the events away from the deployed function: %w", err)
	}
	q, err := queue.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("bench")})
	if err != nil {
		return fmt.Errorf("make a queue: %w", err)
	}
	_, err = bus.PutRule(ctx, &eventbridge.PutRuleInput{
		Name: aws.String("bench"), EventPattern: aws.String(`{"source":["aws.securityhub"],` +
			`"detail":{"findings":{"Workflow":{"Status":["NEW"]}}}}`),
	})
	if err != nil {
		return fmt.Errorf("make a rule: %w", err)
	}
	_, err = bus.PutTargets(ctx, &eventbridge.PutTargetsInput{
		Rule: aws.String("bench"), Targets: []ebtypes.Target{
			{Id: aws.String("bench"), Arn: aws.String("arn:aws:sqs:" + b.lab.Region() + ":" + b.lab.Hub() + ":bench")},
		},
	})
	if err != nil {
		return fmt.Errorf("point the rule at the queue: %w", err)
	}
	b.tapped = aws.ToString(q.QueueUrl)
	return nil
}

// event is what Lambda makes of messages.
type event struct {
	Records []record `json:"Records"`
}

type record struct {
	MessageID string `json:"messageId"`
	Body      string `json:"body"`
}

const batchSize = 10

// batches reports n findings of a member and returns the events about them, ten a batch.
func (b *bench) batches(ctx context.Context, account string, n int) ([]string, error) {
	findings, err := b.open(ctx, account, n)
	if err != nil {
		return nil, err
	}
	if err := b.report(ctx, findings); err != nil {
		return nil, err
	}
	queue := sqs.NewFromConfig(b.hub())
	var records []record
	for len(records) < n {
		out, err := queue.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &b.tapped, MaxNumberOfMessages: batchSize, WaitTimeSeconds: 10, VisibilityTimeout: 3600,
		})
		if err != nil || len(out.Messages) == 0 {
			return nil, fmt.Errorf("%d of %d events came: %w", len(records), n, err)
		}
		for _, m := range out.Messages {
			records = append(records, record{aws.ToString(m.MessageId), aws.ToString(m.Body)})
		}
	}
	var all []string
	for len(records) > 0 {
		text, err := json.Marshal(event{records[:min(batchSize, len(records))]})
		if err != nil {
			return nil, fmt.Errorf("make a batch: %w", err)
		}
		all, records = append(all, string(text)), records[min(batchSize, len(records)):]
	}
	return all, nil
}

// serve starts the function as the orchestrator's role, with the lab for AWS.
func (b *bench) serve(ctx context.Context) (*function, error) {
	if err := stage.LetIn(ctx, b.lab); err != nil {
		return nil, err
	}
	role := "arn:aws:iam::" + b.lab.Hub() + ":role/" + names.FunctionRole
	out, err := sts.NewFromConfig(b.hub()).AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: &role, RoleSessionName: aws.String("bench"),
	})
	if err != nil {
		return nil, fmt.Errorf("become the function: %w", err)
	}
	env := []string{
		"AWS_REGION=" + b.lab.Region(), "AWS_ENDPOINT_URL=" + b.lab.Endpoint(),
		"AWS_ACCESS_KEY_ID=" + aws.ToString(out.Credentials.AccessKeyId),
		"AWS_SECRET_ACCESS_KEY=" + aws.ToString(out.Credentials.SecretAccessKey),
		"AWS_SESSION_TOKEN=" + aws.ToString(out.Credentials.SessionToken),
	}
	for name, value := range b.env {
		env = append(env, name+"="+value)
	}
	return launch(ctx, b.path(), env)
}

// acknowledged is the answer that lets every message go.
const acknowledged = `{"batchItemFailures":[]}`

// feed hands the function batches and wants every message acknowledged.
func feed(ctx context.Context, f *function, batches []string) error {
	for _, batch := range batches {
		got, err := f.ask(ctx, batch)
		if err != nil {
			return err
		}
		if got.body != acknowledged {
			return fmt.Errorf("the function could not handle a batch: %s; it printed %s", got.body, f.out.String())
		}
	}
	return nil
}
