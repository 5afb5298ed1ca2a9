package apigateway_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	v2types "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/salve-security/salve/functions/playbooktest"
)

// arns has the start of the ARNs of stages.
const arns = "arn:aws:apigateway:us-east-1::/"

// of are the ids of an API and its stage.
func of(resource string) (api, stage *string) {
	parts := strings.Split(resource, "/")
	return &parts[2], &parts[4]
}

// apart answers nothing itself: with it these tests have a lab of their own, since what they give the account others of
// this package do without.
//
//nolint:gochecknoglobals // the tests of this package share one lab, and the lab has one handler
var apart = &nothing{}

type nothing struct{ _ byte }

// ServeHTTP leaves the call to the lab.
func (*nothing) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusNotImplemented)
}

// world is the lab, in which the account has a role for logs.
func world(t *testing.T) playbooktest.AWS {
	t.Helper()
	w := playbooktest.Serving(t, "apigateway", apart)
	root := w.Root(playbooktest.DefaultAccount)
	playbooktest.Got(apigateway.NewFromConfig(root).UpdateAccount(t.Context(), &apigateway.UpdateAccountInput{
		PatchOperations: []types.PatchOperation{{
			Op: types.OpReplace, Path: aws.String("/cloudwatchRoleArn"), Value: aws.String(role),
		}},
	}))(t)
	return w
}

const role = "arn:aws:iam::222222222222:role/logs"

// newREST makes a stage of a REST API, with a cache or without.
func newREST(cache bool) func(ctx context.Context, t *testing.T, root aws.Config) string {
	return func(ctx context.Context, t *testing.T, root aws.Config) string {
		client := apigateway.NewFromConfig(root)
		api := playbooktest.Got(client.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("suite")}))(t).Id
		made := playbooktest.Got(client.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: api}))(t)
		playbooktest.Got(client.CreateStage(ctx, &apigateway.CreateStageInput{
			RestApiId: api, DeploymentId: made.Id, StageName: aws.String("prod"), CacheClusterEnabled: cache,
		}))(t)
		return arns + "restapis/" + *api + "/stages/prod"
	}
}

// patch is somebody who changes a stage of a REST API.
func patch(path, value string) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		api, stage := of(resource)
		playbooktest.Got(apigateway.NewFromConfig(root).UpdateStage(ctx, &apigateway.UpdateStageInput{
			RestApiId: api, StageName: stage, PatchOperations: []types.PatchOperation{
				{Op: types.OpReplace, Path: &path, Value: &value},
			},
		}))(t)
	}
}

func observeREST(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	api, stage := of(resource)
	in := &apigateway.GetStageInput{RestApiId: api, StageName: stage}
	is := playbooktest.Got(apigateway.NewFromConfig(root).GetStage(ctx, in))(t)
	if len(is.MethodSettings) == 0 { // the lab says an empty map or none
		is.MethodSettings = nil
	}
	return []any{is.MethodSettings, is.Description, is.CacheClusterEnabled}
}

func deleteREST(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	api, stage := of(resource)
	in := &apigateway.DeleteStageInput{RestApiId: api, StageName: stage}
	playbooktest.Got(apigateway.NewFromConfig(root).DeleteStage(ctx, in))(t)
}

// newV2 makes a stage of an API that speaks the protocol.
func newV2(speaks v2types.ProtocolType) func(ctx context.Context, t *testing.T, root aws.Config) string {
	return func(ctx context.Context, t *testing.T, root aws.Config) string {
		client := apigatewayv2.NewFromConfig(root)
		api := playbooktest.Got(client.CreateApi(ctx, &apigatewayv2.CreateApiInput{
			Name: aws.String("suite"), ProtocolType: speaks, RouteSelectionExpression: aws.String("$request.body.action"),
		}))(t).ApiId
		playbooktest.Got(client.CreateStage(ctx, &apigatewayv2.CreateStageInput{
			ApiId: api, StageName: aws.String("prod"), DefaultRouteSettings: &v2types.RouteSettings{
				LoggingLevel: v2types.LoggingLevelOff, DetailedMetricsEnabled: aws.Bool(true),
			},
		}))(t)
		return arns + "apis/" + *api + "/stages/prod"
	}
}

// change is somebody who changes a stage of such an API.
func change(how func(in *apigatewayv2.UpdateStageInput)) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		in := &apigatewayv2.UpdateStageInput{}
		in.ApiId, in.StageName = of(resource)
		how(in)
		playbooktest.Got(apigatewayv2.NewFromConfig(root).UpdateStage(ctx, in))(t)
	}
}

func describe(in *apigatewayv2.UpdateStageInput) { in.Description = aws.String("of somebody else") }

func observeV2(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	api, stage := of(resource)
	in := &apigatewayv2.GetStageInput{ApiId: api, StageName: stage}
	is := playbooktest.Got(apigatewayv2.NewFromConfig(root).GetStage(ctx, in))(t)
	if log := is.AccessLogSettings; log != nil {
		log.DestinationArn = aws.String(strings.ReplaceAll(*log.DestinationArn, *api, "API"))
	}
	return []any{is.AccessLogSettings, is.DefaultRouteSettings, is.Description}
}

func deleteV2(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	api, stage := of(resource)
	in := &apigatewayv2.DeleteStageInput{ApiId: api, StageName: stage}
	playbooktest.Got(apigatewayv2.NewFromConfig(root).DeleteStage(ctx, in))(t)
}

// foreign are ids of what none of the controls works on.
func foreign() []string {
	return []string{
		arns + "restapis/*/stages/prod", arns + "restapis/a1b2c3d4e5", arns + "restapis/a1b2c3d4e5/stages/*",
		arns + "apis/a1b2c3d4e5/stages/$latest", arns + "apis/a1b2c3d4e5/routes/prod", "prod",
	}
}
