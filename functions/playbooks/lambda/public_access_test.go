package lambda_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/lambda"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const oneWay = "a removed permission stays removed"

func TestPublicAccess(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: publicAccess(t),
		Seed:    openEverywhere,
		Observe: observe,
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(lambda.NewFromConfig(root).DeleteFunction(ctx, &lambda.DeleteFunctionInput{
				FunctionName: &resource,
			}))(t)
		},
		Skip: map[string]string{
			playbooktest.CaseDrift:     oneWay,
			playbooktest.CaseUnrelated: oneWay + "; TestOnlyPublicStatementsGo shows that the others stay",
		},
		DisturbFact: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			allow(ctx, t, root, resource, permission("lent", "events.amazonaws.com"))
		},
	})
}

func publicAccess(t *testing.T) control.Control {
	t.Helper()
	return playbooktest.Pick(t, playbook.PublicAccess(), "Lambda.1")
}

// newFunction makes a function with a version, 1, and an alias for it, live.
func newFunction(ctx context.Context, t *testing.T, root aws.Config) string {
	client, name, role := lambda.NewFromConfig(root), "suite-"+rand.Text(), aws.String("function")
	_, err := iam.NewFromConfig(root).CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: role, AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
			`"Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
	})
	if exists := fault.Of(err) == fault.Refused; !exists { // one for all functions
		playbooktest.Done(t, err)
	}
	out := playbooktest.Got(client.CreateFunction(ctx, &lambda.CreateFunctionInput{
		FunctionName: &name, Runtime: types.RuntimePython312, Handler: aws.String("main.handle"),
		// Nothing runs it: the lab asks for an archive, and for a role that is there.
		Code: &types.FunctionCode{ZipFile: []byte("PK\x05\x06" + strings.Repeat("\x00", 18))},
		Role: aws.String("arn:aws:iam::" + playbooktest.DefaultAccount + ":role/" + *role),
	}))(t)
	playbooktest.Got(client.PublishVersion(ctx, &lambda.PublishVersionInput{FunctionName: &name}))(t)
	playbooktest.Got(client.CreateAlias(ctx, &lambda.CreateAliasInput{
		FunctionName: &name, Name: aws.String("live"), FunctionVersion: aws.String("1"),
	}))(t)
	return *out.FunctionArn
}

// permission is one to invoke a function, for a principal.
func permission(sid, principal string) lambda.AddPermissionInput {
	return lambda.AddPermissionInput{
		StatementId: &sid, Principal: &principal, Action: aws.String("lambda:InvokeFunction"),
	}
}

// on is the permission on a version or an alias.
func on(qualifier string, p lambda.AddPermissionInput) lambda.AddPermissionInput {
	p.Qualifier = &qualifier
	return p
}

// of is the permission limited to an account.
func of(account string, p lambda.AddPermissionInput) lambda.AddPermissionInput {
	p.SourceAccount = &account
	return p
}

func allow(ctx context.Context, t *testing.T, root aws.Config, resource string, all ...lambda.AddPermissionInput) {
	for _, p := range all {
		p.FunctionName = &resource
		playbooktest.Got(lambda.NewFromConfig(root).AddPermission(ctx, &p))(t)
	}
}

// openEverywhere is a function whose every part lets strangers in, in one way or another.
func openEverywhere(ctx context.Context, t *testing.T, root aws.Config) string {
	resource := newFunction(ctx, t, root)
	allow(
		ctx, t, root, resource, permission("all", "*"), permission("s3", "s3.amazonaws.com"),
		on("1", permission("old", "*")), on("live", permission("alias", "s3.amazonaws.com")),
		permission("partner", "333333333333"),
	)
	return resource
}

// observe returns the ids of the statements of all parts, which the lab lists with the function's own.
func observe(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	out := playbooktest.Got(lambda.NewFromConfig(root).GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: &resource}))(t)
	var policy struct{ Statement []struct{ Sid string } }
	playbooktest.Done(t, json.Unmarshal([]byte(*out.Policy), &policy))
	seen := map[string]bool{}
	for _, s := range policy.Statement {
		seen[s.Sid] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// left wants a function to have these statements.
func left(t *testing.T, resource string, sids ...string) {
	t.Helper()
	if d := cmp.Diff(any(sids), observe(t.Context(), t, playbooktest.Root(t), resource)); d != "" {
		t.Errorf("statements left (-want +got):\n%s", d)
	}
}

// Each statement is judged by itself, on whichever part it is.
//
// better: Lambda.1 removes exactly the statements that AWS counts as public
func TestOnlyPublicStatementsGo(t *testing.T) {
	c, root := publicAccess(t), playbooktest.Root(t)
	resource := openEverywhere(t.Context(), t, root)
	organization, rule, url := on("live", permission("organization", "*")),
		on("1", permission("rule", "events.amazonaws.com")), permission("web", "*")
	organization.PrincipalOrgID = aws.String("o-abcdefghij")
	rule.SourceArn = aws.String("arn:aws:events:us-east-1:222222222222:rule/nightly")
	url.FunctionUrlAuthType, url.Action = types.FunctionUrlAuthTypeNone, aws.String("lambda:InvokeFunctionUrl")
	account := of(playbooktest.DefaultAccount, permission("account", "s3.amazonaws.com"))
	lent := on("live", permission("lent", "events.amazonaws.com"))
	allow(t.Context(), t, root, resource, account, organization, rule, url, lent)

	const invoke, stays = `{"Action":["lambda:InvokeFunction"],`,
		" (one way: Salve may not grant access to code; add a permission with a source account instead)\n"
	env := playbooktest.Env(t, c, resource)
	want := `  - Public.alias live.alias ` + invoke + `"Principal":{"Service":["s3.amazonaws.com"]}}` + stays +
		`  - Public.function.all ` + invoke + `"Principal":{"*":["*"]}}` + stays +
		`  - Public.function.s3 ` + invoke + `"Principal":{"Service":["s3.amazonaws.com"]}}` + stays +
		`  - Public.function.web {"Action":["lambda:InvokeFunctionUrl"],"Condition":{"StringEquals":` +
		`{"lambda:FunctionUrlAuthType":["NONE"]}},"Principal":{"*":["*"]}}` + stays +
		`  - Public.version 1.old ` + invoke + `"Principal":{"*":["*"]}}` + stays +
		`  left alone: statement "lent" on the alias live lets events.amazonaws.com in, whoever it acts for. AWS does not ` +
		"count that as public; a condition on the source account would keep others out\n"
	playbooktest.Planned(t, c, env, want)
	playbooktest.Fix(t, c, env)
	left(t, resource, "account", "lent", "organization", "partner", "rule")
}

// What AWS does not count as public is left, and said once in a while: a function may have many such statements.
func TestOnlyLent(t *testing.T) {
	c, root := publicAccess(t), playbooktest.Root(t)
	resource := newFunction(t.Context(), t, root)
	for i := range mentioned + 2 {
		allow(t.Context(), t, root, resource, permission("lent"+strconv.Itoa(i), "events.amazonaws.com"))
	}
	plan := playbooktest.Got(c.Plan(t.Context(), playbooktest.Env(t, c, resource)))(t)
	if !plan.Empty() || len(plan.Mentions) != mentioned+1 || plan.Mentions[mentioned] != "2 more like these" {
		t.Errorf("changes %v, mentions %q", plan.Changes, plan.Mentions)
	}
}

// mentioned is how many statements a plan mentions by name.
const mentioned = 5

// A finding may name a version or an alias: the function is judged whole all the same, and locked as one.
func TestQualifiedResource(t *testing.T) {
	c, resource := publicAccess(t), openEverywhere(t.Context(), t, playbooktest.Root(t))
	plain := playbooktest.Env(t, c, resource)
	want := playbooktest.Got(c.Plan(t.Context(), plain))(t).String()
	for _, qualifier := range []string{":live", ":1", ":$LATEST"} {
		t.Run(qualifier, func(t *testing.T) {
			env := playbooktest.Env(t, c, resource+qualifier)
			playbooktest.Planned(t, c, env, want)
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
	c, resource := publicAccess(t), newFunction(t.Context(), t, playbooktest.Root(t))
	for name, tc := range map[string]struct {
		policy string
		want   fault.Class
	}{
		"public":  {`{"Statement":{"Effect":"Allow","Principal":"*","Action":"lambda:*"}}`, fault.Refused},
		"private": {`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"333333333333"}}]}`, fault.None},
		"broken":  {`{"Statement":`, fault.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.Plan(t.Context(), playbooktest.Env(t, c, resource, policyOf(tc.policy, "r1")))
			playbooktest.Fails(t, err, tc.want)
		})
	}
}

// The revision that was read goes with every removal, so that Lambda refuses it when somebody else was faster.
func TestRemovalNamesTheRevision(t *testing.T) {
	c, asked := publicAccess(t), ""
	answers := policyOf(`{"Statement":[{"Sid":"a","Effect":"Allow","Principal":"*"}]}`, "r7")
	answers["RemovePermission"] = func(in any) (any, error) {
		asked = aws.ToString(in.(*lambda.RemovePermissionInput).RevisionId)
		return nil, &types.PreconditionFailedException{}
	}
	env := playbooktest.Env(t, c, newFunction(t.Context(), t, playbooktest.Root(t)), answers)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	playbooktest.Fails(t, c.Apply(t.Context(), env, plan), fault.Retry)
	if asked != "r7" {
		t.Errorf("revision %q, want r7", asked)
	}
}

// A statement that somebody limited between plan and write is theirs.
func TestLimitedSinceThePlan(t *testing.T) {
	c, root := publicAccess(t), playbooktest.Root(t)
	resource, uploads := newFunction(t.Context(), t, root), permission("a", "s3.amazonaws.com")
	allow(t.Context(), t, root, resource, uploads, permission("b", "*"))
	env := playbooktest.Env(t, c, resource)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	playbooktest.Got(lambda.NewFromConfig(root).RemovePermission(t.Context(), &lambda.RemovePermissionInput{
		FunctionName: &resource, StatementId: uploads.StatementId,
	}))(t)
	allow(t.Context(), t, root, resource, of(playbooktest.DefaultAccount, uploads))
	playbooktest.Done(t, c.Apply(t.Context(), env, plan))
	left(t, resource, "a")
}
