package needs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/kind"
)

// Group is a log group, by its name: there or not.
type Group struct {
	Name string `json:"_Name"`
}

// kept is for how many days a group that is made keeps what it gets, as CloudWatch.16 asks.
const kept = 365

// ParamGroup is the parameter with the log group that logs go to.
const ParamGroup = "logGroupName"

// GroupParam is the parameter with the group for the logs of what, and usual the name of the one that is made.
func GroupParam(what, usual string) control.Param {
	return control.Param{
		Name: ParamGroup,
		Meaning: "CloudWatch log group for " + what + "; empty for " + usual + ". Salve makes it where it is not there, " +
			"and it keeps what it gets for a year.",
		Default: "", Pattern: groupForm, Form: "the name of a log group, or nothing",
	}
}

// GroupActions are the actions of FoundGroup and EnsureGroup.
func GroupActions() []string {
	return []string{"logs:CreateLogGroup", "logs:DescribeLogGroups", "logs:PutRetentionPolicy"}
}

// LeftGroups is why undo leaves log groups, for OneWay.
const LeftGroups = "it holds logs"

// FoundGroup is the group, where it is there.
func FoundGroup(ctx context.Context, env control.Env, name string) (map[string]Group, error) {
	found := map[string]Group{}
	there, err := groupThere(ctx, env, name)
	if there {
		found[name] = Group{Name: name}
	}
	return found, err
}

func groupThere(ctx context.Context, env control.Env, name string) (bool, error) {
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(cloudwatchlogs.NewFromConfig(env.Config),
		&cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, err
		}
		for _, g := range page.LogGroups {
			if aws.ToString(g.LogGroupName) == name {
				return true, nil
			}
		}
	}
	return false, nil
}

// EnsureGroup makes the group. One that is there stays as it is.
func EnsureGroup() kind.Ensure[Group] {
	return kind.Ensure[Group]{
		There: func(ctx context.Context, env control.Env, name string, _ Group) (bool, error) {
			return groupThere(ctx, env, name)
		},
		Make: func(ctx context.Context, env control.Env, name string, _ Group) error {
			client := cloudwatchlogs.NewFromConfig(env.Config)
			if _, err := client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name}); err != nil {
				return err
			}
			_, err := client.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{
				LogGroupName: &name, RetentionInDays: aws.Int32(kept),
			})
			return err
		},
	}
}
