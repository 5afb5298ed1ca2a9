package cloudwatch_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	playbook "github.com/salve-security/salve/functions/playbooks/cloudwatch"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const groupARN = "arn:aws:logs:" + place + ":log-group:"

func groupName(resource string) *string {
	return aws.String(strings.TrimSuffix(strings.TrimPrefix(resource, groupARN), ":*"))
}

func TestRetention(t *testing.T) {
	keep := func(days int32) playbooktest.Act {
		return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(cloudwatchlogs.NewFromConfig(root).PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{
				LogGroupName: groupName(resource), RetentionInDays: &days,
			}))(t)
		}
	}
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.Retention()[0],
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			name := "/suite/" + strings.ToLower(rand.Text())
			playbooktest.Got(cloudwatchlogs.NewFromConfig(root).CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{
				LogGroupName: &name,
			}))(t)
			keep(30)(ctx, t, root, groupARN+name)
			return groupARN + name
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			client, in := cloudwatchlogs.NewFromConfig(root), &cloudwatchlogs.DescribeLogGroupsInput{
				LogGroupNamePrefix: groupName(resource),
			}
			tags := &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: aws.String(strings.TrimSuffix(resource, ":*"))}
			return []any{
				*playbooktest.Got(client.DescribeLogGroups(ctx, in))(t).LogGroups[0].RetentionInDays,
				playbooktest.Got(client.ListTagsForResource(ctx, tags))(t).Tags,
			}
		},
		Disturb: keep(545),
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(cloudwatchlogs.NewFromConfig(root).TagResource(ctx, &cloudwatchlogs.TagResourceInput{
				ResourceArn: &resource, Tags: map[string]string{"team": "ops"},
			}))(t)
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(cloudwatchlogs.NewFromConfig(root).DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{
				LogGroupName: groupName(resource),
			}))(t)
		},
		Foreign: []string{groupARN + "*", groupARN + "a:log-stream:b", "arn:aws:logs:" + place + ":destination:a"},
	})
}

// Only a group that keeps its logs too short a time fails; nothing ever becomes shorter, as that deletes logs.
//
// better: CloudWatch.16 never shortens a retention
func TestLineOfRetention(t *testing.T) {
	answers := func(days *int32, change ...func(*logs.LogGroup)) playbooktest.StandIn {
		group := logs.LogGroup{LogGroupName: aws.String("app"), RetentionInDays: days}
		for _, c := range change {
			c(&group)
		}
		return playbooktest.Answers(&cloudwatchlogs.DescribeLogGroupsOutput{LogGroups: []logs.LogGroup{
			{LogGroupName: aws.String("app-of-others"), RetentionInDays: aws.Int32(1)}, group,
		}})
	}
	less := map[string]any{"minRetentionTime": 30}
	odd := map[string]any{"minRetentionTime": 366}
	c := playbook.Retention()[0]
	playbooktest.Judged(t, c, groupARN+"app:*", map[string]playbooktest.Shape{
		"for ever":             {Answers: answers(nil)},
		"a year":               {Answers: answers(aws.Int32(365))},
		"ten years":            {Answers: answers(aws.Int32(3653))},
		"180 days":             {Answers: answers(aws.Int32(180)), Fails: true},
		"a day":                {Answers: answers(aws.Int32(1)), Fails: true},
		"30 days, 30 asked":    {Answers: answers(aws.Int32(30)), Params: less},
		"14 days, 30 asked":    {Answers: answers(aws.Int32(14)), Params: less, Fails: true},
		"for ever, 366 asked":  {Answers: answers(nil), Params: odd},
		"a year, 366 asked":    {Answers: answers(aws.Int32(365)), Params: odd, Fails: true},
		"400 days, 366 asked":  {Answers: answers(aws.Int32(400)), Params: odd},
		"no group of the name": {Answers: playbooktest.Answers(&cloudwatchlogs.DescribeLogGroupsOutput{}), Class: fault.Gone},
		"class of deliveries": {Answers: answers(aws.Int32(2), func(g *logs.LogGroup) {
			g.LogGroupClass = logs.LogGroupClassDelivery
		}), Class: fault.Refused},
	})
	for days, want := range map[int]string{1: "1", 30: "30", 366: "400", 3289: "3653", 3653: "3653"} {
		env := playbooktest.Env(t, c, groupARN+"app", playbooktest.Unplugged(), answers(aws.Int32(1)),
			playbooktest.With(map[string]any{"minRetentionTime": days}))
		plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
		if days > 1 && plan.String() != "  ~ RetentionInDays: 1 → "+want+"\n" {
			t.Errorf("%d days are asked for, and the plan is\n%s", days, plan)
		}
	}
}
