package s3

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// paramEvents is AWS's name for the types of events that have to be told.
const paramEvents = "eventTypes"

// notifications is where a bucket's events go.
type notifications struct {
	EventBridge bool

	Told   bool `salve:"fact"` // somebody is told already
	Events bool `salve:"fact"` // of all types that the parameter names
}

// Notifications returns the control that has a bucket tell of its events.
func Notifications() []control.Control {
	return []control.Control{control.Of[notifications]{
		Info: control.Info{
			ID: "S3.11",
			Effect: "The bucket tells EventBridge of its events, which nobody sees until a rule asks for them; rules that ask " +
				"for events of all buckets get those of this one from then on. S3's own events cost nothing there. Topics, " +
				"queues and functions that are told already stay.",
			Fails: control.Fails{
				When: "The bucket tells no topic, queue or function of its events, nor EventBridge; or none that the parameter " +
					"asks for.",
				Rule: "s3-event-notifications-enabled",
			},
			Impact: control.ImpactNone,
			Params: []control.Param{{
				Name: paramEvents, Default: []string{},
				Meaning: "Types of events of which a topic, queue or function must be told, such as s3:ObjectRemoved:*; empty " +
					"takes any.",
			}},
			Pattern: bucketARN,
			Actions: []string{"s3:GetBucketNotification", "s3:PutBucketNotification"},
		},
		Read: readNotifications, Want: wantNotifications, Write: writeNotifications,
	}.Control()}
}

func (b bucket) notifications(ctx context.Context) (*types.NotificationConfiguration, error) {
	out, err := b.client.GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{
		Bucket: b.name, ExpectedBucketOwner: b.owner,
	})
	if err != nil {
		return nil, err
	}
	return &types.NotificationConfiguration{
		EventBridgeConfiguration: out.EventBridgeConfiguration, TopicConfigurations: out.TopicConfigurations,
		QueueConfigurations: out.QueueConfigurations, LambdaFunctionConfigurations: out.LambdaFunctionConfigurations,
	}, nil
}

func readNotifications(ctx context.Context, env control.Env) (now notifications, err error) {
	all, err := openBucket(env).notifications(ctx)
	if err != nil {
		return now, err
	}
	var events []types.Event
	for _, c := range all.TopicConfigurations {
		events = append(events, c.Events...)
	}
	for _, c := range all.QueueConfigurations {
		events = append(events, c.Events...)
	}
	for _, c := range all.LambdaFunctionConfigurations {
		events = append(events, c.Events...)
	}
	now.EventBridge, now.Told, now.Events = all.EventBridgeConfiguration != nil, len(events) > 0, true
	for _, each := range env.Params.Texts(paramEvents) {
		now.Events = now.Events && slices.Contains(events, types.Event(each))
	}
	return now, nil
}

func wantNotifications(now notifications, env control.Env) (notifications, error) {
	if len(env.Params.Texts(paramEvents)) > 0 {
		if !now.Events {
			return now, fault.New(fault.Refused, "%s asks for events that a topic, a queue or a function is told of, and who "+
				"that should be Salve does not know: add it by hand", paramEvents)
		}
		return now, nil
	}
	now.EventBridge = now.EventBridge || !now.Told
	return now, nil
}

// writeNotifications reads again right before it writes: the call replaces all that are told, and the others stay.
func writeNotifications(ctx context.Context, env control.Env, _, to notifications) error {
	b := openBucket(env)
	all, err := b.notifications(ctx)
	if err != nil {
		return err
	}
	all.EventBridgeConfiguration = nil
	if to.EventBridge {
		all.EventBridgeConfiguration = &types.EventBridgeConfiguration{}
	}
	_, err = b.client.PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{
		Bucket: b.name, ExpectedBucketOwner: b.owner, NotificationConfiguration: all,
		SkipDestinationValidation: aws.Bool(true), // theirs are as they were, whether they work or not
	})
	return err
}
