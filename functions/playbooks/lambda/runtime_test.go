package lambda_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	playbook "github.com/salve-security/salve/functions/playbooks/lambda"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

func configure(in lambda.UpdateFunctionConfigurationInput) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		in.FunctionName = &resource
		playbooktest.Got(lambda.NewFromConfig(root).UpdateFunctionConfiguration(ctx, &in))(t)
	}
}

func TestRuntime(t *testing.T) {
	c := playbook.Runtime()[0]
	params, err := c.Resolve(map[string]any{"runtimes": "python3.8=python3.13,python3.11=python3.13"})
	playbooktest.Done(t, err)
	playbooktest.Run(t, playbooktest.Suite{
		Control: c, Params: params,
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			resource := newFunction(ctx, t, root)
			configure(lambda.UpdateFunctionConfigurationInput{Runtime: types.RuntimePython38})(ctx, t, root, resource)
			return resource
		},
		Foreign: []string{
			"arn:aws:lambda:us-east-1:222222222222:function:*", "arn:aws:lambda:us-east-1:222222222222:layer:a:1",
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			now := playbooktest.Got(lambda.NewFromConfig(root).GetFunctionConfiguration(ctx,
				&lambda.GetFunctionConfigurationInput{FunctionName: &resource}))(t)
			return []any{now.Runtime, *now.Handler, *now.Timeout}
		},
		Disturb:   configure(lambda.UpdateFunctionConfigurationInput{Runtime: types.RuntimePython311}),
		Unrelated: configure(lambda.UpdateFunctionConfigurationInput{Timeout: aws.Int32(77)}),
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(lambda.NewFromConfig(root).DeleteFunction(ctx, &lambda.DeleteFunctionInput{
				FunctionName: &resource,
			}))(t)
		},
	})
}

// What nobody named is left to people: it may be supported, and what comes after it is a question of the code.
func TestLineOfRuntimes(t *testing.T) {
	shape := func(runtime types.Runtime, kind types.PackageType) playbooktest.StandIn {
		return playbooktest.Answers(&lambda.GetFunctionConfigurationOutput{Runtime: runtime, PackageType: kind})
	}
	named := map[string]any{"runtimes": []string{"python3.8=python3.13", "nodejs16.x=nodejs22.x"}}
	playbooktest.Judged(t, playbook.Runtime()[0], "arn:aws:lambda:us-east-1:222222222222:function:shop",
		map[string]playbooktest.Shape{
			"old":       {Answers: shape("python3.8", "Zip"), Params: named, Fails: true},
			"successor": {Answers: shape("nodejs22.x", "Zip"), Params: named},
			"other": {
				Answers: shape("ruby2.7", "Zip"), Params: named, Class: fault.Refused, Words: []string{"ruby2.7", "runtimes"},
			},
			"not named": {
				Answers: shape("python3.13", "Zip"), Class: fault.Refused,
				Words: []string{"runtimes", "python3.13=NEW", "or python3.13=python3.13 where AWS supports it still"},
			},
			"stays as it is": {
				Answers: shape("python3.13", "Zip"), Params: map[string]any{"runtimes": []string{"python3.13=python3.13"}},
			},
			"image": {Answers: shape("", "Image")},
			// AWS ignores what brings its own runtime, old or new, whatever people name.
			"an own runtime": {Answers: shape("provided.al2023", "Zip")},
			"an old one":     {Answers: shape("provided", "Zip")},
			"an old one, named": {
				Answers: shape("provided.al2", "Zip"), Params: map[string]any{"runtimes": []string{"provided.al2=provided.al2023"}},
			},
			"not said": {Answers: shape("", "Zip"), Params: named, Class: fault.Invalid},
			"in circles": {
				Answers: shape("nodejs18.x", "Zip"), Class: fault.Refused, Words: []string{"circle"},
				Params: map[string]any{"runtimes": []string{"nodejs18.x=nodejs20.x", "nodejs20.x=nodejs18.x"}},
			},
		})
	// One change is enough where the successor of one has a successor, too.
	c := playbook.Runtime()[0]
	env := playbooktest.Env(t, c, "arn:aws:lambda:us-east-1:222222222222:function:shop", playbooktest.Unplugged(),
		shape("python3.8", "Zip"), playbooktest.With(map[string]any{
			"runtimes": []string{"python3.8=python3.9", "python3.9=python3.13"},
		}))
	playbooktest.Planned(t, c, env, "  ~ Runtime: \"python3.8\" → \"python3.13\"\n")
}
