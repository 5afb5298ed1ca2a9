package stepfunctions_test

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/stepfunctions"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const (
	prefix = "arn:aws:states:" + playbooktest.DefaultRegion + ":" + playbooktest.DefaultAccount + ":stateMachine:"
	role   = "arn:aws:iam::" + playbooktest.DefaultAccount + ":role/orders"
	theirs = "arn:aws:logs:us-east-1:222222222222:log-group:theirs:*"
)

func logging(level types.LogLevel, group string) *types.LoggingConfiguration {
	out := &types.LoggingConfiguration{Level: level}
	if group != "" {
		out.Destinations = []types.LogDestination{{
			CloudWatchLogsLogGroup: &types.CloudWatchLogsLogGroup{LogGroupArn: &group},
		}}
	}
	return out
}

// update is somebody who changes a state machine.
func update(in sfn.UpdateStateMachineInput) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		in.StateMachineArn = &resource
		playbooktest.Got(sfn.NewFromConfig(root).UpdateStateMachine(ctx, &in))(t)
	}
}

func TestLogging(t *testing.T) {
	const other = `{"StartAt":"B","States":{"B":{"Type":"Succeed"}}}`
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.Logging()[0], Foreign: []string{prefix + "a:1", prefix + "*", prefix + "a/map"},
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			t.Helper()
			off := logging("OFF", "")
			off.IncludeExecutionData = true
			return *playbooktest.Got(sfn.NewFromConfig(root).CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
				Name: aws.String(rand.Text() + "@1"), RoleArn: aws.String(role), LoggingConfiguration: off,
				Definition: aws.String(`{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`),
			}))(t).StateMachineArn
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			t.Helper()
			in := &sfn.DescribeStateMachineInput{StateMachineArn: &resource}
			out := playbooktest.Got(sfn.NewFromConfig(root).DescribeStateMachine(ctx, in))(t)
			return []any{
				out.LoggingConfiguration.Level, len(out.LoggingConfiguration.Destinations), *out.Definition, *out.RoleArn,
			}
		},
		Disturb: update(sfn.UpdateStateMachineInput{
			RoleArn: aws.String(role), LoggingConfiguration: logging("ALL", theirs),
		}),
		Unrelated: update(sfn.UpdateStateMachineInput{Definition: aws.String(other)}),
		Skip: map[string]string{
			playbooktest.CaseFacts: "an update gives the role again that was read, and no other: TestAnotherRoleIsDrift",
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			in := &sfn.DeleteStateMachineInput{StateMachineArn: &resource}
			playbooktest.Got(sfn.NewFromConfig(root).DeleteStateMachine(ctx, in))(t)
		},
	})
}

// answers are about a state machine, beside no group.
func answers(on *types.LoggingConfiguration) playbooktest.StandIn {
	return playbooktest.Answers(&sfn.DescribeStateMachineOutput{RoleArn: aws.String(role), LoggingConfiguration: on},
		&cloudwatchlogs.DescribeLogGroupsOutput{})
}

func TestLineOfLogging(t *testing.T) {
	at := func(level string) map[string]any { return map[string]any{"logLevel": level} }
	playbooktest.Judged(t, playbook.Logging()[0], prefix+"orders", map[string]playbooktest.Shape{
		"nothing said":     {Answers: answers(nil), Fails: true},
		"no level":         {Answers: answers(logging("", "")), Fails: true},
		"off":              {Answers: answers(logging("OFF", "")), Fails: true},
		"off, with group":  {Answers: answers(logging("OFF", theirs)), Fails: true},
		"fatal":            {Answers: answers(logging("FATAL", theirs))},
		"errors":           {Answers: answers(logging("ERROR", theirs))},
		"all":              {Answers: answers(logging("ALL", theirs))},
		"less than errors": {Answers: answers(logging("FATAL", theirs)), Params: at("ERROR"), Fails: true},
		"less than all":    {Answers: answers(logging("ERROR", theirs)), Params: at("ALL"), Fails: true},
		"as asked":         {Answers: answers(logging("ERROR", theirs)), Params: at("ERROR")},
		"more than asked":  {Answers: answers(logging("ALL", theirs)), Params: at("FATAL")},
		"no role":          {Answers: playbooktest.Answers(&sfn.DescribeStateMachineOutput{}), Class: fault.Invalid},
	})
}

// What is logged goes on to the group that is there.
func TestGroupStays(t *testing.T) {
	c := playbook.Logging()[0]
	env := playbooktest.Env(t, c, prefix+"orders", playbooktest.Unplugged(), answers(logging("OFF", theirs)))
	playbooktest.Planned(t, c, env, "  ~ Level: \"OFF\" → \"ERROR\"\n")
}

// A run gives away the role that its plan says, or none.
func TestAnotherRoleIsDrift(t *testing.T) {
	c, is, on := playbook.Logging()[0], role, answers(nil)
	on["DescribeStateMachine"] = func(any) (any, error) {
		return &sfn.DescribeStateMachineOutput{RoleArn: &is, LoggingConfiguration: logging("OFF", theirs)}, nil
	}
	env := playbooktest.Env(t, c, prefix+"orders", playbooktest.Unplugged(), on)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	passed := playbooktest.Got(c.Passing(env, plan))(t)
	if len(passed.Roles) != 1 || passed.Roles[0] != role {
		t.Errorf("the run gives %v away, want %s", passed.Roles, role)
	}
	is += "-2"
	playbooktest.Fails(t, c.Apply(t.Context(), env, plan), fault.Drifted, role+"-2")
}

// A role that may not deliver logs is a person's to change, and no right that Salve lacks. The lab asks no role.
func TestRoleThatDeliversNothing(t *testing.T) {
	c, on := playbook.Logging()[0], answers(logging("OFF", theirs))
	on["UpdateStateMachine"] = func(any) (any, error) {
		return nil, &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "The state machine IAM Role is not " +
			"authorized to access the Log Destination"}
	}
	env := playbooktest.Env(t, c, prefix+"orders", playbooktest.Unplugged(), on)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	playbooktest.Fails(t, c.Apply(t.Context(), env, plan), fault.Refused, "let the role "+role)
}
