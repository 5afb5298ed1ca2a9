package iam_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/iam"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const shell = "arn:aws:iam::aws:policy/AWSCloudShellFullAccess"

// The suite is about users; the lab's role for identities has the denials of the template.
func TestCloudShell(t *testing.T) {
	const others = "the suite is about users: TestCloudShellOfRole and TestCloudShellOfGroup call it"
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.CloudShell()[0], Observe: attachedToUser,
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			name := "shell-" + strings.ToLower(rand.Text()) // the lab takes no path into the ARNs it asks policies about
			user := *playbooktest.Got(iam.NewFromConfig(root).CreateUser(ctx, &iam.CreateUserInput{UserName: &name}))(t).User.Arn
			playbooktest.Got(iam.NewFromConfig(root).AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{
				UserName: lastOf(user), PolicyArn: aws.String(shell),
			}))(t)
			return user
		},
		Foreign: []string{iamPrefix + "root", iamPrefix + "policy/p", iamPrefix + "user/", iamPrefix + "user/a*"},
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(iam.NewFromConfig(root).AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{
				UserName: lastOf(resource), PolicyArn: aws.String(readOnly),
			}))(t)
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			client, attached := iam.NewFromConfig(root), aws.String(shell)
			_, err := client.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: lastOf(resource), PolicyArn: attached})
			if fault.Of(err) != fault.Gone {
				playbooktest.Done(t, err)
			}
			playbooktest.Got(client.DeleteUser(ctx, &iam.DeleteUserInput{UserName: lastOf(resource)}))(t)
		},
		Skip: map[string]string{playbooktest.CaseDrift: "a policy is attached or not: both values are ours"},
		Unseen: map[string]string{
			"iam:ListAttachedRolePolicies": others, "iam:ListAttachedGroupPolicies": others, "iam:DetachRolePolicy": others,
			"iam:DetachGroupPolicy": others, "iam:AttachRolePolicy": others, "iam:AttachGroupPolicy": others,
		},
	})
}

// A role loses the policy and gets it back, and keeps what else it has.
func TestCloudShellOfRole(t *testing.T) {
	c, root := playbook.CloudShell()[0], playbooktest.Root(t)
	client := iam.NewFromConfig(root)
	role := *playbooktest.Got(client.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("shell-" + strings.ToLower(rand.Text())),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
			`"Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
	}))(t).Role.Arn
	for _, policy := range []string{shell, readOnly} {
		playbooktest.Got(client.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{
			RoleName: lastOf(role), PolicyArn: &policy,
		}))(t)
	}
	before, env := attachedToRole(t.Context(), t, root, role), playbooktest.Env(t, c, role)
	changes := playbooktest.Fix(t, c, env)
	if d := cmp.Diff([]string{readOnly}, attachedToRole(t.Context(), t, root, role)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	playbooktest.Undo(t, c, env, changes)
	if d := cmp.Diff(before, attachedToRole(t.Context(), t, root, role)); d != "" {
		t.Errorf("taken back (-want +got):\n%s", d)
	}
}

// A group loses the policy and gets it back. A stand-in: the lab does not know the ARN of a group that it asks about.
func TestCloudShellOfGroup(t *testing.T) {
	c, has := playbook.CloudShell()[0], true
	group := iamPrefix + "group/ops"
	change := func(to bool, name, policy *string) {
		if *name != "ops" || *policy != shell {
			t.Errorf("%s of %s", *policy, *name)
		}
		has = to
	}
	env := playbooktest.Env(t, c, group, playbooktest.StandIn{
		"ListAttachedGroupPolicies": func(any) (any, error) {
			out := &iam.ListAttachedGroupPoliciesOutput{}
			if has {
				out.AttachedPolicies = []types.AttachedPolicy{{PolicyArn: aws.String(shell)}}
			}
			return out, nil
		},
		"DetachGroupPolicy": func(in any) (any, error) {
			i := in.(*iam.DetachGroupPolicyInput)
			change(false, i.GroupName, i.PolicyArn)
			return &iam.DetachGroupPolicyOutput{}, nil
		},
		"AttachGroupPolicy": func(in any) (any, error) {
			i := in.(*iam.AttachGroupPolicyInput)
			change(true, i.GroupName, i.PolicyArn)
			return &iam.AttachGroupPolicyOutput{}, nil
		},
	})
	changes := playbooktest.Fix(t, c, env)
	if has {
		t.Error("the group has the policy")
	}
	playbooktest.Undo(t, c, env, changes)
	if !has {
		t.Error("the group did not get the policy back")
	}
}

// AWS fails who has the policy attached, on whatever page, and nobody for one of that name.
func TestCloudShellLine(t *testing.T) {
	c := playbook.CloudShell()[0]
	if c.Role != control.RoleIdentity {
		t.Error("it would act by itself")
	}
	attached := func(arns ...string) playbooktest.StandIn {
		var list []types.AttachedPolicy
		for _, arn := range arns {
			list = append(list, types.AttachedPolicy{PolicyArn: &arn})
		}
		return playbooktest.Answers(&iam.ListAttachedUserPoliciesOutput{AttachedPolicies: list},
			&iam.ListAttachedRolePoliciesOutput{AttachedPolicies: list},
			&iam.ListAttachedGroupPoliciesOutput{AttachedPolicies: list})
	}
	paged := playbooktest.StandIn{"ListAttachedUserPolicies": func(in any) (any, error) {
		if in.(*iam.ListAttachedUserPoliciesInput).Marker == nil {
			return &iam.ListAttachedUserPoliciesOutput{IsTruncated: true, Marker: aws.String("2")}, nil
		}
		return &iam.ListAttachedUserPoliciesOutput{
			AttachedPolicies: []types.AttachedPolicy{{PolicyArn: aws.String(shell)}},
		}, nil
	}}
	for _, resource := range []string{iamPrefix + "user/eve", iamPrefix + "group/a/ops", iamPrefix + "role/app/eve"} {
		playbooktest.Judged(t, c, resource, map[string]playbooktest.Shape{
			"nothing": {Answers: attached()}, "others": {Answers: attached(readOnly)},
			"one of that name": {Answers: attached(iamPrefix + "policy/AWSCloudShellFullAccess")},
			"it":               {Answers: attached(readOnly, shell), Fails: true},
		})
	}
	playbooktest.Judged(t, c, iamPrefix+"user/eve", map[string]playbooktest.Shape{
		"on the second page": {Answers: paged, Fails: true},
	})
	for name, word := range map[string]string{
		"salve-remediation-iam": "Salve's own", "salve/service/salve-flow-logs": "Salve's own",
		"aws-service-role/x.amazonaws.com/AWSServiceRoleForX": "service's of AWS",
		"aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_1": "IAM Identity Center",
	} {
		playbooktest.Judged(t, c, iamPrefix+"role/"+name, map[string]playbooktest.Shape{
			"it": {Answers: attached(shell), Class: fault.Refused, Words: []string{word}}, "nothing": {Answers: attached()},
		})
	}
}
