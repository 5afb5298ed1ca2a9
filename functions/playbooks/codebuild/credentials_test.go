package codebuild_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/codebuild"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const (
	keyID  = "AKIAIOSFODNN7EXAMPLE"
	secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	roles  = "arn:aws:iam::222222222222:role/"
)

func credentials() control.Control { return playbook.Credentials()[0] }

func clear(name, value string) types.EnvironmentVariable {
	return types.EnvironmentVariable{Name: &name, Value: &value, Type: types.EnvironmentVariableTypePlaintext}
}

// role is one that builds run as, and may do the actions.
func role(ctx context.Context, t *testing.T, root aws.Config, name, actions string) string {
	t.Helper()
	client := iam.NewFromConfig(root)
	_, err := client.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"codebuild.amazonaws.com"},` +
			`"Action":"sts:AssumeRole"}}`)})
	if there := (*iamtypes.EntityAlreadyExistsException)(nil); !errors.As(err, &there) {
		playbooktest.Done(t, err)
	}
	playbooktest.Got(client.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
		RoleName: &name, PolicyName: aws.String("reads"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":[` + actions +
			`],"Resource":["arn:aws:ssm:us-east-1:222222222222:parameter/CodeBuild/*","arn:aws:kms:*:*:key/*"]}}`),
	}))(t)
	return roles + name
}

// exposed is a project with credentials in clear text, whose role may read parameters.
func exposed(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	role(ctx, t, root, "builds", `"ssm:GetParameters","kms:Decrypt"`)
	client, alias := kms.NewFromConfig(root), aws.String("alias/builds")
	if _, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: alias}); fault.Of(err) == fault.Gone {
		key := playbooktest.Got(client.CreateKey(ctx, &kms.CreateKeyInput{}))(t) // whose policy leaves all to the account
		in := &kms.CreateAliasInput{AliasName: alias, TargetKeyId: key.KeyMetadata.KeyId}
		playbooktest.Got(client.CreateAlias(ctx, in))(t)
	}
	return project(clear("STAGE", "live"), clear("AWS_ACCESS_KEY_ID", keyID), clear("AWS_SECRET_ACCESS_KEY", secret))(
		ctx, t, root)
}

// stored are the parameters of a project.
func stored(ctx context.Context, t *testing.T, root aws.Config, resource string) (out []string) {
	t.Helper()
	for _, p := range playbooktest.Got(ssm.NewFromConfig(root).GetParametersByPath(ctx, &ssm.GetParametersByPathInput{
		Path: aws.String("/CodeBuild/" + *name(resource)), WithDecryption: aws.Bool(true),
	}))(t).Parameters {
		of := strings.Split(*p.Name, "/")
		out = append(out, fmt.Sprint(of[len(of)-1], " ", p.Type, " ", *p.Value, " ", p.Version))
	}
	return out
}

func TestCredentials(t *testing.T) {
	params := playbooktest.Got(credentials().Resolve(map[string]any{"kmsKeyId": "alias/builds"}))(t)
	playbooktest.Run(t, playbooktest.Suite{
		Control: credentials(), Params: params, Seed: exposed,
		Foreign: []string{projects + "*", projects + "a/b", projects},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			p := look(ctx, t, root, resource)
			out := []any{p.Description, stored(ctx, t, root, resource), p.Environment.Image, p.Environment.ComputeType}
			for _, v := range p.Environment.EnvironmentVariables {
				out = append(out, *v.Name, v.Type, strings.ReplaceAll(*v.Value, *p.Name, "NAME"))
			}
			return out
		},
		Unrelated: change(func(in *codebuild.UpdateProjectInput) { in.Description = aws.String("shop") }),
		DisturbFact: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			change(func(in *codebuild.UpdateProjectInput) {
				in.ServiceRole = aws.String(role(ctx, t, root, "strangers", `"s3:GetObject"`))
			})(ctx, t, root, resource)
		},
		Delete: remove,
		Skip:   map[string]string{playbooktest.CaseDrift: "an undo puts no secret back, whatever is there"},
		Unseen: map[string]string{"kms:Encrypt": "Systems Manager asks for it when a parameter is made"},
	})
}

