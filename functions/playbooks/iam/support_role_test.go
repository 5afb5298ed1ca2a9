package iam_test

import (
	"context"
	"net/url"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	playbook "github.com/salve-security/salve/functions/playbooks/iam"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const (
	helpers       = "support"
	supportAccess = "arn:aws:iam::aws:policy/AWSSupportAccess"
)

// trust is the policy of a role that the principals may enter.
func trust(principals, condition string) *string {
	return aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principals +
		`,"Action":"sts:AssumeRole"` + condition + `}]}`)
}

func TestSupportRole(t *testing.T) {
	c := playbook.SupportRole()[0]
	asker := "asker"
	playbooktest.Run(t, playbooktest.Suite{
		Control: c, Params: playbooktest.Got(c.Resolve(map[string]any{"roleName": helpers}))(t),
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, _ string) any {
			return []any{
				attachedToRole(ctx, t, root, iamPrefix+"role/"+helpers), attachedToUser(ctx, t, root, iamPrefix+"user/"+asker),
			}
		},
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			client := iam.NewFromConfig(root)
			for _, policy := range []string{supportAccess, readOnly} {
				_, err := client.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{
					RoleName: aws.String(helpers), PolicyArn: &policy,
				})
				_, other := client.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: &asker, PolicyArn: &policy})
				for _, err := range []error{err, other} {
					if fault.Of(err) != fault.Gone {
						playbooktest.Done(t, err)
					}
				}
			}
			_, err := client.CreateRole(ctx, &iam.CreateRoleInput{
				RoleName: aws.String(helpers), AssumeRolePolicyDocument: trust(`{"AWS":"`+iamPrefix+`user/ann"}`, ""),
			})
			_, other := client.CreateUser(ctx, &iam.CreateUserInput{UserName: &asker})
			for _, err := range []error{err, other} {
				if exists := fault.Of(err) == fault.Refused; !exists {
					playbooktest.Done(t, err)
				}
			}
			return playbooktest.DefaultAccountID
		},
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
			playbooktest.Got(iam.NewFromConfig(root).AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{
				RoleName: aws.String(helpers), PolicyArn: aws.String(readOnly),
			}))(t)
		},
		DisturbFact: func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
			playbooktest.Got(iam.NewFromConfig(root).AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{
				UserName: &asker, PolicyArn: aws.String(supportAccess),
			}))(t)
		},
		Skip:   map[string]string{playbooktest.CaseDrift: "a policy is attached or not: both values are ours"},
		Unseen: map[string]string{"iam:GetGroup": "only where a group has the policy: TestLineOfSupport asks it"},
	})
}

// entities have the policy; the groups have users where they are called after some.
func entities(roles, users, groups []string, more playbooktest.StandIn) playbooktest.StandIn {
	out := &iam.ListEntitiesForPolicyOutput{}
	for _, name := range roles {
		out.PolicyRoles = append(out.PolicyRoles, types.PolicyRole{RoleName: &name})
	}
	for _, name := range users {
		out.PolicyUsers = append(out.PolicyUsers, types.PolicyUser{UserName: &name})
	}
	for _, name := range groups {
		out.PolicyGroups = append(out.PolicyGroups, types.PolicyGroup{GroupName: &name})
	}
	is := playbooktest.StandIn{
		"ListEntitiesForPolicy": func(any) (any, error) { return out, nil },
		"GetGroup": func(in any) (any, error) {
			if *in.(*iam.GetGroupInput).GroupName != "staff" {
				return &iam.GetGroupOutput{}, nil
			}
			return &iam.GetGroupOutput{Users: []types.User{{}}}, nil
		},
	}
	for name, answer := range more {
		is[name] = answer
	}
	return is
}

// AWS asks whether anybody has the policy. Who gets it says a person, and the role must be for some.
//
// better: IAM.18 trusts the principal that is named, not the whole account
func TestLineOfSupport(t *testing.T) {
	trusting := func(principals, condition string) playbooktest.StandIn {
		text := url.QueryEscape(*trust(principals, condition))
		return entities(nil, nil, nil, playbooktest.Answers(&iam.GetRoleOutput{
			Role: &types.Role{AssumeRolePolicyDocument: &text},
		}))
	}
	refuses := func(answers playbooktest.StandIn, words ...string) playbooktest.Shape {
		return playbooktest.Shape{
			Answers: answers, Params: map[string]any{"roleName": "/" + helpers}, Class: fault.Refused, Words: words,
		}
	}
	fits := func(answers playbooktest.StandIn) playbooktest.Shape {
		return playbooktest.Shape{Answers: answers, Params: map[string]any{"roleName": helpers}, Fails: true}
	}
	some := func(roles, users, groups []string) playbooktest.Shape {
		return playbooktest.Shape{Answers: entities(roles, users, groups, nil)}
	}
	missing := entities(nil, nil, nil, playbooktest.StandIn{"GetRole": gone})
	nameless := some(nil, nil, nil)
	nameless.Class, nameless.Words = fault.Refused, []string{"name the role"}
	own := refuses(missing, "Salve's own")
	own.Params = map[string]any{"roleName": "salve-remediation-iam"}
	ann := `{"AWS":"` + iamPrefix + `role/ann"}`
	c := playbook.SupportRole()[0]
	if c.Role != control.RoleIdentity {
		t.Error("it would act by itself")
	}
	at := playbooktest.Target(playbooktest.DefaultAccountID)
	limits, err := c.Limits(at, control.Params{"roleName": "/ops/" + helpers})
	if want := iamPrefix + "role/ops/" + helpers; err != nil || !slices.Contains(limits, want) {
		t.Errorf("a session reaches %v (%v), want %s", limits, err, want)
	}
	playbooktest.Judged(t, c, playbooktest.DefaultAccountID, map[string]playbooktest.Shape{
		"a role": some([]string{"x"}, nil, nil), "a user": some(nil, []string{"eve"}, nil),
		"a group with users": some(nil, nil, []string{"none", "staff"}), "nobody, and nobody named": nameless,
		"the role that is named": {
			Answers: entities([]string{helpers}, nil, nil, nil), Params: map[string]any{"roleName": helpers},
		},
		"a group without users": {
			Answers: entities(nil, nil, []string{"none"}, trusting(ann, "")), Params: map[string]any{"roleName": helpers},
			Fails: true,
		},
		"the named": fits(trusting(ann, "")), "a service's": fits(trusting(`{"Service":"ec2.amazonaws.com"}`, "")),
		"an account, narrowed": fits(trusting(`{"AWS":"222222222222"}`,
			`,"Condition":{"StringEquals":{"aws:PrincipalArn":"arn:aws:iam::222222222222:role/ann"}}`)),
		"an account":           refuses(trusting(`{"AWS":"222222222222"}`, ""), "whole accounts"),
		"an account's root":    refuses(trusting(`{"AWS":["`+iamPrefix+`root"]}`, ""), "whole accounts"),
		"everybody":            refuses(trusting(`"*"`, ""), "whole accounts"),
		"all AWS":              refuses(trusting(`{"AWS":"*"}`, ""), "whole accounts"),
		"trust not understood": refuses(trusting(`7`, ""), "cannot be read"),
		"not there":            refuses(missing, "make the role"), "Salve's own": own,
		"not answered": {
			Answers: entities(nil, nil, nil, playbooktest.Answers(&iam.GetRoleOutput{})), Class: fault.Invalid,
			Params: map[string]any{"roleName": helpers},
		},
	})
}
