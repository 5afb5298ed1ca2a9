package apigateway

import (
	"context"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	v2types "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
)

// accessLogs are where a stage logs who asked for what.
type accessLogs struct {
	AccessLogSettings accessLog
	Groups            map[string]needs.Group
	Account           map[string]logRole
	WebSocket         bool   `salve:"fact"` // which write with the account's role
	Trouble           string `salve:"fact"` // why the account, which has no role for logs, gets none
}

// accessLog is one that is on, or nothing.
type accessLog struct{ DestinationArn, Format string }

// paramFormat is the parameter with the format of a log that is made.
const paramFormat = "accessLogFormat"

// format has no query and no header, in which secrets may be. Both kinds of APIs know all of it.
const format = `{"requestId":"$context.requestId","time":"$context.requestTime","ip":"$context.identity.sourceIp",` +
	`"caller":"$context.identity.caller","route":"$context.routeKey","status":"$context.status"}`

// AccessLogs returns the control that has stages of HTTP and WebSocket APIs log who asks.
func AccessLogs() []control.Control {
	const usual = "/aws/vendedlogs/apigateway/API/STAGE"
	return []control.Control{control.Of[accessLogs]{
		Info: control.Info{
			ID: "APIGateway.9", Writes: "apigateway.stage.access-log",
			Effect: "API Gateway writes a line for each request, with the address of who asked, into CloudWatch Logs, which " +
				"bills it and keeps it for a year. Nobody else notices. Where the account has no role for logs, and the API " +
				"speaks WebSocket, it gets Salve's, for all of its APIs in the Region; one that is there stays.",
			Fails: control.Fails{
				When: "The stage of an HTTP or WebSocket API has no access log (accessLogSettings).",
				Rule: "api-gwv2-access-logs-enabled",
			},
			Impact: control.ImpactNone,
			Params: []control.Param{needs.GroupParam("access logs", usual), {
				Name: paramFormat, Default: format, Pattern: regexp.MustCompile(`\$context\.(extendedR|r)equestId`),
				Form: "a line that has $context.requestId", Meaning: "The line that is written for a request.",
			}, needs.RoleParam(service, "writes logs")},
			Pattern: stageARN(newStage),
			Actions: append(needs.GroupActions(), "apigateway:GET", "apigateway:PATCH", "iam:ListRoles",
				"logs:CreateLogDelivery", "logs:DescribeResourcePolicies", "logs:GetLogDelivery", "logs:ListLogDeliveries",
				"logs:PutResourcePolicy", "logs:UpdateLogDelivery"),
			UndoActions: []string{"apigateway:DELETE", "logs:DeleteLogDelivery"},
			Passes:      []string{service},
			OneWay:      map[string]string{"Account/*": leftRole, "Groups/*": needs.LeftGroups},
			Narrow: func(env control.Env) []string {
				return []string{
					env.Target.Resource, env.Target.Resource + "/*", apiARN(env), accountARN(env),
					groupARN(env),
				}
			},
			Lock: func(env control.Env) []string { return []string{env.Target.Resource, accountARN(env)} },
		},
		Read: readAccessLogs,
		Want: func(now accessLogs, env control.Env) (accessLogs, error) {
			if now.AccessLogSettings.DestinationArn != "" {
				return now, nil
			}
			group := accessGroup(env)
			now.Groups[group] = needs.Group{Name: group}
			if now.WebSocket {
				if err := addRole(env, now.Account, now.Trouble); err != nil {
					return now, err
				}
			}
			now.AccessLogSettings = accessLog{groupARN(env), env.Params.Text(paramFormat)}
			return now, nil
		},
		Write:  writeAccessLogs,
		Passed: func(_ control.Env, from, to accessLogs) []string { return givenRoles(from.Account, to.Account) },
	}.Control()}
}

// accessGroup is the group that the parameter names, or one whose name begins so that the policy by which AWS delivers
// logs does not grow with each.
func accessGroup(env control.Env) string {
	if named := env.Params.Text(needs.ParamGroup); named != "" {
		return named
	}
	api, stage := of(env)
	return "/aws/vendedlogs/apigateway/" + *api + "/" + strings.TrimPrefix(*stage, "$")
}

func groupARN(env control.Env) string { return env.Target.ARN("logs", "log-group:"+accessGroup(env)) }

func readAccessLogs(ctx context.Context, env control.Env) (accessLogs, error) {
	now := accessLogs{}
	api, stage := of(env)
	out, err := apigatewayv2.NewFromConfig(env.Config).GetStage(ctx,
		&apigatewayv2.GetStageInput{ApiId: api, StageName: stage})
	if err != nil {
		return now, err
	}
	if is := out.AccessLogSettings; is != nil {
		now.AccessLogSettings = accessLog{aws.ToString(is.DestinationArn), aws.ToString(is.Format)}
	}
	speaks, err := protocol(ctx, env)
	if err != nil {
		return now, err
	}
	now.WebSocket = speaks == v2types.ProtocolTypeWebsocket
	if now.Account, now.Trouble, err = findRole(ctx, env); err != nil {
		return now, err
	}
	now.Groups, err = needs.FoundGroup(ctx, env, accessGroup(env))
	return now, err
}

func writeAccessLogs(ctx context.Context, env control.Env, from, to accessLogs) error {
	if err := needs.EnsureGroup().Write(ctx, env, from.Groups, to.Groups); err != nil {
		return err
	}
	if err := ensureRole().Write(ctx, env, from.Account, to.Account); err != nil {
		return err
	}
	client, log := apigatewayv2.NewFromConfig(env.Config), to.AccessLogSettings
	api, stage := of(env)
	if log.DestinationArn == "" {
		_, err := client.DeleteAccessLogSettings(ctx,
			&apigatewayv2.DeleteAccessLogSettingsInput{ApiId: api, StageName: stage})
		return err
	}
	_, err := client.UpdateStage(ctx, &apigatewayv2.UpdateStageInput{
		ApiId: api, StageName: stage,
		AccessLogSettings: &v2types.AccessLogSettings{DestinationArn: &log.DestinationArn, Format: &log.Format},
	})
	return err
}