// All variables that people name are moved, with the values that they had, and nothing else of the project changes.
//
// better: CodeBuild.2 moves every name that is listed, and says that the secret has to be replaced
func TestCredentialsAreMoved(t *testing.T) {
	c, root := credentials(), playbooktest.Root(t)
	role(t.Context(), t, root, "builds", `"ssm:GetParameters"`) // no right to a key: it is AWS's
	resource := project(clear("AWS_ACCESS_KEY_ID", keyID), clear("DB_PASSWORD", "hunter2-db"), clear("STAGE", "live"),
		types.EnvironmentVariable{Name: aws.String("TOKEN"), Value: aws.String("tok"), Type: "SECRETS_MANAGER"})(
		t.Context(), t, root)
	change(func(in *codebuild.UpdateProjectInput) {
		e := *look(t.Context(), t, root, resource).Environment
		e.PrivilegedMode, e.Certificate = aws.Bool(true), aws.String("certs/own.pem")
		in.Environment = &e
	})(t.Context(), t, root, resource)
	before := look(t.Context(), t, root, resource)
	env := playbooktest.Env(t, c, resource, playbooktest.With(map[string]any{"moreVariables": []any{"DB_PASSWORD"}}))
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	if !plan.OneWay() || !strings.Contains(plan.String(), "in AWS_ACCESS_KEY_ID, DB_PASSWORD now stays in the history of "+
		"builds: replace each secret") {
		t.Errorf("the plan does not say what is left to do, or that it is one way:\n%s", plan)
	}
	playbooktest.Undo(t, c, env, playbooktest.Fix(t, c, env))

	after := look(t.Context(), t, root, resource)
	for i, v := range before.Environment.EnvironmentVariables {
		if v.Type == "PLAINTEXT" && *v.Name != "STAGE" {
			before.Environment.EnvironmentVariables[i] = types.EnvironmentVariable{
				Name: v.Name, Type: "PARAMETER_STORE", Value: aws.String("/CodeBuild/" + *name(resource) + "/" + *v.Name),
			}
		}
	}
	after.LastModified = before.LastModified
	if was, is := text(t, before), text(t, after); was != is {
		t.Errorf("the project is\n%s, want\n%s", is, was)
	}
	if got := fmt.Sprint(stored(t.Context(), t, root, resource)); got !=
		"[AWS_ACCESS_KEY_ID SecureString "+keyID+" 1 DB_PASSWORD SecureString hunter2-db 1]" {
		t.Errorf("parameters: %s", got)
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	return string(playbooktest.Got(json.Marshal(v))(t))
}

// A parameter that is there is somebody's, be it of the same name and even the same value; so is ours once somebody
// has changed it.
//
// better: CodeBuild.2 writes over no parameter that is there
func TestParametersAreNotWrittenOver(t *testing.T) {
	c, root := credentials(), playbooktest.Root(t)
	client := ssm.NewFromConfig(root)
	for what, kind := range map[string]ssmtypes.ParameterType{
		"another": ssmtypes.ParameterTypeString, "a secret": ssmtypes.ParameterTypeSecureString, "ours, changed": "",
	} {
		resource := exposed(t.Context(), t, root)
		at := aws.String("/CodeBuild/" + *name(resource) + "/AWS_SECRET_ACCESS_KEY")
		env := playbooktest.Env(t, c, resource)
		put := &ssm.PutParameterInput{Name: at, Value: aws.String(secret), Type: kind}
		if kind == "" {
			playbooktest.Fix(t, c, env)
			put.Value, put.Overwrite, put.Type = aws.String("newer"), aws.Bool(true), ssmtypes.ParameterTypeSecureString
			change(func(in *codebuild.UpdateProjectInput) {
				in.Environment = look(t.Context(), t, root, resource).Environment
				in.Environment.EnvironmentVariables = []types.EnvironmentVariable{clear("AWS_SECRET_ACCESS_KEY", secret)}
			})(t.Context(), t, root, resource)
		}
		playbooktest.Got(client.PutParameter(t.Context(), put))(t)
		before := stored(t.Context(), t, root, resource)
		_, err := c.Plan(t.Context(), env)
		playbooktest.Fails(t, err, fault.Refused, *at, "parameterPath")
		if got := stored(t.Context(), t, root, resource); fmt.Sprint(got) != fmt.Sprint(before) {
			t.Errorf("%s: parameters %v, were %v", what, got, before)
		}
	}
}

// Nothing that is kept, shown or answered has the secret: neither plan nor look nor what others see of the parameter.
//
// better: CodeBuild.2 shows the secret nowhere
func TestSecretsAreShownNowhere(t *testing.T) {
	c, root := credentials(), playbooktest.Root(t)
	resource := exposed(t.Context(), t, root)
	env := playbooktest.Env(t, c, resource)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	shown := []string{fmt.Sprintf("%v %+v %#v", plan, plan, env), text(t, plan)}
	playbooktest.Done(t, c.Apply(t.Context(), env, plan))
	shown = append(shown, text(t, playbooktest.Got(c.Verify(t.Context(), env, plan))(t)),
		text(t, playbooktest.Got(ssm.NewFromConfig(root).DescribeParameters(t.Context(), nil))(t)))
	for _, s := range shown {
		if strings.Contains(s, secret) || strings.Contains(s, keyID) {
			t.Errorf("shows the secret: %s", s)
		}
	}
	if !strings.Contains(shown[0], "sealed:") || !env.Seals.In("AWS repeats "+secret) {
		t.Error("the secret is not known as one")
	}
}

// A variable that changed between plan and write stays as it is, and one that was taken out leaves no parameter behind,
// for which nobody has a use.
func TestVariablesSinceThePlan(t *testing.T) {
	for name, tc := range map[string]struct {
		edit func(variables []types.EnvironmentVariable) []types.EnvironmentVariable
		says string
	}{
		"changed": {func(all []types.EnvironmentVariable) []types.EnvironmentVariable {
			all[1].Value = aws.String("AKIAI44QH8DHBEXAMPLE")
			return all
		}, "AWS_ACCESS_KEY_ID"},
		"taken out": {func(all []types.EnvironmentVariable) []types.EnvironmentVariable {
			return all[:2]
		}, "AWS_SECRET_ACCESS_KEY"},
	} {
		t.Run(name, func(t *testing.T) {
			c, root := credentials(), playbooktest.Root(t)
			resource := exposed(t.Context(), t, root)
			env := playbooktest.Env(t, c, resource)
			plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
			change(func(in *codebuild.UpdateProjectInput) {
				in.Environment = look(t.Context(), t, root, resource).Environment
				in.Environment.EnvironmentVariables = tc.edit(in.Environment.EnvironmentVariables)
			})(t.Context(), t, root, resource)
			before := text(t, look(t.Context(), t, root, resource))
			playbooktest.Fails(t, c.Apply(t.Context(), env, plan), fault.Drifted, tc.says)
			if after := text(t, look(t.Context(), t, root, resource)); after != before {
				t.Errorf("the project is\n%s, was\n%s", after, before)
			}
			if made := stored(t.Context(), t, root, resource); made != nil {
				t.Errorf("made %v", made)
			}
		})
	}
}

// of is a project with variables, of a role that may do all, and no parameters.
func of(variables ...types.EnvironmentVariable) playbooktest.StandIn {
	return playbooktest.Answers(
		&codebuild.BatchGetProjectsOutput{Projects: []types.Project{{
			ServiceRole: aws.String(roles + "builds"),
			Environment: &types.ProjectEnvironment{EnvironmentVariables: variables},
		}}}, &ssm.DescribeParametersOutput{}, decided("allowed"))
}

func decided(d iamtypes.PolicyEvaluationDecisionType) *iam.SimulatePrincipalPolicyOutput {
	return &iam.SimulatePrincipalPolicyOutput{EvaluationResults: []iamtypes.EvaluationResult{{EvalDecision: d}}}
}

// AWS goes by two names, as they are spelled, whose values are in the project; one of them is enough.
func TestLineOfCredentials(t *testing.T) {
	typed := func(kind types.EnvironmentVariableType) types.EnvironmentVariable {
		v := clear("AWS_SECRET_ACCESS_KEY", "shop/key")
		v.Type = kind
		return v
	}
	id, key := clear("AWS_ACCESS_KEY_ID", keyID), clear("AWS_SECRET_ACCESS_KEY", secret)
	playbooktest.Judged(t, credentials(), projects+"shop", map[string]playbooktest.Shape{
		"both": {Answers: of(id, key), Fails: true}, "an id": {Answers: of(id), Fails: true},
		"a key": {Answers: of(clear("A", "b"), key), Fails: true}, "without a type": {Answers: of(typed("")), Fails: true},
		"beside a parameter": {Answers: of(id, typed("PARAMETER_STORE")), Fails: true},
		"a parameter":        {Answers: of(typed("PARAMETER_STORE"))}, "a secret": {Answers: of(typed("SECRETS_MANAGER"))},
		"none": {Answers: of()}, "other names": {Answers: of(clear("DB_PASSWORD", "x"), clear("AWS_SESSION_TOKEN", "x"))},
		"small letters": {Answers: of(clear("aws_secret_access_key", "x"))},
		"people's own": {
			Answers: of(clear("DB_PASSWORD", "x")), Params: map[string]any{"moreVariables": []any{"DB_PASSWORD"}}, Fails: true,
		},
		"empty": {Answers: of(clear("AWS_ACCESS_KEY_ID", "")), Class: fault.Refused, Words: []string{"nothing to move"}},
		"twice": {Answers: of(id, clear("AWS_ACCESS_KEY_ID", "x")), Class: fault.Refused, Words: []string{"one of the two"}},
		"no environment": {
			Answers: playbooktest.Answers(&codebuild.BatchGetProjectsOutput{Projects: []types.Project{{}}}),
			Class:   fault.Invalid,
		},
	})
}

// everyone lets the account decide.
const everyone = `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:root"},` +
	`"Action":"kms:*","Resource":"*"}`

// with is a project that holds a key id, and what else AWS answers of it.
func with(answers ...any) playbooktest.StandIn {
	s := of(clear("AWS_ACCESS_KEY_ID", keyID))
	maps.Copy(s, playbooktest.Answers(answers...))
	return s
}

// keyed is one beside a key whose policy has the statements, and whose role may decrypt.
func keyed(decrypts bool, statements ...string) playbooktest.StandIn {
	s := with(&kms.DescribeKeyOutput{KeyMetadata: &kmstypes.KeyMetadata{
		Arn: aws.String("arn:aws:kms:us-east-1:222222222222:key/1"), Enabled: true,
	}}, &kms.GetKeyPolicyOutput{
		Policy: aws.String(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`),
	})
	s["SimulatePrincipalPolicy"] = func(in any) (any, error) {
		if in.(*iam.SimulatePrincipalPolicyInput).ActionNames[0] == "kms:Decrypt" && !decrypts {
			return decided("explicitDeny"), nil
		}
		return decided("allowed"), nil
	}
	return s
}

// What would leave builds without their variables is found before anything is written, with what to add to which role.
//
// better: CodeBuild.2 looks first whether builds may decrypt with the customer's key
func TestBuildsThatCouldNotRead(t *testing.T) {
	const parameter = "arn:aws:ssm:us-east-1:222222222222:parameter/CodeBuild/shop/AWS_ACCESS_KEY_ID"
	to := func(role string) string { return strings.Replace(everyone, ":root", ":role/"+role, 1) }
	roleless, gone := with(), with()
	roleless["BatchGetProjects"] = func(any) (any, error) {
		v := []types.EnvironmentVariable{clear("AWS_ACCESS_KEY_ID", keyID)}
		return &codebuild.BatchGetProjectsOutput{Projects: []types.Project{{
			Environment: &types.ProjectEnvironment{EnvironmentVariables: v},
		}}}, nil
	}
	gone["SimulatePrincipalPolicy"] = func(any) (any, error) { return nil, &smithy.GenericAPIError{Code: "NoSuchEntity"} }
	keyless := keyed(true)
	keyless["DescribeKey"] = func(any) (any, error) { return nil, &kmstypes.NotFoundException{} }
	own := map[string]any{"kmsKeyId": "alias/builds"}
	playbooktest.Judged(t, credentials(), projects+"shop", map[string]playbooktest.Shape{
		"may not": {
			Answers: with(decided("implicitDeny")), Class: fault.Refused,
			Words: []string{roles + "builds", "ssm:GetParameters", parameter},
		},
		"nobody tells": {Answers: with(&iam.SimulatePrincipalPolicyOutput{}), Class: fault.Invalid},
		"no role":      {Answers: roleless, Class: fault.Invalid},
		"role is gone": {Answers: gone, Class: fault.Refused, Words: []string{"not there"}},
		"key, may":     {Answers: keyed(true, everyone), Params: own, Fails: true},
		"key, named": {
			Answers: keyed(true, to("builds"), to("salve-remediation")), Params: own, Fails: true,
		},
		"key, may not": {
			Answers: keyed(false, everyone), Params: own, Class: fault.Refused,
			Words: []string{"kms:Decrypt", roles + "builds"},
		},
		"key for others": {
			Answers: keyed(true, to("other"), to("salve-remediation")), Params: own,
			Class: fault.Refused, Words: []string{"policy of the key alias/builds"},
		},
		"key for builds": {
			Answers: keyed(true, to("builds")), Params: own, Class: fault.Refused, Words: []string{"kms:Encrypt"},
		},
		"key on conditions": {
			Answers: keyed(true, strings.Replace(everyone, `"Action"`,
				`"Condition":{"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"}},"Action"`, 1)),
			Params: own, Class: fault.Refused,
		},
		"key, denied": {
			Answers: keyed(true, everyone, strings.Replace(everyone, "Allow", "Deny", 1)), Params: own,
			Class: fault.Refused,
		},
		"no key": {Answers: keyless, Params: own, Class: fault.Refused, Words: []string{"make a KMS key"}},
	})
}
