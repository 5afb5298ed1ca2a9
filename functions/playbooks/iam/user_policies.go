package iam

import (
	"context"
	"errors"
	"maps"
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

const (
	// paramGroup is the parameter with the group that takes over.
	paramGroup = "groupName"
	// movedPath begins all groups that Salve makes or fills.
	movedPath = "/salve/"
	// mostGroups of a user is a quota of IAM that nobody can raise.
	mostGroups = 10
)

// userPolicies are those that a user has by himself, and the group that takes them over.
type userPolicies struct {
	Attached map[string]bool // by ARN
	Group    bool            // whether it is there
	Policies map[string]bool // of the group, by ARN
	Member   bool            // of the group

	Inline []string          `salve:"fact"` // policies inside of the user
	Groups int               `salve:"fact"` // of which the user is a member
	Kept   map[string]string `salve:"fact"` // why a policy cannot go to a group, by its ARN
	Unfit  string            `salve:"fact"` // why the group cannot take over
}

// UserPolicies returns the control that moves what is attached to a user to a group of his own.
func UserPolicies() []control.Control {
	const why = "the user has the same rights by the group, and Salve gives nobody what may decide about rights"
	return []control.Control{control.Of[userPolicies]{
		Info: control.Info{
			ID: "IAM.2", Writes: "iam.user.policies",
			Effect: "The user has the same rights as before, by a group of his own in place of by himself: the group gets " +
				"them first. Templates and pipelines that attach policies to the user attach them again, or fail where they take " +
				"them away. A permissions boundary stays. Nothing happens where a policy is inside of the user, or lets him " +
				"decide who may do what: the run says which.",
			Fails: control.Fails{
				When: "A policy is attached to the user himself, or is inside of him. Groups and boundaries do not count.",
				Rule: "iam-user-no-policies-check",
			},
			Impact: control.ImpactNone,
			Params: []control.Param{{
				Name: paramGroup, Default: "", Pattern: regexp.MustCompile(`^([\w+=,.@-]{1,128})?$`),
				Form: "the name of a group, or nothing",
				Meaning: "Group below " + movedPath + " that takes the policies over, for one user; empty for USER-group, which " +
					"Salve makes where it is not there.",
			}},
			Pattern: userARN, Role: control.RoleIdentity,
			Actions: []string{
				"iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:CreateGroup", "iam:DetachUserPolicy", "iam:GetGroup",
				"iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListAttachedGroupPolicies", "iam:ListAttachedUserPolicies",
				"iam:ListGroupPolicies", "iam:ListGroups", "iam:ListGroupsForUser", "iam:ListUserPolicies",
			},
			OneWay: map[string]string{"Attached/*": why, "Group": why, "Policies/*": why, "Member": why},
			Narrow: func(env control.Env) []string {
				return []string{
					env.Target.Resource, env.Target.GlobalARN("iam", "group"+movedPath+takeoverName(env)),
					env.Target.GlobalARN("iam", "policy/*"),
				}
			},
		},
		Read: readUserPolicies, Want: wantGroup, Write: writeGroup,
	}.Control()}
}

func takeoverName(env control.Env) string {
	if named := env.Params.Text(paramGroup); named != "" {
		return named
	}
	return env.Name + "-group"
}

func readUserPolicies(ctx context.Context, env control.Env) (userPolicies, error) {
	now := userPolicies{Attached: map[string]bool{}, Policies: map[string]bool{}, Kept: map[string]string{}}
	client := iam.NewFromConfig(env.Config)
	attached, err := attachedTo(ctx, env)
	if err != nil {
		return now, err
	}
	for _, p := range attached {
		arn := aws.ToString(p.PolicyArn)
		now.Attached[arn] = true
		why, err := judge(ctx, env, client, arn)
		if err != nil {
			return now, err
		}
		if why != "" {
			now.Kept[arn] = why
		}
	}
	inline := iam.NewListUserPoliciesPaginator(client, &iam.ListUserPoliciesInput{UserName: &env.Name})
	for inline.HasMorePages() {
		page, err := inline.NextPage(ctx)
		if err != nil {
			return now, err
		}
		now.Inline = append(now.Inline, page.PolicyNames...)
	}
	groups := iam.NewListGroupsForUserPaginator(client, &iam.ListGroupsForUserInput{UserName: &env.Name})
	for groups.HasMorePages() {
		page, err := groups.NextPage(ctx)
		if err != nil {
			return now, err
		}
		now.Groups += len(page.Groups)
	}
	return now, now.readGroup(ctx, env, client)
}

// readGroup reads the group that takes over, if it is there.
func (now *userPolicies) readGroup(ctx context.Context, env control.Env, client *iam.Client) error {
	name := takeoverName(env)
	path, err := pathOf(ctx, client, name)
	if err != nil || path == "" {
		return err
	}
	now.Group = true
	if path != movedPath { // which the session does not reach
		now.Unfit = "the group " + name + " is there and does not lie below " + movedPath
		return nil
	}
	others := 0
	members := iam.NewGetGroupPaginator(client, &iam.GetGroupInput{GroupName: &name})
	for members.HasMorePages() {
		page, err := members.NextPage(ctx)
		if err != nil {
			return still(err)
		}
		for _, u := range page.Users {
			if aws.ToString(u.UserName) == env.Name {
				now.Member = true
			} else {
				others++
			}
		}
	}
	more, err := now.readRights(ctx, client, name)
	switch {
	case others > 0:
		now.Unfit = "the group " + name + " has other members, who would get the rights too"
	case more && !now.Member:
		now.Unfit = "the group " + name + " has policies that the user has not"
	}
	return still(err)
}

// readRights reads what a group has, and tells whether that is more than the user has by himself.
func (now *userPolicies) readRights(ctx context.Context, client *iam.Client, group string) (more bool, err error) {
	attached := iam.NewListAttachedGroupPoliciesPaginator(client, &iam.ListAttachedGroupPoliciesInput{GroupName: &group})
	for attached.HasMorePages() {
		page, err := attached.NextPage(ctx)
		if err != nil {
			return false, err
		}
		for _, p := range page.AttachedPolicies {
			arn := aws.ToString(p.PolicyArn)
			now.Policies[arn] = true
			more = more || !now.Attached[arn]
		}
	}
	inside, err := client.ListGroupPolicies(ctx, &iam.ListGroupPoliciesInput{GroupName: &group})
	if err != nil {
		return false, err
	}
	return more || len(inside.PolicyNames) > 0, nil
}

// pathOf is the path of a group, "" where there is none: a session for one that is not there would be denied to ask.
// Capitals mean nothing in names.
func pathOf(ctx context.Context, client *iam.Client, name string) (string, error) {
	pages := iam.NewListGroupsPaginator(client, &iam.ListGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", err
		}
		for _, g := range page.Groups {
			if strings.EqualFold(aws.ToString(g.GroupName), name) {
				return aws.ToString(g.Path), nil
			}
		}
	}
	return "", nil
}

