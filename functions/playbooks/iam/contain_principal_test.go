package iam_test

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/iam"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	session "github.com/salve-security/salve/internal/policy"
)

const (
	iamPrefix = "arn:aws:iam::" + playbooktest.DefaultAccount + ":"
	allDenied = "arn:aws:iam::aws:policy/AWSDenyAll"
	readOnly  = "arn:aws:iam::aws:policy/ReadOnlyAccess"
)

// The runbook runs in the lab, as the role of its family and with its rights alone.
func TestContainPrincipal(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.ContainPrincipal()[0], Seed: newSuspect, Observe: attachedToUser,
		Foreign: []string{
			iamPrefix + "root", iamPrefix + "group/ops", iamPrefix + "user/", iamPrefix + "role/", iamPrefix + "user/a*",
			iamPrefix + "policy/p", iamPrefix + "user/{{x}}", "arn:aws:sts::222222222222:assumed-role/app/s",
		},
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(iam.NewFromConfig(root).AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{
				UserName: lastOf(resource), PolicyArn: aws.String(readOnly),
			}))(t)
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(iam.NewFromConfig(root).DeleteUser(ctx, &iam.DeleteUserInput{UserName: lastOf(resource)}))(t)
		},
		Skip:   map[string]string{playbooktest.CaseDrift: "rights are all there or none: both values are ours"},
		Unseen: map[string]string{"iam:ListAttachedRolePolicies": "the suite contains users: TestContainRole calls it"},
	})
}

// A role is contained and released as a user is, and keeps what else is attached to it.
func TestContainRole(t *testing.T) {
	c, root := playbook.ContainPrincipal()[0], playbooktest.Root(t)
	resource := newSuspectRole(t.Context(), t, root)
	playbooktest.Got(iam.NewFromConfig(root).AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{
		RoleName: lastOf(resource), PolicyArn: aws.String(readOnly),
	}))(t)
	env := playbooktest.Env(t, c, resource)
	changes := playbooktest.Fix(t, c, env)
	if d := cmp.Diff([]string{allDenied, readOnly}, attachedToRole(t.Context(), t, root, resource)); d != "" {
		t.Errorf("contained (-want +got):\n%s", d)
	}
	playbooktest.Undo(t, c, env, changes)
	if d := cmp.Diff([]string{readOnly}, attachedToRole(t.Context(), t, root, resource)); d != "" {
		t.Errorf("released (-want +got):\n%s", d)
	}
	playbooktest.Got(iam.NewFromConfig(root).DetachRolePolicy(t.Context(), &iam.DetachRolePolicyInput{
		RoleName: lastOf(resource), PolicyArn: aws.String(readOnly),
	}))(t)
	playbooktest.Got(iam.NewFromConfig(root).DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: lastOf(resource)}))(t)
	_, err := c.Plan(t.Context(), env)
	playbooktest.Fails(t, err, fault.Gone)
}

// lastOf is the name in an ARN.
func lastOf(resource string) *string {
	return aws.String(resource[strings.LastIndex(resource, "/")+1:])
}

func newSuspect(ctx context.Context, t *testing.T, root aws.Config) string {
	return *playbooktest.Got(iam.NewFromConfig(root).CreateUser(ctx, &iam.CreateUserInput{
		Path: aws.String("/app/"), UserName: aws.String("suspect-" + strings.ToLower(rand.Text())),
	}))(t).User.Arn
}

