package cloudwatch

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// paramRetention is the parameter with how long logs have to be kept, as Security Hub names it.
const paramRetention = "minRetentionTime"

// Retention returns the control that has log groups keep what they have for long enough.
func Retention() []control.Control {
	return []control.Control{kind.Setting[int]{
		Name: "RetentionInDays", Get: readRetention, Set: writeRetention,
		Want: func(now int, env control.Env) (int, error) {
			if now == 0 { // forever
				return now, nil
			}
			return max(now, accepted(env.Params.Int(paramRetention))), nil
		},
	}.Control(control.Info{
		ID: "CloudWatch.16",
		Effect: "The group keeps its logs for longer, and what lies there is billed. After an undo, AWS deletes what is " +
			"older than the time of before.",
		Fails: control.Fails{
			When: "The group keeps its logs for fewer days than the parameter says. One that keeps them forever passes.",
			Rule: "cw-loggroup-retention-period-check",
		},
		Impact: control.ImpactNone,
		Pattern: regexp.MustCompile(
			`^arn:aws[a-z-]*:logs:[a-z0-9-]+:[0-9]{12}:log-group:([A-Za-z0-9_/.#-]{1,512})(?::\*)?$`),
		Params: []control.Param{{
			Name: paramRetention,
			Meaning: "The fewest days for which a group keeps its logs; the next higher that CloudWatch takes is set where " +
				"it does not take this one.",
			Default: 365, Min: 1, Max: 3653,
		}},
		Actions: []string{"logs:DescribeLogGroups", "logs:PutRetentionPolicy"},
		Narrow: func(env control.Env) []string {
			group := env.Target.ARN("logs", "log-group:"+env.Name)
			return []string{group, group + ":*"}
		},
		Lock: func(env control.Env) []string { return []string{env.Target.ARN("logs", "log-group:"+env.Name)} },
	})}
}

// accepted is the least that CloudWatch takes for some days. Source: CloudWatch Logs API reference, PutRetentionPolicy.
func accepted(days int) int {
	for _, n := range []int{
		1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
	} {
		if n >= days {
			return n
		}
	}
	return 3653
}

// readRetention is for how many days the group keeps its logs, 0 for ever. A list knows the group by its whole name.
func readRetention(ctx context.Context, env control.Env) (int, error) {
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(cloudwatchlogs.NewFromConfig(env.Config),
		&cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &env.Name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, err
		}
		for _, g := range page.LogGroups {
			if aws.ToString(g.LogGroupName) != env.Name {
				continue
			}
			if g.LogGroupClass == logs.LogGroupClassDelivery {
				return 0, fault.New(fault.Refused, "a group of the class DELIVERY keeps logs for as long as AWS says: suppress "+
					"the finding, or exempt the group")
			}
			return int(aws.ToInt32(g.RetentionInDays)), nil
		}
	}
	return 0, fault.New(fault.Gone, "the log group %s is not there", env.Name)
}

func writeRetention(ctx context.Context, env control.Env, days int) error {
	_, err := cloudwatchlogs.NewFromConfig(env.Config).PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{
		LogGroupName: &env.Name, RetentionInDays: aws.Int32(int32(days)), //nolint:gosec // at most 3653
	})
	return err
}
