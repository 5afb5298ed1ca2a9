package apigateway

import (
	"context"
	"maps"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	v2types "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// executionLogs are how much of what a stage does is logged.
type executionLogs struct {
	Levels  map[string]string // by method, "*/*" for those without settings of their own; all routes of WebSocket APIs
	Groups  map[string]needs.Group
	Account map[string]logRole
	Trouble string `salve:"fact"` // why the account, which has no role for logs, gets none
}

// The levels. AWS says nothing for off in places.
const (
	off   = "OFF"
	least = "ERROR"
)

// paramLevel is AWS's name for the level that it wants.
const paramLevel = "loggingLevel"

// ExecutionLogs returns the control that has stages of REST and WebSocket APIs log what they do.
func ExecutionLogs() []control.Control {
	return []control.Control{control.Of[executionLogs]{
		Info: control.Info{
			ID: "APIGateway.1", Writes: "apigateway.stage.logging",
			Effect: "API Gateway logs requests of the stage that fail, or with the level INFO all, into CloudWatch Logs, " +
				"which bills them. Bodies and headers are logged only where data tracing is on, which stays as it is. Where the " +
				"account has no role for such logs, it gets Salve's, for all of its APIs in the Region; one that is there stays.",
			Fails: control.Fails{
				When: "The stage of a REST API has no settings for all methods, or a method logs neither ERROR nor INFO, or " +
					"other than the level that the parameter names; a WebSocket API's default route settings do so.",
				Rule: "api-gw-execution-logging-enabled",
			},
			Impact: control.ImpactNone,
			Params: []control.Param{{
				Name: paramLevel, Default: "", Pattern: regexp.MustCompile(`^(ERROR|INFO)?$`), Form: "ERROR, INFO or nothing",
				Meaning: "The level that AWS wants: ERROR or INFO; empty takes either, and sets ERROR.",
			}, needs.RoleParam(service, "writes logs")},
			Pattern: stageARN(restStage + "|" + newStage),
			Actions: append(needs.GroupActions(), "apigateway:GET", "apigateway:PATCH", "iam:ListRoles"),
			Passes:  []string{service},
			OneWay:  map[string]string{"Account/*": leftRole, "Groups/*": needs.LeftGroups},
			Narrow: func(env control.Env) []string {
				return []string{
					env.Target.Resource, apiARN(env), accountARN(env), env.Target.ARN("logs", "log-group:"+executionGroup(env)),
				}
			},
			Lock: func(env control.Env) []string { return []string{env.Target.Resource, accountARN(env)} },
		},
		Read: readExecutionLogs, Want: wantExecutionLogs, Write: writeExecutionLogs,
		Passed: func(_ control.Env, from, to executionLogs) []string { return givenRoles(from.Account, to.Account) },
	}.Control()}
}

// executionGroup is the log group that API Gateway writes to, and makes without an end of its logs.
func executionGroup(env control.Env) string {
	api, stage := of(env)
	if ofREST(env) {
		return "API-Gateway-Execution-Logs_" + *api + "/" + *stage
	}
	return "/aws/apigateway/" + *api + "/" + *stage
}

func readExecutionLogs(ctx context.Context, env control.Env) (executionLogs, error) {
	now := executionLogs{Levels: map[string]string{}}
	if err := now.readLevels(ctx, env); err != nil {
		return now, err
	}
	var err error
	if now.Account, now.Trouble, err = findRole(ctx, env); err != nil {
		return now, err
	}
	now.Groups, err = needs.FoundGroup(ctx, env, executionGroup(env))
	return now, err
}

func (now *executionLogs) readLevels(ctx context.Context, env control.Env) error {
	if ofREST(env) {
		stage, err := getStage(ctx, env)
		if err != nil {
			return err
		}
		for key, is := range stage.MethodSettings {
			now.Levels[key] = level(aws.ToString(is.LoggingLevel))
		}
		return nil
	}
	speaks, err := protocol(ctx, env)
	if err != nil {
		return err
	}
	if speaks != v2types.ProtocolTypeWebsocket {
		return fault.New(fault.Refused, "suppress the finding: API Gateway has no execution logs for APIs that "+
			"speak %s", speaks)
	}
	settings, err := routes(ctx, env)
	now.Levels[allRoutes] = level(string(settings.LoggingLevel))
	return err
}

func level(said string) string {
	if said == "" {
		return off
	}
	return said
}

// allRoutes is the key of a WebSocket API's default route settings.
const allRoutes = "DefaultRouteSettings"

func routes(ctx context.Context, env control.Env) (v2types.RouteSettings, error) {
	api, stage := of(env)
	out, err := apigatewayv2.NewFromConfig(env.Config).GetStage(ctx,
		&apigatewayv2.GetStageInput{ApiId: api, StageName: stage})
	if err != nil || out.DefaultRouteSettings == nil {
		return v2types.RouteSettings{}, err
	}
	return *out.DefaultRouteSettings, nil
}

func wantExecutionLogs(now executionLogs, env control.Env) (executionLogs, error) {
	asked, wanted := env.Params.Text(paramLevel), maps.Clone(now.Levels)
	if wanted == nil {
		wanted = map[string]string{}
	}
	if _, settled := wanted[every]; !settled && ofREST(env) {
		wanted[every] = off
	}
	for key, is := range wanted {
		switch {
		case is == asked, asked == "" && is != off:
		case is != off && asked == least:
			return now, fault.New(fault.Refused, "set the level of %s to ERROR by hand, or let Security Hub take any level: it "+
				"logs more than that", key)
		case asked == "":
			wanted[key] = least
		default:
			wanted[key] = asked
		}
	}
	if maps.Equal(wanted, now.Levels) {
		return now, nil
	}
	now.Levels = wanted
	group := executionGroup(env)
	now.Groups[group] = needs.Group{Name: group}
	return now, addRole(env, now.Account, now.Trouble)
}

func writeExecutionLogs(ctx context.Context, env control.Env, from, to executionLogs) error {
	if err := needs.EnsureGroup().Write(ctx, env, from.Groups, to.Groups); err != nil {
		return err
	}
	if err := ensureRole().Write(ctx, env, from.Account, to.Account); err != nil {
		return err
	}
	if ofREST(env) {
		return setMethods(ctx, env, "logging/loglevel", from.Levels, to.Levels)
	}
	settings, err := routes(ctx, env) // a call replaces them together
	if err != nil {
		return err
	}
	settings.LoggingLevel = v2types.LoggingLevel(to.Levels[allRoutes])
	api, stage := of(env)
	_, err = apigatewayv2.NewFromConfig(env.Config).UpdateStage(ctx, &apigatewayv2.UpdateStageInput{
		ApiId: api, StageName: stage, DefaultRouteSettings: &settings,
	})
	return err
}
