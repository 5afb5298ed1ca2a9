package cloudwatch

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// ensureListener makes what an alarm needs so that somebody hears it. Each step looks for itself: a run that comes
// back, or one that others were quicker than, neither makes a second topic nor sends a second mail.
func ensureListener(ctx context.Context, env control.Env, from, to watch) error {
	client := sns.NewFromConfig(env.Config)
	for _, name := range changed(from.Topics, to.Topics) {
		if err := ensureTopic(ctx, client, name, to.Topics[name]); err != nil {
			return err
		}
	}
	for _, key := range changed(from.Subscriptions, to.Subscriptions) {
		if err := ensureSubscription(ctx, client, to.Subscriptions[key]); err != nil {
			return err
		}
	}
	return nil
}

// ensureTopic makes the topic with the policy that SNS gives it, which lets the account's alarms publish. A topic
// that is there keeps its own.
func ensureTopic(ctx context.Context, client *sns.Client, name string, t topic) error {
	_, err := client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &t.Arn})
	if fault.Of(err) != fault.Gone {
		return err
	}
	_, err = client.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String(name)})
	return err
}

// ensureSubscription has SNS ask the endpoint for its confirmation, unless it was asked already.
func ensureSubscription(ctx context.Context, client *sns.Client, s subscription) error {
	id, err := s.find(ctx, client)
	if err != nil || id != "" {
		return err
	}
	_, err = client.Subscribe(ctx, &sns.SubscribeInput{TopicArn: &s.Topic, Protocol: &s.Protocol, Endpoint: &s.Endpoint})
	return err
}
