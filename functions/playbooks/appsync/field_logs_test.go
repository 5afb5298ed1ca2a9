package appsync_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/appsync"
	"github.com/aws/aws-sdk-go-v2/service/appsync/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/appsync"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const (
	arns = "arn:aws:appsync:us-east-1:222222222222:apis/"
	api  = arns + "11111111-2222-3333-4444-555555555555"
	role = "arn:aws:iam::222222222222:role/logs"
)

func id(resource string) *string { return aws.String(strings.TrimPrefix(resource, arns)) }

func at(level types.FieldLogLevel) *types.LogConfig {
	return &types.LogConfig{FieldLogLevel: level, CloudWatchLogsRoleArn: aws.String(role)}
}

// change is somebody who changes an API.
func change(in appsync.UpdateGraphqlApiInput) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		in := in
		in.ApiId, in.AuthenticationType = id(resource), types.AuthenticationTypeApiKey
		if in.Name == nil {
			in.Name = aws.String("suite")
		}
		playbooktest.Got(appsync.NewFromConfig(root).UpdateGraphqlApi(ctx, &in))(t)
	}
}

// An API of the lab keeps its logs where a call leaves them out, so that it has some here: the rest is below.
func TestFieldLogs(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.FieldLogs()[0],
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			made := playbooktest.Got(appsync.NewFromConfig(root).CreateGraphqlApi(ctx, &appsync.CreateGraphqlApiInput{
				Name: aws.String("suite"), AuthenticationType: types.AuthenticationTypeApiKey, LogConfig: at("NONE"),
				XrayEnabled: true,
			}))(t)
			return arns + *made.GraphqlApi.ApiId
		},
		Foreign: []string{arns + "*", arns + "a/types/b", "suite"},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			in := &appsync.GetGraphqlApiInput{ApiId: id(resource)}
			is := playbooktest.Got(appsync.NewFromConfig(root).GetGraphqlApi(ctx, in))(t).GraphqlApi
			return []any{is.LogConfig, is.Name, is.XrayEnabled, is.AuthenticationType}
		},
		Disturb:   change(appsync.UpdateGraphqlApiInput{LogConfig: at("ALL"), XrayEnabled: true}),
		Unrelated: change(appsync.UpdateGraphqlApiInput{Name: aws.String("of somebody else"), XrayEnabled: true}),
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			in := &appsync.DeleteGraphqlApiInput{ApiId: id(resource)}
			playbooktest.Got(appsync.NewFromConfig(root).DeleteGraphqlApi(ctx, in))(t)
		},
		Skip:   map[string]string{playbooktest.CaseFacts: "the lab knows no merged APIs, whose role is named again"},
		Unseen: map[string]string{"iam:ListRoles": "APIs of the lab have a role for their logs: see above"},
	})
}

func says(is types.GraphqlApi) playbooktest.StandIn {
	return playbooktest.Answers(&appsync.GetGraphqlApiOutput{GraphqlApi: &is}, ready())
}

