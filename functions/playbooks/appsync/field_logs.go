// Package appsync holds the playbooks for AWS AppSync.
package appsync

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/appsync"
	"github.com/aws/aws-sdk-go-v2/service/appsync/types"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// fieldLogs are what an API logs of the fields that it resolves.
type fieldLogs struct {
	LogConfig logs
	Merged    string `salve:"fact"` // the role of a merged API, which is named again with each change
	Trouble   string `salve:"fact"` // why an API without logs gets no role for them
}

// logs are on where there is a role to write them with.
type logs struct {
	FieldLogLevel, CloudWatchLogsRoleArn string
	ExcludeVerboseContent                bool // headers, and what templates make of them
}

// service gets the role that writes logs.
const service = "appsync.amazonaws.com"

// paramLevel is AWS's name for the level that it wants.
const paramLevel = "fieldLoggingLevel"

// FieldLogs returns the control that has GraphQL APIs log the fields that they resolve.
func FieldLogs() []control.Control {
	return []control.Control{control.Of[fieldLogs]{
		Info: control.Info{
			ID: "AppSync.2",
			Effect: "AppSync logs fields that fail, or with the level ALL each field, into CloudWatch Logs, which bills them. " +
				"An API that logged nothing logs without headers and templates, in which secrets may be. A role that it has " +
				"for its logs stays; otherwise it gets Salve's.",
			Fails: control.Fails{
				When: "The API has no logs, or logs fields at none of the levels ERROR and ALL, or at another than the parameter " +
					"names.",
				Rule: "appsync-logging-enabled",
			},
			Impact: control.ImpactNone,
			Params: []control.Param{{
				Name: paramLevel, Default: "", Pattern: regexp.MustCompile(`^(ERROR|ALL)?$`), Form: "ERROR, ALL or nothing",
				Meaning: "The level that AWS wants: ERROR or ALL; empty takes either, and sets ERROR.",
			}, needs.RoleParam(service, "writes logs")},
			Pattern: regexp.MustCompile(`^arn:aws[a-z-]*:appsync:[a-z0-9-]+:\d{12}:apis/([a-z0-9-]{1,64})$`),
			Actions: []string{"appsync:GetGraphqlApi", "appsync:UpdateGraphqlApi", "iam:ListRoles"},
			Passes:  []string{service},
		},
		Read: readFieldLogs, Want: wantFieldLogs, Write: writeFieldLogs,
		Passed: func(_ control.Env, _, to fieldLogs) []string {
			var roles []string
			for _, role := range []string{to.LogConfig.CloudWatchLogsRoleArn, to.Merged} {
				if role != "" {
					roles = append(roles, role)
				}
			}
			return roles
		},
	}.Control()}
}

func getAPI(ctx context.Context, env control.Env) (*types.GraphqlApi, error) {
	out, err := appsync.NewFromConfig(env.Config).GetGraphqlApi(ctx, &appsync.GetGraphqlApiInput{ApiId: &env.Name})
	if err != nil {
		return nil, err
	}
	if out.GraphqlApi == nil {
		return nil, fault.New(fault.Invalid, "GetGraphqlApi answered without an API")
	}
	return out.GraphqlApi, nil
}

func readFieldLogs(ctx context.Context, env control.Env) (fieldLogs, error) {
	api, err := getAPI(ctx, env)
	if err != nil {
		return fieldLogs{}, err
	}
	now := fieldLogs{Merged: aws.ToString(api.MergedApiExecutionRoleArn)}
	if is := api.LogConfig; is != nil {
		now.LogConfig = logs{string(is.FieldLogLevel), aws.ToString(is.CloudWatchLogsRoleArn), is.ExcludeVerboseContent}
		return now, nil
	}
	now.Trouble, err = needs.RoleTrouble(ctx, env, service)
	return now, err
}

func wantFieldLogs(now fieldLogs, env control.Env) (fieldLogs, error) {
	const none, least = string(types.FieldLogLevelNone), string(types.FieldLogLevelError)
	const most = string(types.FieldLogLevelAll)
	asked, log := env.Params.Text(paramLevel), &now.LogConfig
	switch log.FieldLogLevel {
	case "":
		if now.Trouble != "" {
			return now, fault.New(fault.Refused, "%s", now.Trouble)
		}
		log.CloudWatchLogsRoleArn, log.ExcludeVerboseContent = needs.OwnRole(env, service), true
	case none:
	case least:
		if asked == "" {
			return now, nil
		}
	case most:
		if asked != least {
			return now, nil
		}
		return now, fault.New(fault.Refused, "set the level to ERROR by hand, or let Security Hub take any level: it "+
			"logs more")
	default: // between the two
		if asked != most {
			return now, fault.New(fault.Refused, "set the level to ALL or ERROR by hand where Security Hub fails %s: it logs "+
				"more than ERROR", log.FieldLogLevel)
		}
	}
	if log.FieldLogLevel = asked; asked == "" {
		log.FieldLogLevel = least
	}
	return now, nil
}

// writeFieldLogs says all of the API again: AppSync takes what is left out for none.
func writeFieldLogs(ctx context.Context, env control.Env, _, to fieldLogs) error {
	api, err := getAPI(ctx, env)
	if err != nil {
		return err
	}
	in := &appsync.UpdateGraphqlApiInput{
		ApiId: &env.Name, Name: api.Name, AuthenticationType: api.AuthenticationType,
		AdditionalAuthenticationProviders: api.AdditionalAuthenticationProviders,
		EnhancedMetricsConfig:             api.EnhancedMetricsConfig, IntrospectionConfig: api.IntrospectionConfig,
		LambdaAuthorizerConfig: api.LambdaAuthorizerConfig, MergedApiExecutionRoleArn: api.MergedApiExecutionRoleArn,
		OpenIDConnectConfig: api.OpenIDConnectConfig, OwnerContact: api.OwnerContact, QueryDepthLimit: api.QueryDepthLimit,
		ResolverCountLimit: api.ResolverCountLimit, UserPoolConfig: api.UserPoolConfig, XrayEnabled: api.XrayEnabled,
	}
	if log := to.LogConfig; log.FieldLogLevel != "" {
		in.LogConfig = &types.LogConfig{
			CloudWatchLogsRoleArn: &log.CloudWatchLogsRoleArn, FieldLogLevel: types.FieldLogLevel(log.FieldLogLevel),
			ExcludeVerboseContent: log.ExcludeVerboseContent,
		}
	}
	_, err = appsync.NewFromConfig(env.Config).UpdateGraphqlApi(ctx, in)
	return err
}
