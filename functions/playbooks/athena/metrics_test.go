package athena_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"

	playbook "github.com/salve-security/salve/functions/playbooks/athena"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const arns = "arn:aws:athena:us-east-1:222222222222:workgroup/"

func group(resource string) *string { return aws.String(strings.TrimPrefix(resource, arns)) }

func TestMetrics(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.Metrics()[0],
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			name := rand.Text()
			playbooktest.Got(athena.NewFromConfig(root).CreateWorkGroup(ctx, &athena.CreateWorkGroupInput{
				Name: &name, Configuration: &types.WorkGroupConfiguration{
					PublishCloudWatchMetricsEnabled: aws.Bool(false), EnforceWorkGroupConfiguration: aws.Bool(true),
					BytesScannedCutoffPerQuery: aws.Int64(10485760),
				},
			}))(t)
			return arns + name
		},
		Foreign: []string{
			"primary", arns + "*", arns + "a/b", strings.Replace(arns, "workgroup", "datacatalog", 1) + "primary",
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			out := playbooktest.Got(athena.NewFromConfig(root).GetWorkGroup(ctx, &athena.GetWorkGroupInput{
				WorkGroup: group(resource),
			}))
			return []any{out(t).WorkGroup.Configuration, out(t).WorkGroup.Description}
		},
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			in := athena.UpdateWorkGroupInput{WorkGroup: group(resource), Description: aws.String("of somebody else")}
			playbooktest.Got(athena.NewFromConfig(root).UpdateWorkGroup(ctx, &in))(t)
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			in := athena.DeleteWorkGroupInput{WorkGroup: group(resource)}
			playbooktest.Got(athena.NewFromConfig(root).DeleteWorkGroup(ctx, &in))(t)
		},
		Skip: map[string]string{playbooktest.CaseDrift: "the setting has two values: a third does not exist"},
	})
}

// better: Athena.4 sends the one field and leaves the others of the workgroup
func TestMetricsFailWhereAWSDoes(t *testing.T) {
	says := func(c *types.WorkGroupConfiguration) playbooktest.StandIn {
		return playbooktest.Answers(&athena.GetWorkGroupOutput{WorkGroup: &types.WorkGroup{Configuration: c}})
	}
	on := func(v bool) *types.WorkGroupConfiguration {
		return &types.WorkGroupConfiguration{PublishCloudWatchMetricsEnabled: &v}
	}
	gone := playbooktest.StandIn{"GetWorkGroup": func(any) (any, error) {
		return nil, &types.InvalidRequestException{Message: aws.String("WorkGroup suite is not found.")}
	}}
	c := playbook.Metrics()[0]
	playbooktest.Judged(t, c, arns+"primary", map[string]playbooktest.Shape{
		"published": {Answers: says(on(true))},
		"not":       {Answers: says(on(false)), Fails: true},
		"not said":  {Answers: says(&types.WorkGroupConfiguration{}), Class: fault.Invalid},
		"nothing":   {Answers: says(nil), Class: fault.Invalid},
		"deleted":   {Answers: gone, Class: fault.Gone},
	})
	sent, answers := "", says(on(false))
	answers["UpdateWorkGroup"] = func(input any) (any, error) {
		raw, err := json.Marshal(input.(*athena.UpdateWorkGroupInput).ConfigurationUpdates)
		sent = string(raw)
		return &athena.UpdateWorkGroupOutput{}, err
	}
	env := playbooktest.Env(t, c, arns+"primary", playbooktest.Unplugged(), answers)
	playbooktest.Done(t, c.Apply(t.Context(), env, playbooktest.Got(c.Plan(t.Context(), env))(t)))
	if strings.Count(sent, ":") != strings.Count(sent, ":null")+1 ||
		!strings.Contains(sent, `"PublishCloudWatchMetricsEnabled":true`) {
		t.Errorf("sent was %s", sent)
	}
}