// ready is the role of Salve's stack.
func ready() *iam.ListRolesOutput {
	return &iam.ListRolesOutput{Roles: []iamtypes.Role{{
		Arn: aws.String("arn:aws:iam::222222222222:role/salve/service/salve-appsync-logs"),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":
			{"Service":"appsync.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
	}}}
}

func TestFieldLogsFailWhereAWSDoes(t *testing.T) {
	logs := func(l *types.LogConfig) playbooktest.StandIn { return says(types.GraphqlApi{LogConfig: l}) }
	unmade := logs(nil)
	unmade["ListRoles"] = func(any) (any, error) { return &iam.ListRolesOutput{}, nil }
	asked := func(level string) map[string]any { return map[string]any{"fieldLoggingLevel": level} }
	playbooktest.Judged(t, playbook.FieldLogs()[0], api, map[string]playbooktest.Shape{
		"nothing":        {Answers: logs(nil), Fails: true},
		"no role for it": {Answers: unmade, Class: fault.Refused, Words: []string{"salve-appsync-logs that it may enter"}},
		"none":           {Answers: logs(at("NONE")), Fails: true},
		"errors":         {Answers: logs(at("ERROR"))},
		"all":            {Answers: logs(at("ALL"))},
		"between":        {Answers: logs(at("INFO")), Class: fault.Refused, Words: []string{"fails INFO"}},
		"all asked":      {Answers: logs(at("ERROR")), Params: asked("ALL"), Fails: true},
		"between, all":   {Answers: logs(at("DEBUG")), Params: asked("ALL"), Fails: true},
		"as asked":       {Answers: logs(at("ERROR")), Params: asked("ERROR"), Fails: false},
		"more than asked": {
			Answers: logs(at("ALL")), Params: asked("ERROR"), Class: fault.Refused, Words: []string{"by hand"},
		},
		"not answered": {Answers: playbooktest.Answers(&appsync.GetGraphqlApiOutput{}), Class: fault.Invalid},
	})
}

// A call takes what is left out for none: all of an API is said again, its roles too, and undo takes the logs away.
func TestFieldLogsKeepTheRest(t *testing.T) {
	is := types.GraphqlApi{
		Name: aws.String("shop"), AuthenticationType: "OPENID_CONNECT", XrayEnabled: true, QueryDepthLimit: 7,
		ResolverCountLimit: 8, OwnerContact: aws.String("ops"), IntrospectionConfig: "DISABLED",
		MergedApiExecutionRoleArn: aws.String("arn:aws:iam::222222222222:role/merged"),
		UserPoolConfig: &types.UserPoolConfig{
			AwsRegion: aws.String("us-east-1"), DefaultAction: "ALLOW", UserPoolId: aws.String("pool"),
		},
		OpenIDConnectConfig:    &types.OpenIDConnectConfig{Issuer: aws.String("https://example.com")},
		LambdaAuthorizerConfig: &types.LambdaAuthorizerConfig{AuthorizerUri: aws.String("arn")},
		EnhancedMetricsConfig: &types.EnhancedMetricsConfig{
			OperationLevelMetricsConfig: "ENABLED", DataSourceLevelMetricsBehavior: "PER_DATA_SOURCE_METRICS",
			ResolverLevelMetricsBehavior: "PER_RESOLVER_METRICS",
		},
		AdditionalAuthenticationProviders: []types.AdditionalAuthenticationProvider{{AuthenticationType: "AWS_IAM"}},
	}
	var said []map[string]any
	answers := playbooktest.StandIn{
		"ListRoles":     func(any) (any, error) { return ready(), nil },
		"GetGraphqlApi": func(any) (any, error) { return &appsync.GetGraphqlApiOutput{GraphqlApi: &is}, nil },
		"UpdateGraphqlApi": func(input any) (any, error) {
			is.LogConfig = input.(*appsync.UpdateGraphqlApiInput).LogConfig
			var tree map[string]any
			raw, err := json.Marshal(input)
			if err == nil {
				err = json.Unmarshal(raw, &tree)
			}
			said = append(said, tree)
			return &appsync.UpdateGraphqlApiOutput{}, err
		},
	}
	c := playbook.FieldLogs()[0]
	env := playbooktest.Env(t, c, api, playbooktest.Unplugged(), answers)
	plan := playbooktest.Planned(t, c, env, `  ~ LogConfig.CloudWatchLogsRoleArn: none → `+
		`"arn:aws:iam::222222222222:role/salve/service/salve-appsync-logs"
  ~ LogConfig.ExcludeVerboseContent: false → true
  ~ LogConfig.FieldLogLevel: none → "ERROR"
`)
	want := []string{*is.MergedApiExecutionRoleArn, "arn:aws:iam::222222222222:role/salve/service/salve-appsync-logs"}
	if d := cmp.Diff(want, playbooktest.Got(c.Passing(env, plan))(t).Roles); d != "" {
		t.Error(d)
	}
	playbooktest.Undo(t, c, env, playbooktest.Fix(t, c, env))
	if is.LogConfig != nil {
		t.Errorf("undo leaves %+v", is.LogConfig)
	}
	for _, call := range said {
		for field, value := range call {
			if value == nil && field != "LogConfig" || value == "" || value == 0.0 || value == false {
				t.Errorf("%s is left out", field)
			}
		}
	}
}