// judge is why a policy cannot go to a group; "" where it can. Of AWS's policies it knows those that the role for
// identities attaches to nobody; the account's own are read.
func judge(ctx context.Context, env control.Env, client *iam.Client, arn string) (string, error) {
	const why = "it lets its holder decide who may do what"
	if name, ofAWS := strings.CutPrefix(arn, "arn:"+env.Target.Partition+":iam::aws:policy/"); ofAWS {
		if administers(name) {
			return why, nil
		}
		return "", nil
	}
	of, err := client.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil {
		return "", still(err)
	}
	if of.Policy == nil {
		return "", fault.New(fault.Invalid, "GetPolicy answered without the policy %s", arn)
	}
	out, err := client.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{
		PolicyArn: &arn, VersionId: of.Policy.DefaultVersionId,
	})
	if err != nil {
		return "", still(err)
	}
	if out.PolicyVersion == nil {
		return "", fault.New(fault.Invalid, "GetPolicyVersion answered without the version of %s", arn)
	}
	text, err := url.QueryUnescape(aws.ToString(out.PolicyVersion.Document))
	if err == nil {
		var decides bool
		if decides, err = decidesRights(text); err == nil && !decides {
			return "", nil
		}
	}
	if err != nil {
		return "it cannot be read", nil //nolint:nilerr // which is why it stays where it is
	}
	return why, nil
}

