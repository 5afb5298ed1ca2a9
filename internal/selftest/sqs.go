package selftest

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// queues are empty ones that are not encrypted.
func queues() []Seed {
	family := Family{Name: "queue", Find: findQueues, Remove: removeQueue}
	return []Seed{{Control: "SQS.1", Price: "nothing", Make: plainQueue, Family: family}}
}

func plainQueue(ctx context.Context, cfg aws.Config, name string) (string, error) {
	client := sqs.NewFromConfig(cfg)
	made, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{
		QueueName: &name, Attributes: map[string]string{"SqsManagedSseEnabled": "false"}, Tags: map[string]string{Tag: "yes"},
	})
	if err != nil {
		return "", fmt.Errorf("make a queue: %w", err)
	}
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: made.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return "", fmt.Errorf("read the queue: %w", err)
	}
	return out.Attributes["QueueArn"], nil
}

func findQueues(ctx context.Context, cfg aws.Config) ([]string, error) {
	client := sqs.NewFromConfig(cfg)
	out, err := client.ListQueues(ctx, &sqs.ListQueuesInput{QueueNamePrefix: aws.String(Prefix)})
	if err != nil {
		return nil, fmt.Errorf("list queues: %w", err)
	}
	var found []string
	for _, url := range out.QueueUrls {
		tags, err := client.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: &url})
		if err == nil && tags.Tags[Tag] != "" {
			found = append(found, url[strings.LastIndex(url, "/")+1:])
		}
	}
	return found, nil
}

func removeQueue(ctx context.Context, cfg aws.Config, name string) error {
	client := sqs.NewFromConfig(cfg)
	at, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		return gone(err)
	}
	_, err = client.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: at.QueueUrl})
	return gone(err)
}
