package iam_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	playbook "github.com/salve-security/salve/functions/playbooks/iam"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	rights "github.com/salve-security/salve/internal/policy"
)

// holder has AWS's policy and one of the account's own.
func holder(ctx context.Context, t *testing.T, root aws.Config) string {
	client, name := iam.NewFromConfig(root), "holder-"+strings.ToLower(rand.Text())
	playbooktest.Got(client.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}))(t)
	own := playbooktest.Got(client.CreatePolicy(ctx, &iam.CreatePolicyInput{
		PolicyName: aws.String("of-" + name), PolicyDocument: aws.String(strings.Replace(everything, `"*"`, `"s3:*"`, 1)),
	}))(t).Policy.Arn
	for _, arn := range []string{readOnly, *own} {
		playbooktest.Got(client.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: &name, PolicyArn: &arn}))(t)
	}
	return userPrefix + name
}

// rightsOf are the policies of a user, by himself and by groups, and his tags.
func rightsOf(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	client, name := iam.NewFromConfig(root), userName(resource)
	seen := map[string]any{"himself": attachedToUser(ctx, t, root, resource)}
	of := playbooktest.Got(client.ListGroupsForUser(ctx, &iam.ListGroupsForUserInput{UserName: name}))(t)
	for _, g := range of.Groups {
		seen[*g.Path] = len(playbooktest.Got(client.ListAttachedGroupPolicies(ctx, &iam.ListAttachedGroupPoliciesInput{
			GroupName: g.GroupName,
		}))(t).AttachedPolicies)
	}
	tags := playbooktest.Got(client.ListUserTags(ctx, &iam.ListUserTagsInput{UserName: name}))(t).Tags
	seen["tags"] = len(tags)
	return seen
}

func TestUserPolicies(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.UserPolicies()[0], Seed: holder,
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			all := fmt.Sprint(rightsOf(ctx, t, root, resource))
			return strings.ReplaceAll(all, *userName(resource), "NAME")
		},
		Foreign: []string{userPrefix, userPrefix + "*", iamPrefix + "root", iamPrefix + "role/x"},
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(iam.NewFromConfig(root).TagUser(ctx, &iam.TagUserInput{
				UserName: userName(resource), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("ops")}},
			}))(t)
		},
		DisturbFact: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			client, name := iam.NewFromConfig(root), aws.String("g-"+strings.ToLower(rand.Text()))
			playbooktest.Got(client.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: name}))(t)
			playbooktest.Got(client.AddUserToGroup(ctx, &iam.AddUserToGroupInput{
				GroupName: name, UserName: userName(resource),
			}))(t)
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			client, name := iam.NewFromConfig(root), userName(resource)
			for _, arn := range []string{readOnly, iamPrefix + "policy/of-" + *name} {
				playbooktest.Got(client.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: name, PolicyArn: &arn}))(t)
			}
			playbooktest.Got(client.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name}))(t)
		},
		Skip: map[string]string{playbooktest.CaseDrift: "undo takes nothing back"},
	})
}

// holding is a user with policies inside of him, attached to him, and a group that may take over.
type holding struct {
	inside, attached []string
	text             string // of the account's own policies
	groups           int    // of which he is a member, the one that takes over not among them
	group            *iam.GetGroupOutput
	taken            []string // policies of that group
	grouped          []string // and those inside of it
}

func (h holding) answers() playbooktest.StandIn {
	list := func(arns []string) (out []types.AttachedPolicy) {
		for _, arn := range arns {
			out = append(out, types.AttachedPolicy{PolicyArn: &arn})
		}
		return out
	}
	is := playbooktest.Answers(
		&iam.ListAttachedUserPoliciesOutput{AttachedPolicies: list(h.attached)},
		&iam.ListUserPoliciesOutput{PolicyNames: h.inside},
		&iam.ListGroupsForUserOutput{Groups: make([]types.Group, h.groups)},
		&iam.ListAttachedGroupPoliciesOutput{AttachedPolicies: list(h.taken)},
		&iam.ListGroupPoliciesOutput{PolicyNames: h.grouped},
		&iam.GetPolicyOutput{Policy: &types.Policy{DefaultVersionId: aws.String("v1")}},
		&iam.GetPolicyVersionOutput{PolicyVersion: &types.PolicyVersion{Document: aws.String(url.QueryEscape(h.text))}},
	)
	is["GetGroup"] = gone
	is["ListGroups"] = func(any) (any, error) { return &iam.ListGroupsOutput{}, nil }
	if h.group != nil {
		is["GetGroup"] = func(any) (any, error) { return h.group, nil }
		is["ListGroups"] = func(any) (any, error) {
			return &iam.ListGroupsOutput{Groups: []types.Group{
				{GroupName: aws.String("Eve-group"), Path: h.group.Group.Path},
			}}, nil
		}
	}
	return is
}