// still tells a policy or a group that is gone since it was listed from a user who is.
func still(err error) error {
	if fault.Of(err) == fault.Gone {
		return fault.Wrap(fault.Retry, err)
	}
	return err
}

// administers tells AWS's policies that let their holder decide who may do what.
func administers(name string) bool {
	return slices.ContainsFunc([]string{
		"AdministratorAccess", "AWSAccountManagementFullAccess", "AWSOrganizationsFullAccess", "AWSSSO", "IAMFullAccess",
		"PowerUserAccess", "job-function/", "root-task/",
	}, func(begin string) bool { return strings.HasPrefix(name, begin) })
}

// decidesRights tells that a policy may let its holder decide who may do what, about others than himself.
func decidesRights(text string) (bool, error) {
	document, err := policydoc.Read(text)
	if err != nil {
		return false, err
	}
	all, err := document.Statements()
	return slices.ContainsFunc(all, func(s policydoc.Statement) bool {
		others := func(resource string) bool { return !strings.HasSuffix(resource, "${aws:username}") }
		himself := len(s.Resource) > 0 && !slices.ContainsFunc(s.Resource, others)
		return s.Effect == "Allow" && !himself && s.MayDo("iam:Add*", "iam:Attach*", "iam:CreateAccessKey",
			"iam:CreateLoginProfile", "iam:CreatePolicyVersion", "iam:DeleteRolePermissionsBoundary",
			"iam:DeleteUserPermissionsBoundary", "iam:Put*", "iam:Set*", "iam:UpdateAssumeRolePolicy", "iam:UpdateLoginProfile",
			"organizations:*", "sso:*")
	}), err
}

func wantGroup(now userPolicies, env control.Env) (userPolicies, error) {
	arns := slices.Sorted(maps.Keys(now.Attached))
	switch name := takeoverName(env); {
	case len(arns)+len(now.Inline) == 0:
		return now, nil
	case len(now.Inline) > 0:
		return now, fault.New(fault.Refused, "make policies of the account of those inside of the user (%s), and attach "+
			"them to a group: Salve writes no policy", strings.Join(now.Inline, ", "))
	case now.Unfit != "":
		return now, fault.New(fault.Refused, "name another group in the parameter %s: %s", paramGroup, now.Unfit)
	case !now.Member && now.Groups >= mostGroups:
		return now, fault.New(fault.Refused, "take the user out of one of his %d groups, which is the most that IAM lets "+
			"him have, or attach his policies to one of them: they would go to the group %s", now.Groups, name)
	}
	for _, arn := range arns {
		if why := now.Kept[arn]; why != "" {
			return now, fault.New(fault.Refused, "attach the policy %s to a group or a role by hand: %s", arn, why)
		}
	}
	maps.Copy(now.Policies, now.Attached)
	now.Attached, now.Group, now.Member = map[string]bool{}, true, true
	return now, nil
}

// writeGroup takes nothing from the user before he has it by the group.
func writeGroup(ctx context.Context, env control.Env, from, to userPolicies) error {
	client, name := iam.NewFromConfig(env.Config), aws.String(takeoverName(env))
	if !from.Group {
		_, err := client.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: name, Path: aws.String(movedPath)})
		if there := new(types.EntityAlreadyExistsException); err != nil && !errors.As(err, &there) {
			return err
		}
	}
	for _, arn := range slices.Sorted(maps.Keys(to.Policies)) {
		if from.Policies[arn] {
			continue
		}
		_, err := client.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: name, PolicyArn: &arn})
		if err != nil {
			return err
		}
	}
	if !from.Member {
		_, err := client.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: name, UserName: &env.Name})
		if err != nil {
			return err
		}
	}
	for _, arn := range slices.Sorted(maps.Keys(from.Attached)) {
		_, err := client.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: &env.Name, PolicyArn: &arn})
		if err != nil && fault.Of(err) != fault.Gone {
			return err
		}
	}
	return nil
}