func newSuspectRole(ctx context.Context, t *testing.T, root aws.Config) string {
	return *playbooktest.Got(iam.NewFromConfig(root).CreateRole(ctx, &iam.CreateRoleInput{
		Path: aws.String("/app/"), RoleName: aws.String("suspect-" + strings.ToLower(rand.Text())),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
			`"Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
	}))(t).Role.Arn
}

func attachedToUser(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	in := iam.ListAttachedUserPoliciesInput{UserName: lastOf(resource)}
	return policies(playbooktest.Got(iam.NewFromConfig(root).ListAttachedUserPolicies(ctx, &in))(t).AttachedPolicies)
}

func attachedToRole(ctx context.Context, t *testing.T, root aws.Config, resource string) []string {
	in := iam.ListAttachedRolePoliciesInput{RoleName: lastOf(resource)}
	return policies(playbooktest.Got(iam.NewFromConfig(root).ListAttachedRolePolicies(ctx, &in))(t).AttachedPolicies)
}

func policies(attached []types.AttachedPolicy) []string {
	arns := []string{}
	for _, p := range attached {
		arns = append(arns, aws.ToString(p.PolicyArn))
	}
	slices.Sort(arns)
	return arns
}

// What fails before the one call that contains leaves the principal as it was, and the run knows.
func TestContainmentThatFails(t *testing.T) {
	c, root := playbook.ContainPrincipal()[0], playbooktest.Root(t)
	resource := newSuspect(t.Context(), t, root)
	env := playbooktest.Env(t, c, resource)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	if plan.OneWay() || !strings.Contains(plan.String(), "PrincipalArn="+resource) {
		t.Errorf("the plan is\n%s", plan)
	}
	playbooktest.Done(t, playbooktest.World(t).Break("AttachUserPolicy", "LimitExceeded"))
	if p := playbooktest.Ended(t, nil, c, env, plan); !p.Failed || p.Step != "DenyUser" {
		t.Errorf("it ended as %+v", p)
	}
	if seen := playbooktest.Got(c.Verify(t.Context(), env, plan))(t); len(seen.Left) != 1 {
		t.Errorf("left are %v", seen.Left)
	}
	if now, _ := attachedToUser(t.Context(), t, root, resource).([]string); len(now) > 0 {
		t.Errorf("attached are %q", now)
	}
}

// A runbook that says that it went well, and has changed nothing, is not believed.
func TestContainmentInVain(t *testing.T) {
	c, root := playbook.ContainPrincipal()[0], playbooktest.Root(t)
	resource := newSuspect(t.Context(), t, root)
	env := playbooktest.Env(t, c, resource)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	if p := playbooktest.Ended(t, nil, c, env, plan); p.Failed || !p.Over {
		t.Errorf("it ended as %+v", p)
	}
	playbooktest.Got(iam.NewFromConfig(root).DetachUserPolicy(t.Context(), &iam.DetachUserPolicyInput{
		UserName: lastOf(resource), PolicyArn: aws.String(allDenied),
	}))(t)
	if seen := playbooktest.Got(c.Verify(t.Context(), env, plan))(t); len(seen.Left) != 1 {
		t.Errorf("left are %v", seen.Left)
	}
}

// Who is contained is told by AWS's own policy and by nothing that looks like it.
func TestContainmentLine(t *testing.T) {
	attached := func(arns ...string) playbooktest.StandIn {
		var list []types.AttachedPolicy
		for _, arn := range arns {
			list = append(list, types.AttachedPolicy{PolicyArn: &arn, PolicyName: lastOf(arn)})
		}
		return playbooktest.Answers(&iam.ListAttachedUserPoliciesOutput{AttachedPolicies: list},
			&iam.ListAttachedRolePoliciesOutput{AttachedPolicies: list})
	}
	paged := playbooktest.StandIn{"ListAttachedUserPolicies": func(in any) (any, error) {
		if in.(*iam.ListAttachedUserPoliciesInput).Marker == nil {
			return &iam.ListAttachedUserPoliciesOutput{IsTruncated: true, Marker: aws.String("2")}, nil
		}
		return &iam.ListAttachedUserPoliciesOutput{AttachedPolicies: []types.AttachedPolicy{
			{PolicyArn: aws.String(allDenied)},
		}}, nil
	}}
	for _, resource := range []string{iamPrefix + "user/eve", iamPrefix + "role/app/eve"} {
		playbooktest.Judged(t, playbook.ContainPrincipal()[0], resource, map[string]playbooktest.Shape{
			"nothing":          {Answers: attached(), Fails: true},
			"others":           {Answers: attached(readOnly), Fails: true},
			"one of that name": {Answers: attached(iamPrefix + "policy/AWSDenyAll"), Fails: true},
			"contained":        {Answers: attached(readOnly, allDenied)},
			"contained, China": {Answers: attached("arn:aws-cn:iam::aws:policy/AWSDenyAll")},
			"without its names": {Answers: playbooktest.Answers(&iam.ListAttachedUserPoliciesOutput{
				AttachedPolicies: []types.AttachedPolicy{{}},
			}, &iam.ListAttachedRolePoliciesOutput{AttachedPolicies: []types.AttachedPolicy{{}}}), Fails: true},
		})
	}
	playbooktest.Judged(t, playbook.ContainPrincipal()[0], iamPrefix+"user/eve", map[string]playbooktest.Shape{
		"on the second page": {Answers: paged},
	})
	for name, word := range map[string]string{
		"salve-remediation": "Salve's own", "Salve-Operator": "Salve's own",
		"app/salve-remediation":                                         "Salve's own", // no account has two of a name
		"salve/automation/salve-principals":                             "Salve's own",
		"salve/instances/salve-managed-instance":                        "Salve's own",
		"aws-service-role/x.amazonaws.com/AWSServiceRoleForX":           "belongs to a service of AWS",
		"aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Ops_1": "IAM Identity Center",
	} {
		playbooktest.Judged(t, playbook.ContainPrincipal()[0], iamPrefix+"role/"+name, map[string]playbooktest.Shape{
			"not contained": {Answers: attached(), Class: fault.Refused, Words: []string{word}},
		})
	}
}

// Whoever may make roles chooses their names: one that looks like Salve's keeps nobody off it.
func TestNoNameKeepsOffContainment(t *testing.T) {
	for _, name := range []string{
		"salve-evil", "salve-remediation2", "app/salve-x", "salve/user/closer", "salve/x", "salve/automationx/x",
		"app/salve/automation/x",
	} {
		playbooktest.Judged(t, playbook.ContainPrincipal()[0], iamPrefix+"role/"+name, map[string]playbooktest.Shape{
			name: {Answers: playbooktest.Answers(&iam.ListAttachedRolePoliciesOutput{}), Fails: true},
		})
	}
	playbooktest.Judged(t, playbook.ContainPrincipal()[0], iamPrefix+"user/salve-remediation",
		map[string]playbooktest.Shape{
			"a user": {Answers: playbooktest.Answers(&iam.ListAttachedUserPoliciesOutput{}), Fails: true},
		})
}

// A person starts it, by the declaration; and it is about principals with every path that the runbook takes.
func TestContainingIsForPeople(t *testing.T) {
	c := playbook.ContainPrincipal()[0]
	if !c.Identities {
		t.Error("it would act by itself")
	}
	playbooktest.Accepts(t, c, map[string]string{
		iamPrefix + "user/eve": "eve", iamPrefix + "role/a/b/eve@corp": "eve@corp",
		"arn:aws-us-gov:iam::222222222222:role/r": "r", iamPrefix + "user/a b": "", iamPrefix + "user/$(x)/eve": "eve",
	})
	free := playbooktest.Answers(&iam.ListAttachedUserPoliciesOutput{}, &iam.ListAttachedRolePoliciesOutput{})
	for _, look := range []string{"DescribeDocument", "GetDocument"} {
		free[look] = func(any) (any, error) { return nil, &smithy.GenericAPIError{Code: "InvalidDocument"} }
	}
	for resource, want := range map[string]string{
		"user/a/b/eve": "user/a/b/eve", "user/b~c!:role/{{x}}/eve": "user/eve",
		"role/$(x)/r": "role/r",
	} {
		plan := playbooktest.Got(c.Plan(t.Context(),
			playbooktest.Env(t, c, iamPrefix+resource, playbooktest.Unplugged(), free)))(t)
		if got := plan.Runbook.Parameters["PrincipalArn"]; !slices.Equal(got, []string{iamPrefix + want}) {
			t.Errorf("%s is %q to the runbook", resource, got)
		}
	}
}

// Who may make roles chooses their paths, and a path may have signs that a session policy reads as patterns.
func TestNoPathKeepsOffContainment(t *testing.T) {
	c := playbook.ContainPrincipal()[0]
	for _, path := range []string{"/app/", "/*/", "/a?b/", "/${aws:username}/", "/" + strings.Repeat("x", 510)} {
		resource := iamPrefix + "role" + strings.TrimSuffix(path, "/") + "/eve"
		target := control.Target{
			Account: playbooktest.DefaultAccount, Region: playbooktest.DefaultRegion, Partition: "aws", Resource: resource,
		}
		limits := playbooktest.Got(c.Limits(target, nil))(t)
		if _, err := session.Session(c.Actions, limits, target.Account, target.Region); err != nil {
			t.Errorf("%s: %v", resource, err)
		}
	}
}
