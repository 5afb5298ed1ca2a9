package apigateway_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	v2types "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/apigateway"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const (
	rest = arns + "restapis/a1b2c3d4e5/stages/prod"
	v2   = arns + "apis/a1b2c3d4e5/stages/prod"
)

// ask is Unseen of the actions that API Gateway asks for in the name of who sets a log.
const ask = "API Gateway asks for it in the name of who sets the log, which the lab does not"

// elsewhere is Unseen, and settled is Skip, of suites in whose account API Gateway has a role: it is given one below.
func elsewhere() map[string]string {
	return map[string]string{"iam:ListRoles": "the account has a role for logs, and no other is looked for"}
}

func settled() map[string]string {
	return map[string]string{playbooktest.CaseFacts: "the account has a role for logs, and what an API speaks stays"}
}

func TestExecutionLogsOfREST(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		World: world(t), Unseen: elsewhere(), Skip: settled(), Control: playbook.ExecutionLogs()[0],
		Seed: newREST(false), Observe: observeREST, Foreign: foreign(), Delete: deleteREST,
		Disturb: patch("/*/*/logging/loglevel", "INFO"), Unrelated: patch("/description", "of somebody else"),
	})
}

func TestExecutionLogsOfWebSocket(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		World: world(t), Unseen: elsewhere(), Skip: settled(), Control: playbook.ExecutionLogs()[0],
		Seed: newV2(v2types.ProtocolTypeWebsocket), Observe: observeV2, Foreign: foreign(),
		Unrelated: change(describe), Delete: deleteV2,
		Disturb: change(func(in *apigatewayv2.UpdateStageInput) {
			in.DefaultRouteSettings = &v2types.RouteSettings{LoggingLevel: v2types.LoggingLevelInfo}
		}),
	})
}

func TestAccessLogs(t *testing.T) {
	unseen := elsewhere()
	for _, action := range []string{"Create", "Delete", "Get", "Update"} {
		unseen["logs:"+action+"LogDelivery"] = ask
	}
	for _, action := range []string{"logs:DescribeResourcePolicies", "logs:ListLogDeliveries", "logs:PutResourcePolicy"} {
		unseen[action] = ask
	}
	playbooktest.Run(t, playbooktest.Suite{
		World: world(t), Control: playbook.AccessLogs()[0], Seed: newV2(v2types.ProtocolTypeHttp), Observe: observeV2,
		Foreign: append(foreign(), rest), Unrelated: change(describe), Delete: deleteV2, Unseen: unseen,
		Disturb: change(func(in *apigatewayv2.UpdateStageInput) {
			in.AccessLogSettings = &v2types.AccessLogSettings{
				DestinationArn: aws.String("arn"), Format: aws.String("$context.requestId"),
			}
		}),
		Skip: settled(),
	})
}

// stage answers with a stage of a REST API whose methods log so much, in an account that logs with the role.
func stage(account *string, levels map[string]string) playbooktest.StandIn {
	is := &apigateway.GetStageOutput{MethodSettings: map[string]types.MethodSetting{}}
	for key, level := range levels {
		is.MethodSettings[key] = types.MethodSetting{LoggingLevel: &level}
		if level == "" {
			is.MethodSettings[key] = types.MethodSetting{MetricsEnabled: true}
		}
	}
	return playbooktest.Answers(is, &apigateway.GetAccountOutput{CloudwatchRoleArn: account},
		&cloudwatchlogs.DescribeLogGroupsOutput{}, ready("salve-api-logs", "our-logs"))
}

