package iam

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
	"github.com/salve-security/salve/internal/names"
)

// cloudShell is AWS's policy of the control, in the partition that its ARN begins with.
const cloudShell = ":iam::aws:policy/AWSCloudShellFullAccess"

// identityARN accepts users, groups and roles of every path, but for the roles of AWS's services and of IAM Identity
// Center, which nobody in the account may change, and Salve's own.
var identityARN = regexp.MustCompile(
	`^arn:aws[a-z-]*:iam::[0-9]{12}:(?:user|group|role)/(?:[!-~]{0,510}/)?([\w+=,.@-]{1,128})$`)

// CloudShell returns the control that takes AWS CloudShell from an identity.
func CloudShell() []control.Control {
	return []control.Control{kind.Setting[bool]{
		Name: "AWSCloudShellFullAccess", Get: hasCloudShell, Want: withoutCloudShell, Set: setCloudShell,
	}.Control(control.Info{
		ID: "IAM.27", Writes: "iam.attached.cloud-shell",
		Effect: "AWS's policy AWSCloudShellFullAccess is detached: whoever had AWS CloudShell by it alone cannot open it " +
			"any more, nor carry files in and out by it. Other policies stay, and may allow CloudShell too.",
		Impact: control.ImpactInterrupts,
		Fails: control.Fails{
			When: "The policy AWSCloudShellFullAccess is attached to the user, the group or the role itself.",
			Rule: "iam-policy-blacklisted-check",
		},
		Pattern: identityARN, Role: control.RoleIdentity,
		Actions: []string{
			"iam:DetachGroupPolicy", "iam:DetachRolePolicy", "iam:DetachUserPolicy", "iam:ListAttachedGroupPolicies",
			"iam:ListAttachedRolePolicies", "iam:ListAttachedUserPolicies",
		},
		UndoActions: []string{"iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy"},
	})}
}

// shellPolicy is the ARN of the policy where the resource is.
func shellPolicy(env control.Env) *string {
	return aws.String("arn:" + env.Target.Partition + cloudShell)
}

func hasCloudShell(ctx context.Context, env control.Env) (bool, error) {
	attached, err := attachedTo(ctx, env)
	return slices.ContainsFunc(attached, func(p types.AttachedPolicy) bool {
		return aws.ToString(p.PolicyArn) == *shellPolicy(env)
	}), err
}

// withoutCloudShell is the identity without the policy. Who is not the account's to change is left alone.
func withoutCloudShell(now bool, env control.Env) (bool, error) {
	if !now {
		return false, nil
	}
	return false, changeable(withPath(env), env.Target.Home)
}

// changeable refuses roles that nobody in the account may change, and Salve's own.
func changeable(withPath string, home names.Home) error {
	name := strings.ToLower(withPath)
	if salves(name, home) {
		return fault.New(fault.Refused, "the role is Salve's own, and Salve leaves it alone")
	}
	for prefix, whose := range map[string]string{
		"role/aws-service-role/": "a service's of AWS",
		"role/aws-reserved/":     "that of a permission set: change it in IAM Identity Center",
	} {
		if strings.HasPrefix(name, prefix) {
			return fault.New(fault.Refused, "the role is %s, and Salve leaves it alone", whose)
		}
	}
	return nil
}

// identityKind is user, group or role, as the ARN says.
func identityKind(env control.Env) string {
	of, _, _ := strings.Cut(withPath(env), "/")
	return of
}

// attachedTo lists the managed policies of an identity: one may have more than a page of them.
func attachedTo(ctx context.Context, env control.Env) (out []types.AttachedPolicy, err error) {
	client, name := iam.NewFromConfig(env.Config), &env.Name
	var marker *string
	var page func() ([]types.AttachedPolicy, *string, error)
	switch identityKind(env) {
	case "user":
		page = func() ([]types.AttachedPolicy, *string, error) {
			out, err := client.ListAttachedUserPolicies(ctx, &iam.ListAttachedUserPoliciesInput{UserName: name, Marker: marker})
			if err != nil {
				return nil, nil, err
			}
			return out.AttachedPolicies, out.Marker, nil
		}
	case "group":
		page = func() ([]types.AttachedPolicy, *string, error) {
			out, err := client.ListAttachedGroupPolicies(ctx, &iam.ListAttachedGroupPoliciesInput{
				GroupName: name, Marker: marker,
			})
			if err != nil {
				return nil, nil, err
			}
			return out.AttachedPolicies, out.Marker, nil
		}
	default:
		page = func() ([]types.AttachedPolicy, *string, error) {
			out, err := client.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: name, Marker: marker})
			if err != nil {
				return nil, nil, err
			}
			return out.AttachedPolicies, out.Marker, nil
		}
	}
	for {
		list, next, err := page()
		if out = append(out, list...); err != nil || next == nil {
			return out, err
		}
		marker = next
	}
}

// setCloudShell changes nothing where it is as it should be: AWS takes no policy away that is not attached.
func setCloudShell(ctx context.Context, env control.Env, attached bool) error {
	if is, err := hasCloudShell(ctx, env); err != nil || is == attached {
		return err
	}
	return writeCloudShell(ctx, env, attached)
}

func writeCloudShell(ctx context.Context, env control.Env, attached bool) (err error) {
	client, name, policy := iam.NewFromConfig(env.Config), &env.Name, shellPolicy(env)
	switch of := identityKind(env); {
	case of == "user" && attached:
		_, err = client.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: name, PolicyArn: policy})
	case of == "user":
		_, err = client.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: name, PolicyArn: policy})
	case of == "group" && attached:
		_, err = client.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: name, PolicyArn: policy})
	case of == "group":
		_, err = client.DetachGroupPolicy(ctx, &iam.DetachGroupPolicyInput{GroupName: name, PolicyArn: policy})
	case attached:
		_, err = client.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: policy})
	default:
		_, err = client.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: policy})
	}
	return err
}
