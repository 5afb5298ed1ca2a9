package secretsmanager_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/secretsmanager"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/runbook"
)

// lastly is a secret that was last rotated some days before later; made, where it never was.
func lastly(days int, ever bool) secret {
	out := rotated(true, 30, "")
	out.CreatedDate = aws.Time(later.Add(-time.Duration(days) * day))
	if ever {
		out.LastRotatedDate, out.CreatedDate = out.CreatedDate, aws.Time(later.Add(-400*day))
	}
	return out
}

func TestLineOfOverdue(t *testing.T) {
	shape := func(fails bool, days int, ever bool, params map[string]any) playbooktest.Shape {
		return playbooktest.Shape{Answers: marked(lastly(days, ever)), Fails: fails, Params: params}
	}
	off, none, week := lastly(91, true), lastly(91, true), map[string]any{"maxDaysSinceRotation": 7}
	off.RotationEnabled = aws.Bool(false)
	none.RotationLambdaARN, none.RotationEnabled = nil, nil
	begun := lastly(91, true)
	begun.VersionIdsToStages = map[string][]string{"v2": {"AWSPENDING"}, "v1": {"AWSCURRENT"}}
	unmarked := marked(lastly(91, true))
	unmarked["ListTags"] = func(any) (any, error) { return &lambda.ListTagsOutput{}, nil }
	playbooktest.Judged(t, playbook.Overdue()[0], prefix+"app-a1B2c3", map[string]playbooktest.Shape{
		"long ago":              shape(true, 91, true, nil),
		"on the last day":       shape(false, 90, true, nil),
		"today":                 shape(false, 0, true, nil),
		"never, old":            shape(true, 91, false, nil),
		"never, new":            shape(false, 90, false, nil),
		"a week is the limit":   shape(true, 8, true, week),
		"within the week":       shape(false, 7, true, week),
		"off":                   {Answers: marked(off), Class: fault.Refused, Words: []string{"SecretsManager.1"}},
		"no function":           {Answers: marked(none), Class: fault.Refused, Words: []string{"SecretsManager.1"}},
		"under way":             {Answers: marked(begun), Class: fault.Refused, Words: []string{"wait", "version-id v2"}},
		"not marked":            {Answers: unmarked, Class: fault.Refused, Words: []string{"aws lambda tag-resource"}},
		"nobody knows how long": {Answers: marked(secret{}), Class: fault.Invalid},
	}, playbooktest.At(later))
}

// better: SecretsManager.4 a rotation that fails is a failure
func TestRotationThatFails(t *testing.T) {
	c, is := playbook.Overdue()[0], lastly(91, true)
	answers, begun := marked(is), 0
	answers["DescribeSecret"] = func(any) (any, error) { return &is, nil }
	answers["RotateSecret"] = func(in any) (any, error) {
		begun++
		token := *in.(*secretsmanager.RotateSecretInput).ClientRequestToken
		is.VersionIdsToStages = map[string][]string{token: {"AWSPENDING"}, "v1": {"AWSCURRENT"}}
		return &secretsmanager.RotateSecretOutput{}, nil
	}
	env := playbooktest.Env(t, c, prefix+"app-a1B2c3", playbooktest.Unplugged(), answers, playbooktest.At(later))
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	for range 2 { // a run that is taken up again begins nothing anew
		playbooktest.Done(t, c.Apply(t.Context(), env, plan))
	}
	seen := playbooktest.Got(c.Verify(t.Context(), env, plan))(t)
	ours := is.VersionIdsToStages[runbook.Token(env.Run)] != nil
	if len(seen.Left) != 1 || seen.Within != c.Settle.Within || begun != 1 || !ours {
		t.Errorf("begun %d times, left %v for %s: it is no success before it has rotated", begun, seen.Left, seen.Within)
	}
	is.VersionIdsToStages, is.LastRotatedDate = nil, aws.Time(later)
	if seen := playbooktest.Got(c.Verify(t.Context(), env, plan))(t); len(seen.Left) != 0 {
		t.Errorf("left after the rotation: %v", seen.Left)
	}
	is = lastly(91, true)
	answers["RotateSecret"] = func(any) (any, error) {
		return nil, &smithy.GenericAPIError{Code: "InvalidRequestException", Message: "no"}
	}
	playbooktest.Fails(t, c.Apply(t.Context(), env, plan), fault.Invalid)
}

// TestOnlyMarkedFunctions tries functions in the lab as the role that writes, in sessions that name them: what the
// owner has not marked no session reaches. AWS asks for the same right of whoever rotates a secret by the function.
func TestOnlyMarkedFunctions(t *testing.T) {
	w, root := playbooktest.World(t), playbooktest.Root(t)
	request := control.SessionRequest{
		Target: control.Target{
			Account: playbooktest.DefaultAccount, Region: playbooktest.DefaultRegion, Partition: "aws",
		},
		RunID: "marked", Source: "suite", Actions: []string{"lambda:InvokeFunction", "lambda:TagResource"},
		Passes: control.Passed{Functions: []string{strings.Replace(function, "2222", "3333", 1)}},
	}
	if _, err := w.Open(t.Context(), request); err == nil {
		t.Error("a session is opened that has another account's function called")
	}
	for name, c := range map[string]struct {
		tags map[string]string
		want fault.Class
	}{
		"marked":           {map[string]string{names.MarkRotates: names.Marked, "team": "db"}, fault.None},
		"not marked":       {nil, fault.Denied},
		"marked otherwise": {map[string]string{names.MarkRotates: "no"}, fault.Denied},
	} {
		t.Run(name, func(t *testing.T) {
			function, other := newFunction(t.Context(), t, root, c.tags), newFunction(t.Context(), t, root, c.tags)
			request.Passes.Functions = []string{function}
			client := lambda.NewFromConfig(playbooktest.Got(w.Open(t.Context(), request))(t))
			call := func(name string) error {
				_, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &name, InvocationType: "DryRun"})
				return err
			}
			playbooktest.Fails(t, call(function), c.want)
			playbooktest.Fails(t, call(other), fault.Denied)
			_, err := client.TagResource(t.Context(), &lambda.TagResourceInput{
				Resource: &function, Tags: map[string]string{names.MarkRotates: names.Marked},
			})
			playbooktest.Fails(t, err, fault.Denied)
		})
	}
}