// ready are roles below the path of Salve's that API Gateway may enter.
func ready(names ...string) *iam.ListRolesOutput {
	out := &iam.ListRolesOutput{}
	for _, name := range names {
		out.Roles = append(out.Roles, iamtypes.Role{
			Arn: aws.String(roles + name), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":
				"Allow","Principal":{"Service":"apigateway.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
		})
	}
	return out
}

const roles = "arn:aws:iam::222222222222:role/salve/service/"

// newer is stage for the other APIs.
func newer(speaks v2types.ProtocolType, is apigatewayv2.GetStageOutput) playbooktest.StandIn {
	return playbooktest.Answers(&is, &apigatewayv2.GetApiOutput{ProtocolType: speaks}, &apigateway.GetAccountOutput{},
		&cloudwatchlogs.DescribeLogGroupsOutput{}, ready("salve-api-logs"))
}

func TestExecutionLogsFailWhereAWSDoes(t *testing.T) {
	all := func(level string) playbooktest.StandIn {
		return stage(aws.String(role), map[string]string{"*/*": level})
	}
	own := func(level string) playbooktest.StandIn {
		return stage(aws.String(role), map[string]string{"*/*": "INFO", "~1pets/GET": level})
	}
	socket := func(settings *v2types.RouteSettings) playbooktest.StandIn {
		return newer(v2types.ProtocolTypeWebsocket, apigatewayv2.GetStageOutput{DefaultRouteSettings: settings})
	}
	asked := func(level string) map[string]any { return map[string]any{"loggingLevel": level} }
	c := playbook.ExecutionLogs()[0]
	playbooktest.Judged(t, c, rest, map[string]playbooktest.Shape{
		"no settings":       {Answers: stage(aws.String(role), nil), Fails: true},
		"of a method alone": {Answers: stage(aws.String(role), map[string]string{"~1pets/GET": "INFO"}), Fails: true},
		"off":               {Answers: all("OFF"), Fails: true},
		"not said":          {Answers: all(""), Fails: true},
		"errors":            {Answers: all("ERROR")},
		"all":               {Answers: all("INFO")},
		"a method off":      {Answers: own("OFF"), Fails: true},
		"a method on":       {Answers: own("ERROR")},
		"less than asked":   {Answers: all("ERROR"), Params: asked("INFO"), Fails: true},
		"as asked":          {Answers: all("INFO"), Params: asked("INFO")},
		"more than asked":   {Answers: all("INFO"), Params: asked("ERROR"), Class: fault.Refused, Words: []string{"by hand"}},
	})
	playbooktest.Judged(t, c, v2, map[string]playbooktest.Shape{
		"nothing":  {Answers: socket(nil), Fails: true},
		"not said": {Answers: socket(&v2types.RouteSettings{}), Fails: true},
		"off":      {Answers: socket(&v2types.RouteSettings{LoggingLevel: "OFF"}), Fails: true},
		"errors":   {Answers: socket(&v2types.RouteSettings{LoggingLevel: "ERROR"})},
		"all":      {Answers: socket(&v2types.RouteSettings{LoggingLevel: "INFO"})},
		"of HTTP": {
			Answers: newer("HTTP", apigatewayv2.GetStageOutput{}), Class: fault.Refused, Words: []string{"speak HTTP"},
		},
		"unknown": {Answers: newer("", apigatewayv2.GetStageOutput{}), Class: fault.Invalid},
	})
}

func TestAccessLogsFailWhereAWSDoes(t *testing.T) {
	says := func(log *v2types.AccessLogSettings) playbooktest.StandIn {
		return newer("HTTP", apigatewayv2.GetStageOutput{AccessLogSettings: log})
	}
	playbooktest.Judged(t, playbook.AccessLogs()[0], v2, map[string]playbooktest.Shape{
		"none":      {Answers: says(nil), Fails: true},
		"empty":     {Answers: says(&v2types.AccessLogSettings{}), Fails: true},
		"a group":   {Answers: says(&v2types.AccessLogSettings{DestinationArn: aws.String("arn:aws:logs:…")})},
		"WebSocket": {Answers: newer("WEBSOCKET", apigatewayv2.GetStageOutput{}), Fails: true},
	})
}

// given is what a plan for the resource gives to API Gateway.
func given(t *testing.T, c control.Control, resource string, options ...playbooktest.Option) []string {
	env := playbooktest.Env(t, c, resource, append(options, playbooktest.Unplugged())...)
	return playbooktest.Got(c.Passing(env, playbooktest.Got(c.Plan(t.Context(), env))(t)))(t).Roles
}

// better: APIGateway.1 sets the account's logging role first where there is none
func TestTheAccountGetsARoleWhereItHasNone(t *testing.T) {
	logs, access := playbook.ExecutionLogs()[0], playbook.AccessLogs()[0]
	own := playbooktest.With(map[string]any{"roleName": "our-logs"})
	for name, got := range map[string][2][]string{
		"none":      {given(t, logs, rest, stage(nil, nil)), {roles + "salve-api-logs"}},
		"named":     {given(t, logs, rest, stage(nil, nil), own), {roles + "our-logs"}},
		"there":     {given(t, logs, rest, stage(aws.String(role), nil), own), nil},
		"WebSocket": {given(t, access, v2, newer("WEBSOCKET", apigatewayv2.GetStageOutput{})), {roles + "salve-api-logs"}},
		"HTTP":      {given(t, access, v2, newer("HTTP", apigatewayv2.GetStageOutput{})), nil},
	} {
		if d := cmp.Diff(got[1], got[0]); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}

	var made []string
	answers := stage(nil, nil)
	for _, operation := range []string{"CreateLogGroup", "PutRetentionPolicy", "UpdateAccount", "UpdateStage"} {
		answers[operation] = func(any) (any, error) {
			made = append(made, operation)
			return map[string]any{
				"CreateLogGroup": &cloudwatchlogs.CreateLogGroupOutput{}, "UpdateAccount": &apigateway.UpdateAccountOutput{},
				"PutRetentionPolicy": &cloudwatchlogs.PutRetentionPolicyOutput{}, "UpdateStage": &apigateway.UpdateStageOutput{},
			}[operation], nil
		}
	}
	env := playbooktest.Env(t, logs, rest, playbooktest.Unplugged(), answers)
	plan := playbooktest.Got(logs.Plan(t.Context(), env))(t)
	playbooktest.Done(t, logs.Apply(t.Context(), env, plan))
	if d := cmp.Diff([]string{"CreateLogGroup", "PutRetentionPolicy", "UpdateAccount", "UpdateStage"}, made); d != "" {
		t.Error(d)
	}
	other := playbooktest.With(map[string]any{"roleName": "other"})
	_, err := logs.Plan(t.Context(), playbooktest.Env(t, logs, rest, playbooktest.Unplugged(), stage(nil, nil), other))
	playbooktest.Fails(t, err, fault.Refused, "deploy the stack", "service/other that it may enter")
}

// Settings for all methods to which others have added since stay: API Gateway takes them away together.
func TestUndoKeepsSettingsOfOthers(t *testing.T) {
	w := world(t)
	c, root := playbook.ExecutionLogs()[0], w.Root(playbooktest.DefaultAccount)
	resource := newREST(false)(t.Context(), t, root)
	env := playbooktest.Env(t, c, resource, playbooktest.On(w))
	changes := playbooktest.Fix(t, c, env)
	patch("/*/*/metrics/enabled", "true")(t.Context(), t, root, resource)
	plan := playbooktest.Got(c.PlanUndo(t.Context(), env, changes))(t)
	playbooktest.Fails(t, c.Apply(t.Context(), env, plan), fault.Refused, "somebody has set more")
}

// The log group of a stage is there before API Gateway makes it: its logs end, and a name begins as AWS says.
func TestGroupsOfLogs(t *testing.T) {
	for resource, want := range map[string]string{
		rest: "API-Gateway-Execution-Logs_a1b2c3d4e5/prod", v2: "/aws/apigateway/a1b2c3d4e5/prod",
		arns + "apis/a1b2c3d4e5/stages/$default": "/aws/vendedlogs/apigateway/a1b2c3d4e5/default",
	} {
		c, answers := playbook.ExecutionLogs()[0], stage(nil, nil)
		if resource != rest {
			answers = newer("WEBSOCKET", apigatewayv2.GetStageOutput{})
		}
		if len(resource) > len(v2) && resource != rest {
			c = playbook.AccessLogs()[0]
		}
		env := playbooktest.Env(t, c, resource, playbooktest.Unplugged(), answers)
		found := false
		for _, ch := range playbooktest.Got(c.Plan(t.Context(), env))(t).Changes {
			found = found || ch.Name() == "Groups."+want
		}
		if !found {
			t.Errorf("%s: no group %s is made", resource, want)
		}
	}
}