// groupOf is a group below a path with members.
func groupOf(path string, members ...string) *iam.GetGroupOutput {
	out := &iam.GetGroupOutput{Group: &types.Group{Path: &path}}
	for _, name := range members {
		out.Users = append(out.Users, types.User{UserName: &name})
	}
	return out
}

// AWS fails a user for whatever is attached to him, or inside of him. What gives others rights, or lets him decide who
// has some, is left to a person.
func TestLineOfUserPolicies(t *testing.T) {
	c, own := playbook.UserPolicies()[0], iamPrefix+"policy/own"
	one, shapes := []string{readOnly}, map[string]playbooktest.Shape{}
	allow := func(action, resource string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource +
			`"}]}`
	}
	for name, h := range map[string]holding{
		"nothing": {}, "by groups": {groups: 10}, "moved": {group: groupOf("/salve/", "eve"), taken: one, groups: 1},
	} {
		shapes[name] = playbooktest.Shape{Answers: h.answers()}
	}
	for name, h := range map[string]holding{
		"AWS's": {attached: one}, "the account's": {attached: []string{own}, text: allow("s3:*", "*")},
		"his own password": {attached: []string{own}, text: allow("iam:ChangePassword", "*")},
		"his own keys":     {attached: []string{own}, text: allow("iam:CreateAccessKey", iamPrefix+"user/${aws:username}")},
		"one group more":   {attached: one, groups: 9}, "empty group": {attached: one, group: groupOf("/salve/")},
		"half moved":   {attached: one, group: groupOf("/salve/"), taken: one},
		"the eleventh": {attached: one, group: groupOf("/salve/", "eve"), taken: []string{own}, groups: 10},
	} {
		shapes[name] = playbooktest.Shape{Answers: h.answers(), Fails: true}
	}
	for name, refused := range map[string]struct {
		holding
		word string
	}{
		"inside":          {holding{inside: []string{"x"}}, "inside of the user (x)"},
		"both":            {holding{inside: []string{"x"}, attached: one}, "inside of the user (x)"},
		"administration":  {holding{attached: []string{"arn:aws:iam::aws:policy/AdministratorAccess"}}, "decide who"},
		"of a job":        {holding{attached: []string{"arn:aws:iam::aws:policy/job-function/Billing"}}, "decide who"},
		"everything":      {holding{attached: []string{own}, text: everything}, "decide who"},
		"others' keys":    {holding{attached: []string{own}, text: allow("iam:Create*", "*")}, "decide who"},
		"unreadable":      {holding{attached: []string{own}, text: "["}, "cannot be read"},
		"ten groups":      {holding{attached: one, groups: 10}, "10 groups"},
		"another's group": {holding{attached: one, group: groupOf("/")}, "does not lie below"},
		"other members":   {holding{attached: one, group: groupOf("/salve/", "eve", "bob")}, "other members"},
		"more rights":     {holding{attached: one, group: groupOf("/salve/"), taken: []string{own}}, "that the user has not"},
		"more inside":     {holding{attached: one, group: groupOf("/salve/"), grouped: one}, "that the user has not"},
	} {
		shapes[name] = playbooktest.Shape{Answers: refused.answers(), Class: fault.Refused, Words: []string{refused.word}}
	}
	for name, answer := range map[string]any{
		"no policy": &iam.GetPolicyOutput{}, "no version": &iam.GetPolicyVersionOutput{},
	} {
		is := holding{attached: []string{own}, group: groupOf("/salve/"), text: allow("s3:*", "*")}.answers()
		for operation, call := range playbooktest.Answers(answer) {
			is[operation] = call
		}
		shapes[name] = playbooktest.Shape{Answers: is, Class: fault.Invalid}
	}
	vanished := holding{attached: []string{own}}.answers()
	vanished["GetPolicy"] = gone
	shapes["policy deleted meanwhile"] = playbooktest.Shape{Answers: vanished, Class: fault.Retry}
	playbooktest.Judged(t, c, eve, shapes)
	if c.Role != control.RoleIdentity {
		t.Error("it would act by itself")
	}
}

// What the role for identities is denied to attach is known before anybody is asked.
func TestAdministrationIsRefusedAsItIsDenied(t *testing.T) {
	role := playbooktest.Got(rights.RoleOf(control.RoleIdentity))(t)
	c := playbook.UserPolicies()[0]
	for _, d := range role.Denials {
		if d.Sid != "IdentityNeverGiveAdministration" {
			continue
		}
		for _, pattern := range d.Values {
			arn := strings.NewReplacer("${AWS::Partition}", "aws", "*", "X").Replace(pattern)
			_, err := c.Plan(t.Context(), playbooktest.Env(t, c, eve, playbooktest.Unplugged(), holding{
				attached: []string{arn},
			}.answers()))
			playbooktest.Fails(t, err, fault.Refused, arn)
		}
		return
	}
	t.Error("the role is denied nothing of the kind")
}
