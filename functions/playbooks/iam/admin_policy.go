package iam

import (
	"context"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/policydoc"
)

// ownPolicy is a managed policy of the account. What it says is in the plan, and so in the record of the run: people
// can make another one by that.
type ownPolicy struct {
	There    bool
	Versions map[string]string // their texts

	Default     string   `salve:"fact"` // the version that counts
	Administers bool     `salve:"fact"`
	Attached    []string `salve:"fact"` // to whom
}

// AdminPolicy returns the control that deletes policies which allow everything and which nobody has. From those who
// have one it takes nothing: what they need instead a person has to say, and Salve writes no policy.
func AdminPolicy() []control.Control {
	const lost = "Salve makes no policies: make one anew of the text that the plan shows"
	return []control.Control{control.Of[ownPolicy]{
		Info: control.Info{
			ID: "IAM.1", Writes: "iam.policy",
			Effect: "The policy is deleted with all its versions, if nobody has it: nobody loses a right. Templates and " +
				"pipelines that attach it later fail. Where users, groups or roles have it, nothing happens, and the run names " +
				"them: give them what they need by another policy, and take this one from them.",
			Fails: control.Fails{
				When: "The default version of the account's own policy has a statement that allows the action \"*\" on the " +
					"resource \"*\", alone or among others, whether anybody has the policy or not. Permissions boundaries do not " +
					"count, nor do AWS's policies and those inside of a user, a group or a role.",
				Rule: "iam-policy-no-statements-with-admin-access",
			},
			Impact: control.ImpactDestructive,
			Pattern: regexp.MustCompile(
				`^arn:aws[a-z-]*:iam::\d{12}:policy/(?:[!-~]{0,510}/)?([\w+=,.@-]{1,128})$`),
			Role: control.RoleIdentity,
			Actions: []string{
				"iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:GetPolicy", "iam:GetPolicyVersion",
				"iam:ListEntitiesForPolicy", "iam:ListPolicyVersions",
			},
			OneWay: map[string]string{"There": lost, "Versions/*": lost},
		},
		Read: readPolicy, Write: deletePolicy,
		Want: func(now ownPolicy, _ control.Env) (ownPolicy, error) {
			switch {
			case !now.There || !now.Administers:
				return now, nil
			case len(now.Attached) > 0:
				return now, had(now.Attached)
			}
			return ownPolicy{}, nil
		},
	}.Control()}
}

// readPolicy takes one that is gone for what was wanted.
func readPolicy(ctx context.Context, env control.Env) (now ownPolicy, err error) {
	client, arn := iam.NewFromConfig(env.Config), &env.Target.Resource
	out, err := client.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: arn})
	switch {
	case fault.Of(err) == fault.Gone:
		return now, nil
	case err != nil:
		return now, err
	case out.Policy == nil || out.Policy.PermissionsBoundaryUsageCount == nil:
		return now, fault.New(fault.Invalid, "GetPolicy answered without the policy %s, or its use", env.Name)
	}
	now.There, now.Default = true, aws.ToString(out.Policy.DefaultVersionId)
	if now.Versions, err = versions(ctx, client, arn); err != nil {
		return now, err
	}
	if *out.Policy.PermissionsBoundaryUsageCount > 0 { // it is one, which limits rights and gives none
		return now, nil
	}
	text, there := now.Versions[now.Default]
	if !there {
		return now, fault.New(fault.Retry, "the version %s of the policy %s is not listed yet", now.Default, env.Name)
	}
	if now.Administers, err = allowsAll(text); err != nil || !now.Administers {
		return now, err
	}
	now.Attached, err = holders(ctx, client, arn)
	return now, err
}

// versions are the texts of all versions of a policy. One that goes meanwhile is no policy that is gone.
func versions(ctx context.Context, client *iam.Client, policy *string) (map[string]string, error) {
	out := map[string]string{}
	pages := iam.NewListPolicyVersionsPaginator(client, &iam.ListPolicyVersionsInput{PolicyArn: policy})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, v := range page.Versions {
			got, err := client.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: policy, VersionId: v.VersionId})
			if fault.Of(err) == fault.Gone {
				return nil, fault.Wrap(fault.Retry, err)
			}
			if err != nil {
				return nil, err
			}
			if got.PolicyVersion == nil {
				return nil, fault.New(fault.Invalid, "GetPolicyVersion answered without the version of %s", *policy)
			}
			text, err := url.QueryUnescape(aws.ToString(got.PolicyVersion.Document))
			if err != nil {
				return nil, fault.New(fault.Invalid, "the text of the policy %s cannot be read: %w", *policy, err)
			}
			out[aws.ToString(v.VersionId)] = text
		}
	}
	return out, nil
}

// allowsAll is the line at which AWS fails a policy. It looks at no condition.
func allowsAll(text string) (bool, error) {
	document, err := policydoc.Read(text)
	if err != nil {
		return false, err
	}
	all, err := document.Statements()
	return slices.ContainsFunc(all, func(s policydoc.Statement) bool {
		return s.Effect == "Allow" && slices.Contains(s.Action, "*") && slices.Contains(s.Resource, "*")
	}), err
}

// holders are the users, groups and roles that have a policy, "role/deploy".
func holders(ctx context.Context, client *iam.Client, policy *string) (out []string, err error) {
	pages := iam.NewListEntitiesForPolicyPaginator(client, &iam.ListEntitiesForPolicyInput{PolicyArn: policy})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range page.PolicyRoles {
			out = append(out, "role/"+aws.ToString(r.RoleName))
		}
		for _, u := range page.PolicyUsers {
			out = append(out, "user/"+aws.ToString(u.UserName))
		}
		for _, g := range page.PolicyGroups {
			out = append(out, "group/"+aws.ToString(g.GroupName))
		}
	}
	slices.Sort(out)
	return out, nil
}

// had refuses to take a policy from those who have it.
func had(by []string) error {
	return fault.New(fault.Refused, "give what they need to %s by another policy, and detach this one from them: they "+
		"would lose all that it allows", strings.Join(by, ", "))
}

// deletePolicy deletes the default version last, with the policy. IAM wants the others deleted before it says whether
// somebody has the policy by now, so that is asked first.
func deletePolicy(ctx context.Context, env control.Env, from, to ownPolicy) error {
	if !from.There || to.There {
		return nil
	}
	client, arn := iam.NewFromConfig(env.Config), &env.Target.Resource
	by, err := holders(ctx, client, arn)
	if fault.Of(err) == fault.Gone {
		return nil
	}
	if len(by) > 0 {
		err = had(by)
	}
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(from.Versions)) {
		if id == from.Default {
			continue
		}
		_, err := client.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: &id})
		if err != nil && fault.Of(err) != fault.Gone {
			return err
		}
	}
	if _, err := client.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn}); fault.Of(err) != fault.Gone {
		return err
	}
	return nil
}
