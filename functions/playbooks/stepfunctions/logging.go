// Package stepfunctions holds the playbooks for AWS Step Functions.
package stepfunctions

import (
	"cmp"
	"context"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// machineARN accepts state machines; versions, aliases and parts of one have one part more.
var machineARN = regexp.MustCompile(`^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:stateMachine:([\w!'()+.=@-]{1,80})$`)

const paramLevel = "logLevel"

// logging is what a state machine logs of its executions, and where to.
type logging struct {
	Level  types.LogLevel
	Data   bool   // what goes into and out of the steps too
	Group  string // as an ARN
	Groups map[string]needs.Group
	// Role is what the machine runs as: an update has to give it again.
	Role string `salve:"fact"`
}

// Logging returns the control that has a state machine log its executions.
func Logging() []control.Control {
	return []control.Control{control.Of[logging]{
		Info: control.Info{
			ID: "StepFunctions.1",
			Effect: "Executions that begin from then on log failures, or what the parameter says, into a log group, without " +
				"what goes into and out of steps. CloudWatch bills each GB. The role of the state machine needs rights to " +
				"deliver logs (logs:CreateLogDelivery and what the Step Functions guide names with it): without them AWS " +
				"refuses, and nothing changes. Versions that were published stay as they are.",
			Fails: control.Fails{
				When: "The state machine logs nothing (level OFF), or less than the level of the parameter where one is set: " +
					"ALL, ERROR, FATAL.",
				Rule: "step-functions-state-machine-logging-enabled",
			},
			Impact:  control.ImpactNone,
			Pattern: machineARN,
			Params: []control.Param{
				{
					Name: paramLevel, Default: "", Pattern: regexp.MustCompile(`^(|ALL|ERROR|FATAL)$`),
					Meaning: "Least level to log: ALL, ERROR or FATAL; empty for any, and ERROR where there is none.",
					Form:    "ALL, ERROR, FATAL or nothing",
				},
				needs.GroupParam("the executions", "/aws/vendedlogs/states/ and the name of the state machine"),
			},
			Actions: append(needs.GroupActions(), "states:DescribeStateMachine", "states:UpdateStateMachine"),
			Passes:  []string{"states.amazonaws.com"},
			OneWay:  map[string]string{"Groups/*": needs.LeftGroups},
			Narrow: func(env control.Env) []string {
				group := env.Target.ARN("logs", "log-group:"+groupName(env))
				return []string{env.Target.Resource, group, group + ":*"}
			},
		},
		Read: readLogging, Want: wantLogging, Write: writeLogging,
		Passed: func(_ control.Env, from, _ logging) []string { return []string{from.Role} },
	}.Control()}
}

// unnamed are the characters that a state machine may have in its name and a log group not.
var unnamed = regexp.MustCompile(`[^\w./#-]`)

// groupName is the group that people named, else one by the name of the state machine.
func groupName(env control.Env) string {
	machine := env.Target.Resource[strings.LastIndex(env.Target.Resource, ":")+1:]
	return cmp.Or(env.Params.Text(needs.ParamGroup), "/aws/vendedlogs/states/"+unnamed.ReplaceAllString(machine, "_"))
}

func describe(ctx context.Context, env control.Env) (*sfn.DescribeStateMachineOutput, error) {
	return sfn.NewFromConfig(env.Config).DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{
		StateMachineArn: &env.Target.Resource,
	})
}

func readLogging(ctx context.Context, env control.Env) (logging, error) {
	now := logging{Level: types.LogLevelOff}
	out, err := describe(ctx, env)
	if err != nil {
		return now, err
	}
	if now.Role = aws.ToString(out.RoleArn); now.Role == "" {
		return now, fault.New(fault.Invalid, "DescribeStateMachine answered without a role")
	}
	if on := out.LoggingConfiguration; on != nil {
		now.Level, now.Data = cmp.Or(on.Level, types.LogLevelOff), on.IncludeExecutionData
		for _, to := range on.Destinations { // there is one at most
			if to.CloudWatchLogsLogGroup != nil {
				now.Group = aws.ToString(to.CloudWatchLogsLogGroup.LogGroupArn)
			}
		}
	}
	now.Groups, err = needs.FoundGroup(ctx, env, groupName(env))
	return now, err
}

// rank is how much a level lets in.
func rank(level types.LogLevel) int {
	return map[types.LogLevel]int{types.LogLevelFatal: 1, types.LogLevelError: 2, types.LogLevelAll: 3}[level]
}

// wantLogging leaves a group that is there, and never logs less.
func wantLogging(now logging, env control.Env) (logging, error) {
	least := types.LogLevel(env.Params.Text(paramLevel))
	if rank(now.Level) >= max(1, rank(least)) {
		return now, nil
	}
	now.Level = cmp.Or(least, types.LogLevelError)
	if now.Group == "" {
		now.Groups[groupName(env)] = needs.Group{Name: groupName(env)}
		now.Group = env.Target.ARN("logs", "log-group:"+groupName(env)) + ":*"
	}
	return now, nil
}

func writeLogging(ctx context.Context, env control.Env, from, to logging) error {
	if err := needs.EnsureGroup().Write(ctx, env, from.Groups, to.Groups); err != nil {
		return err
	}
	now, err := describe(ctx, env)
	if err != nil {
		return err
	}
	if role := aws.ToString(now.RoleArn); role != from.Role {
		return fault.New(fault.Drifted, "the state machine had the role %s when this was planned, and has %s now",
			from.Role, role)
	}
	on := &types.LoggingConfiguration{Level: to.Level, IncludeExecutionData: to.Data}
	if to.Group != "" {
		on.Destinations = []types.LogDestination{{
			CloudWatchLogsLogGroup: &types.CloudWatchLogsLogGroup{LogGroupArn: &to.Group},
		}}
	}
	// Step Functions takes no update without role or definition.
	_, err = sfn.NewFromConfig(env.Config).UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{
		StateMachineArn: &env.Target.Resource, RoleArn: &from.Role, LoggingConfiguration: on,
	})
	if err != nil && strings.Contains(err.Error(), "Log Destination") {
		return fault.New(fault.Refused, "let the role %s deliver logs, by logs:CreateLogDelivery and what the Step "+
			"Functions guide names with it: %w", from.Role, err)
	}
	return err
}
