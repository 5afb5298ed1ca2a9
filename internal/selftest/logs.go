package selftest

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// shortDays is fewer than CloudWatch.16 wants.
const shortDays = 7

// groups are empty log groups that keep their logs for a week.
func groups() []Seed {
	family := Family{Name: "log group", Find: findGroups, Remove: removeGroup}
	return []Seed{{Control: "CloudWatch.16", Price: "nothing", Make: shortGroup, Family: family}}
}

func shortGroup(ctx context.Context, cfg aws.Config, name string) (string, error) {
	client := cloudwatchlogs.NewFromConfig(cfg)
	_, err := client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{
		LogGroupName: &name, Tags: map[string]string{Tag: "yes"},
	})
	if err != nil {
		return "", fmt.Errorf("make a log group: %w", err)
	}
	_, err = client.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{
		LogGroupName: &name, RetentionInDays: aws.Int32(shortDays),
	})
	if err != nil {
		return "", fmt.Errorf("have the log group forget: %w", err)
	}
	out, err := client.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &name})
	if err != nil || len(out.LogGroups) == 0 {
		return "", fmt.Errorf("read the log group %s: %w", name, err)
	}
	return strings.TrimSuffix(aws.ToString(out.LogGroups[0].Arn), ":*"), nil
}

func findGroups(ctx context.Context, cfg aws.Config) ([]string, error) {
	client := cloudwatchlogs.NewFromConfig(cfg)
	out, err := client.DescribeLogGroups(ctx,
		&cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String(Prefix)})
	if err != nil {
		return nil, fmt.Errorf("list log groups: %w", err)
	}
	var found []string
	for _, g := range out.LogGroups {
		tags, err := client.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{
			ResourceArn: aws.String(strings.TrimSuffix(aws.ToString(g.Arn), ":*")),
		})
		if err == nil && tags.Tags[Tag] != "" {
			found = append(found, aws.ToString(g.LogGroupName))
		}
	}
	return found, nil
}

func removeGroup(ctx context.Context, cfg aws.Config, name string) error {
	_, err := cloudwatchlogs.NewFromConfig(cfg).DeleteLogGroup(ctx,
		&cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &name})
	return gone(err)
}
