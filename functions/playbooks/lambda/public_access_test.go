package lambda_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/lambda"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const oneWay = "a removed permission stays removed"

func TestPublicAccess(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.PublicAccess()[0],
		Seed:    openEverywhere,
		Observe: observe,
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			_, err := lambda.NewFromConfig(root).DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: &resource})
			if err != nil {
				t.Fatal(err)
			}
		},
		Skip: map[string]string{
			playbooktest.CaseDrift:     oneWay,
			playbooktest.CaseUnrelated: oneWay + "; TestOnlyPublicStatementsGo shows that the others stay",
		},
	})
}

// newFunction makes a function with a version, 1, and an alias for it, live.
func newFunction(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	client, name := lambda.NewFromConfig(root), "suite-"+rand.Text()
	out, err := client.CreateFunction(ctx, &lambda.CreateFunctionInput{
		FunctionName: &name, Runtime: types.RuntimePython312, Handler: aws.String("main.handle"),
		Role: newRole(ctx, t, root, name), Code: &types.FunctionCode{ZipFile: code(t)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.PublishVersion(ctx, &lambda.PublishVersionInput{FunctionName: &name}); err != nil {
		t.Fatal(err)
	}
	_, err = client.CreateAlias(ctx, &lambda.CreateAliasInput{
		FunctionName: &name, Name: aws.String("live"), FunctionVersion: aws.String("1"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.FunctionArn)
}

func newRole(ctx context.Context, t *testing.T, root aws.Config, name string) *string {
	t.Helper()
	out, err := iam.NewFromConfig(root).CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: &name,
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
			`"Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Role.Arn
}

func code(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("main.py")
	if err == nil {
		_, err = w.Write([]byte("def handle(event, context):\n    return {}\n"))
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func allow(ctx context.Context, t *testing.T, root aws.Config, resource string, all ...lambda.AddPermissionInput) {
	t.Helper()
	for _, p := range all {
		p.FunctionName, p.Action = &resource, aws.String("lambda:InvokeFunction")
		if _, err := lambda.NewFromConfig(root).AddPermission(ctx, &p); err != nil {
			t.Fatal(err)
		}
	}
}

// permission is one for a principal on a part of a function; "" is the function itself.
func permission(sid, principal, qualifier string) lambda.AddPermissionInput {
	p := lambda.AddPermissionInput{StatementId: &sid, Principal: &principal}
	if qualifier != "" {
		p.Qualifier = &qualifier
	}
	return p
}

// openEverywhere is a function whose every part lets strangers in, in one way or another.
func openEverywhere(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	resource := newFunction(ctx, t, root)
	allow(
		ctx, t, root, resource, permission("all", "*", ""), permission("s3", "s3.amazonaws.com", ""),
		permission("old", "*", "1"), permission("alias", "sns.amazonaws.com", "live"),
		permission("partner", "333333333333", ""),
	)
	return resource
}

// observe returns the ids of the statements of all parts, which the lab lists with the function's own.
func observe(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	t.Helper()
	out, err := lambda.NewFromConfig(root).GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: &resource})
	if err != nil {
		t.Fatal(err)
	}
	var policy struct{ Statement []struct{ Sid string } }
	if err := json.Unmarshal([]byte(aws.ToString(out.Policy)), &policy); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range policy.Statement {
		seen[s.Sid] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// Each statement is judged by itself, on whichever part it is.
func TestOnlyPublicStatementsGo(t *testing.T) {
	root := playbooktest.Root(t)
	resource := openEverywhere(t.Context(), t, root)
	account, organization, rule := permission("account", "s3.amazonaws.com", ""), permission("organization", "*", "live"),
		permission("rule", "events.amazonaws.com", "1")
	account.SourceAccount = aws.String(playbooktest.DefaultAccount)
	organization.PrincipalOrgID = aws.String("o-abcdefghij")
	rule.SourceArn = aws.String("arn:aws:events:us-east-1:222222222222:rule/nightly")
	url := permission("web", "*", "")
	url.FunctionUrlAuthType = types.FunctionUrlAuthTypeNone
	allow(t.Context(), t, root, resource, account, organization, rule)
	// Through the same call, which allows another action with it.
	url.FunctionName, url.Action = &resource, aws.String("lambda:InvokeFunctionUrl")
	if _, err := lambda.NewFromConfig(root).AddPermission(t.Context(), &url); err != nil {
		t.Fatal(err)
	}

	c := playbook.PublicAccess()[0]
	env := playbooktest.Env(t, c, resource)
	plan, err := c.Plan(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	const invoke, stays = `{"Action":["lambda:InvokeFunction"],`,
		" (one way: Salve may not grant access to code; add a permission with a source account instead)\n"
	want := `  - Public.alias live.alias ` + invoke + `"Principal":{"Service":["sns.amazonaws.com"]}}` + stays +
		`  - Public.function.all ` + invoke + `"Principal":{"*":["*"]}}` + stays +
		`  - Public.function.s3 ` + invoke + `"Principal":{"Service":["s3.amazonaws.com"]}}` + stays +
		`  - Public.function.web {"Action":["lambda:InvokeFunctionUrl"],"Condition":{"StringEquals":` +
		`{"lambda:FunctionUrlAuthType":["NONE"]}},"Principal":{"*":["*"]}}` + stays +
		`  - Public.version 1.old ` + invoke + `"Principal":{"*":["*"]}}` + stays
	if d := cmp.Diff(want, plan.String()); d != "" {
		t.Errorf("plan (-want +got):\n%s", d)
	}
	if err := c.Apply(t.Context(), env, plan); err != nil {
		t.Fatal(err)
	}
	left := []string{"account", "organization", "partner", "rule"}
	if d := cmp.Diff(any(left), observe(t.Context(), t, root, resource)); d != "" {
		t.Errorf("statements left (-want +got):\n%s", d)
	}
}

// A finding may name a version or an alias: the function is judged whole all the same, and locked as one.
func TestQualifiedResource(t *testing.T) {
	c := playbook.PublicAccess()[0]
	resource := openEverywhere(t.Context(), t, playbooktest.Root(t))
	plain := playbooktest.Env(t, c, resource)
	want, err := c.Plan(t.Context(), plain)
	if err != nil {
		t.Fatal(err)
	}
	for _, qualifier := range []string{":live", ":1", ":$LATEST"} {
		t.Run(qualifier, func(t *testing.T) {
			env := playbooktest.Env(t, c, resource+qualifier)
			got, err := c.Plan(t.Context(), env)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want.String(), got.String()); d != "" {
				t.Errorf("plan (-function +part):\n%s", d)
			}
			if c.Root(env.Target) != c.Root(plain.Target) {
				t.Errorf("locked as %s", c.Root(env.Target))
			}
		})
	}
}

// policyOf answers with a policy that only a whole-policy call can make; the lab has no such call.
func policyOf(text, revision string) playbooktest.StandIn {
	return playbooktest.StandIn{
		"GetPolicy": func(in any) (any, error) {
			if in.(*lambda.GetPolicyInput).Qualifier != nil {
				return nil, &types.ResourceNotFoundException{}
			}
			return &lambda.GetPolicyOutput{Policy: &text, RevisionId: &revision}, nil
		},
	}
}

func TestUnnamedStatement(t *testing.T) {
	c := playbook.PublicAccess()[0]
	resource := newFunction(t.Context(), t, playbooktest.Root(t))
	for name, tc := range map[string]struct {
		policy string
		want   fault.Class
	}{
		"public":  {`{"Statement":{"Effect":"Allow","Principal":"*","Action":"lambda:*"}}`, fault.Refused},
		"private": {`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"333333333333"}}]}`, fault.None},
		"broken":  {`{"Statement":`, fault.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			env := playbooktest.Env(t, c, resource)
			policyOf(tc.policy, "r1").AddTo(&env.Config)
			if _, err := c.Plan(t.Context(), env); fault.Of(err) != tc.want {
				t.Errorf("plan: want class %q, got %v", tc.want, err)
			}
		})
	}
}

// The revision that was read goes with every removal, so that Lambda refuses it when somebody else was faster.
func TestRemovalNamesTheRevision(t *testing.T) {
	c := playbook.PublicAccess()[0]
	resource := newFunction(t.Context(), t, playbooktest.Root(t))
	env := playbooktest.Env(t, c, resource)
	asked := ""
	stand := policyOf(`{"Statement":[{"Sid":"a","Effect":"Allow","Principal":"*"}]}`, "r7")
	stand["RemovePermission"] = func(in any) (any, error) {
		asked = aws.ToString(in.(*lambda.RemovePermissionInput).RevisionId)
		return nil, &types.PreconditionFailedException{}
	}
	stand.AddTo(&env.Config)
	plan, err := c.Plan(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Apply(t.Context(), env, plan); fault.Of(err) != fault.Retry || asked != "r7" {
		t.Errorf("revision %q, error %v; want r7 and a retry", asked, err)
	}
}

// A statement that somebody limited between plan and write is theirs.
func TestLimitedSinceThePlan(t *testing.T) {
	c := playbook.PublicAccess()[0]
	root := playbooktest.Root(t)
	resource := newFunction(t.Context(), t, root)
	allow(t.Context(), t, root, resource, permission("a", "s3.amazonaws.com", ""), permission("b", "*", ""))
	env := playbooktest.Env(t, c, resource)
	plan, err := c.Plan(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	_, err = lambda.NewFromConfig(root).RemovePermission(t.Context(), &lambda.RemovePermissionInput{
		FunctionName: &resource, StatementId: aws.String("a"),
	})
	if err != nil {
		t.Fatal(err)
	}
	limited := permission("a", "s3.amazonaws.com", "")
	limited.SourceAccount = aws.String(playbooktest.DefaultAccount)
	allow(t.Context(), t, root, resource, limited)
	if err := c.Apply(t.Context(), env, plan); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(any([]string{"a"}), observe(t.Context(), t, root, resource)); d != "" {
		t.Errorf("statements left (-want +got):\n%s", d)
	}
}
