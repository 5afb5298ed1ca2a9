package eventbridge_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	playbook "github.com/salve-security/salve/functions/playbooks/eventbridge"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const buses = "arn:aws:events:us-east-1:222222222222:event-bus/"

func name(resource string) *string { return aws.String(strings.TrimPrefix(resource, buses)) }

func TestBusPolicy(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.BusPolicy()[0],
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			return *playbooktest.Got(eventbridge.NewFromConfig(root).CreateEventBus(ctx, &eventbridge.CreateEventBusInput{
				Name: aws.String("suite-" + rand.Text()),
			}))(t).EventBusArn
		},
		Foreign: []string{buses + "*", buses, "arn:aws:events:us-east-1:222222222222:rule/a", buses + "a:b"},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			client := eventbridge.NewFromConfig(root)
			bus := playbooktest.Got(client.DescribeEventBus(ctx, &eventbridge.DescribeEventBusInput{Name: name(resource)}))(t)
			tags := playbooktest.Got(client.ListTagsForResource(ctx, &eventbridge.ListTagsForResourceInput{
				ResourceARN: &resource,
			}))(t)
			return []any{
				strings.ReplaceAll(aws.ToString(bus.Policy), *name(resource), "NAME"), len(tags.Tags),
			}
		},
		Disturb: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(eventbridge.NewFromConfig(root).PutPermission(ctx, &eventbridge.PutPermissionInput{
				EventBusName: name(resource), StatementId: aws.String("Partner"), Action: aws.String("events:PutEvents"),
				Principal: aws.String("333333333333"),
			}))(t)
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(eventbridge.NewFromConfig(root).DeleteEventBus(ctx, &eventbridge.DeleteEventBusInput{
				Name: name(resource),
			}))(t)
		},
		Skip: map[string]string{playbooktest.CaseUnrelated: "the calls carry nothing but the one statement"},
	})
}

func TestLineOfBusPolicies(t *testing.T) {
	shape := func(policy *string) playbooktest.StandIn {
		return playbooktest.Answers(&eventbridge.DescribeEventBusOutput{Policy: policy})
	}
	c := playbook.BusPolicy()[0]
	playbooktest.Judged(t, c, buses+"shop", map[string]playbooktest.Shape{
		"none": {Answers: shape(nil), Fails: true}, "empty": {Answers: shape(aws.String("")), Fails: true},
		"open":       {Answers: shape(aws.String(`{"Statement":[{"Sid":"A","Effect":"Allow","Principal":"*"}]}`))},
		"unreadable": {Answers: shape(aws.String(`{`)), Class: fault.Unknown},
	})
	playbooktest.Judged(t, c, buses+"default", map[string]playbooktest.Shape{"default": {Answers: shape(nil)}})
}
