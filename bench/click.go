package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/names"
)

// queued is how many imported findings are reported before the person clicks: a
// few more than have to wait then, because the function begins at once.
const queued = 5100

// measureClick lets a person click while the function has thousands of imported
// findings to work on. It comes last: nothing waits until the queue is empty.
func measureClick(ctx context.Context, b *bench) ([]row, error) {
	if err := b.world(ctx); err != nil {
		return nil, err
	}
	if err := b.untap(ctx); err != nil {
		return nil, err
	}
	member := b.lab.Members()[0]
	var crowd []types.AwsSecurityFinding
	for i := range queued {
		f, err := labhub.SDKFinding(b.spec(member, fmt.Sprintf("gone-%04d", i)))
		if err != nil {
			return nil, err
		}
		crowd = append(crowd, f)
	}
	mine, err := b.open(ctx, member, 1)
	if err != nil {
		return nil, err
	}
	source, err := b.enableBulk(ctx, "", false) // or the first ones would be done before the last ones come
	if err != nil {
		return nil, err
	}
	if err := b.report(ctx, append(crowd, mine...)); err != nil {
		return nil, err
	}
	if _, err := b.enableBulk(ctx, source, true); err != nil {
		return nil, err
	}
	waiting, err := b.waiting(ctx)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := b.click(ctx, aws.ToString(mine[0].Id)); err != nil {
		return nil, err
	}
	err = until(ctx, 50*time.Millisecond, func() (bool, error) { return b.resolved(ctx, aws.ToString(mine[0].Id)) })
	if err != nil {
		return nil, err
	}
	return []row{{
		what: "click to the finding being RESOLVED, behind a queue of imported findings", goal: "≤ 10 s behind 5000",
		value: fmt.Sprintf("%s behind %d", seconds(time.Since(began)), waiting),
	}}, nil
}

// enableBulk switches the way from the queue of imported findings to the
// function on or off, and returns its id.
func (b *bench) enableBulk(ctx context.Context, id string, on bool) (string, error) {
	client := lambda.NewFromConfig(b.hub())
	if id == "" {
		queue := "arn:aws:sqs:" + b.lab.Region() + ":" + b.lab.Hub() + ":" + names.BulkQueue
		out, err := client.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{EventSourceArn: &queue})
		if err != nil || len(out.EventSourceMappings) != 1 {
			return "", fmt.Errorf("find what feeds the function from %s: %w", names.BulkQueue, err)
		}
		id = aws.ToString(out.EventSourceMappings[0].UUID)
	}
	if _, err := client.UpdateEventSourceMapping(ctx, &lambda.UpdateEventSourceMappingInput{
		UUID: &id, Enabled: &on,
	}); err != nil {
		return "", fmt.Errorf("switch what feeds the function from %s: %w", names.BulkQueue, err)
	}
	return id, nil
}

// resolved tells whether a finding has been answered.
func (b *bench) resolved(ctx context.Context, id string) (bool, error) {
	out, err := securityhub.NewFromConfig(b.hub()).GetFindings(ctx, &securityhub.GetFindingsInput{
		Filters: &types.AwsSecurityFindingFilters{Id: []types.StringFilter{
			{Value: &id, Comparison: types.StringFilterComparisonEquals},
		}},
	})
	if err != nil || len(out.Findings) != 1 {
		return false, fmt.Errorf("look at finding %s: %w", id, err)
	}
	return out.Findings[0].Workflow.Status == types.WorkflowStatusResolved, nil
}

// untap gives the events back to the deployed function.
func (b *bench) untap(ctx context.Context) error {
	if b.tapped == "" {
		return nil
	}
	bus := eventbridge.NewFromConfig(b.hub())
	if _, err := bus.DisableRule(ctx, &eventbridge.DisableRuleInput{Name: aws.String("bench")}); err != nil {
		return fmt.Errorf("take the events from the bench: %w", err)
	}
	if _, err := bus.EnableRule(ctx, &eventbridge.EnableRuleInput{Name: aws.String("salve-imported")}); err != nil {
		return fmt.Errorf("give the events back to the deployed function: %w", err)
	}
	b.tapped = ""
	return nil
}

// waiting is the length of the queue of imported findings.
func (b *bench) waiting(ctx context.Context) (int, error) {
	queue := sqs.NewFromConfig(b.hub())
	q, err := queue.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(names.BulkQueue)})
	if err != nil {
		return 0, fmt.Errorf("find the queue: %w", err)
	}
	const length = sqstypes.QueueAttributeNameApproximateNumberOfMessages
	out, err := queue.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: q.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{length},
	})
	if err != nil {
		return 0, fmt.Errorf("length of the queue: %w", err)
	}
	n, err := strconv.Atoi(out.Attributes[string(length)])
	if err != nil {
		return 0, fmt.Errorf("length of the queue: %w", err)
	}
	return n, nil
}

// click presses Remediate on a finding, as a person does in the console.
func (b *bench) click(ctx context.Context, id string) error {
	body, err := json.Marshal(map[string]any{"FindingIds": []string{id}, "ActionTargetArn": b.env[names.EnvActionARN]})
	if err != nil {
		return fmt.Errorf("click: %w", err)
	}
	url := b.lab.Endpoint() + "/_lab/click"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("click: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("click: %w", err)
	}
	defer func() { _ = res.Body.Close() }() // nothing is read from it
	if res.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("click: the lab answers %s", res.Status)
	}
	return nil
}
