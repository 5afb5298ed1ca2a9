package iam

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/policydoc"
)

// paramRole is the parameter with the role of those who talk to AWS Support.
const paramRole = "roleName"

// support is who may talk to AWS Support.
type support struct {
	Attached bool // AWSSupportAccess, to the role that is named

	Others []string `salve:"fact"` // who else has it
	Kept   string   `salve:"fact"` // why the role that is named does not get it
}

// SupportRole returns the control that lets a role talk to AWS Support.
func SupportRole() []control.Control {
	return []control.Control{control.Of[support]{
		Info: control.Info{
			ID: "IAM.18",
			Effect: "AWS's policy AWSSupportAccess is attached to the role that the parameter names: whoever may enter it " +
				"opens, reads and answers the account's support cases, attachments too. Nobody else gets anything, and no role " +
				"is made.",
			Fails: control.Fails{
				When: "The policy AWSSupportAccess is attached to no user, to no group with a user in it, and to no role.",
				Rule: "iam-policy-in-use",
			},
			Impact: control.ImpactNone,
			Params: []control.Param{{
				Name: paramRole, Default: "", Pattern: regexp.MustCompile(`^([\w+=,.@/-]{1,512})?$`),
				Form: "the name of a role, or nothing",
				Meaning: "Role of those who talk to AWS Support, with its path, such as ops/support; no default, since it is " +
					"for you to say who that is.",
			}},
			Pattern: regexp.MustCompile(`^AWS::::Account:(\d{12})$`), Role: control.RoleIdentity,
			Actions:     []string{"iam:AttachRolePolicy", "iam:GetGroup", "iam:GetRole", "iam:ListEntitiesForPolicy"},
			UndoActions: []string{"iam:DetachRolePolicy"},
			Narrow: func(env control.Env) []string {
				out := []string{env.Target.GlobalARN("iam", "group/*")}
				if role := env.Params.Text(paramRole); role != "" {
					out = append(out, env.Target.GlobalARN("iam", "role/"+strings.TrimPrefix(role, "/")))
				}
				return out
			},
			Lock: func(control.Env) []string { return []string{"account support"} },
		},
		Read: readSupport, Write: writeSupport,
		Want: func(now support, _ control.Env) (support, error) {
			if now.Attached || len(now.Others) > 0 {
				return now, nil
			}
			if now.Kept != "" {
				return now, fault.New(fault.Refused, "%s", now.Kept)
			}
			return support{Attached: true}, nil
		},
	}.Control()}
}

func supportPolicy(env control.Env) *string {
	return aws.String("arn:" + env.Target.Partition + ":iam::aws:policy/AWSSupportAccess")
}

// supportName is the role that is named, without its path; "" for none.
func supportName(env control.Env) string {
	role := env.Params.Text(paramRole)
	return role[strings.LastIndex(role, "/")+1:]
}

func readSupport(ctx context.Context, env control.Env) (now support, err error) {
	client := iam.NewFromConfig(env.Config)
	pages := iam.NewListEntitiesForPolicyPaginator(client, &iam.ListEntitiesForPolicyInput{PolicyArn: supportPolicy(env)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return now, err
		}
		for _, r := range page.PolicyRoles {
			if name := aws.ToString(r.RoleName); name == supportName(env) {
				now.Attached = true
			} else {
				now.Others = append(now.Others, "role/"+name)
			}
		}
		for _, u := range page.PolicyUsers {
			now.Others = append(now.Others, "user/"+aws.ToString(u.UserName))
		}
		for _, g := range page.PolicyGroups {
			some, err := inhabited(ctx, client, g)
			if err != nil {
				return now, err
			}
			if some {
				now.Others = append(now.Others, "group/"+aws.ToString(g.GroupName))
			}
		}
	}
	slices.Sort(now.Others)
	if !now.Attached && len(now.Others) == 0 {
		now.Kept, err = unfit(ctx, env, client)
	}
	return now, err
}

// inhabited tells whether a group has a user. One that was deleted meanwhile has none.
func inhabited(ctx context.Context, client *iam.Client, g types.PolicyGroup) (bool, error) {
	pages := iam.NewGetGroupPaginator(client, &iam.GetGroupInput{GroupName: g.GroupName})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if fault.Of(err) == fault.Gone {
			return false, nil
		}
		if err != nil || len(page.Users) > 0 {
			return err == nil, err
		}
	}
	return false, nil
}

// unfit is why the role that is named does not get the policy; "" where it does.
func unfit(ctx context.Context, env control.Env, client *iam.Client) (string, error) {
	named, role := supportName(env), env.Params.Text(paramRole)
	if named == "" {
		return "name the role of those who talk to AWS Support in the parameter " + paramRole +
			", or in SupportPrincipal of the member's stack, which makes one: who that is nobody else can know", nil
	}
	if err := changeable("role/"+strings.TrimPrefix(role, "/"), env.Target.Home); err != nil {
		return err.Error(), nil
	}
	out, err := client.GetRole(ctx, &iam.GetRoleInput{RoleName: &named})
	switch {
	case fault.Of(err) == fault.Gone:
		return "make the role " + role + ", which the parameter " + paramRole + " names: it is not there", nil
	case err != nil:
		return "", err
	case out.Role == nil:
		return "", fault.New(fault.Invalid, "GetRole answered without the role %s", role)
	}
	trust, err := url.QueryUnescape(aws.ToString(out.Role.AssumeRolePolicyDocument))
	if err == nil && !trustsAccounts(trust) {
		return "", nil
	}
	return "have the role " + role + " trust those who talk to AWS Support: it trusts whole accounts, so that whoever " +
		"may enter roles there could, or its trust cannot be read", nil
}

// trustsAccounts tells that all who may enter roles in some account may enter this one, or that nobody can say.
func trustsAccounts(trust string) bool {
	document, err := policydoc.Read(trust)
	if err != nil {
		return true
	}
	all, err := document.Statements()
	whole := func(who string) bool { return !strings.HasPrefix(who, "arn:") || strings.HasSuffix(who, ":root") }
	return err != nil || slices.ContainsFunc(all, func(s policydoc.Statement) bool {
		_, everybody := s.Principal["*"]
		return s.Effect == "Allow" && len(s.Condition) == 0 &&
			(everybody || s.NotPrincipal != nil || slices.ContainsFunc(s.Principal["AWS"], whole))
	})
}

func writeSupport(ctx context.Context, env control.Env, _, to support) (err error) {
	client, role := iam.NewFromConfig(env.Config), supportName(env)
	if to.Attached {
		_, err = client.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &role, PolicyArn: supportPolicy(env)})
		return err
	}
	_, err = client.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &role, PolicyArn: supportPolicy(env)})
	if fault.Of(err) == fault.Gone { // it is detached, or gone with the role
		return nil
	}
	return err
}
