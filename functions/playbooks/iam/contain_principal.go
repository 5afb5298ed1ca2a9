package iam

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/runbook"
)

// denyAll is AWS's policy that takes all rights, in the partition that its ARN begins with.
const denyAll = ":iam::aws:policy/AWSDenyAll"

// containment is whether a principal has any rights.
type containment struct {
	DeniedEverything bool
}

// principalARN accepts users and roles of every path and partition. The account's root is none of them.
var principalARN = regexp.MustCompile(
	`^arn:aws[a-z-]*:iam::[0-9]{12}:(?:user|role)/(?:[!-~]{0,510}/)?([\w+=,.@-]{1,64})$`)

// plainPath is what the runbook takes of an ARN.
var plainPath = regexp.MustCompile(`^[A-Za-z0-9+=,.@_/-]{1,512}$`)

// ContainPrincipal returns the playbook that takes all rights from a user or a role by a runbook, for whoever has to
// look into what it did. A person starts it. The runbook runs in the Region of the run, which a person may choose: IAM
// has none, and a policy that keeps an organization to some Regions leaves that one, where us-east-1 may be closed.
func ContainPrincipal() []control.Control {
	return []control.Control{runbook.Runbook[containment]{
		Read: readContainment, Want: contained,
		Do: runbook.Named("Salve-ContainPrincipal"), Undo: runbook.Named("Salve-ReleasePrincipal"),
		Family: "principals", Parameters: principal,
	}.Control(control.Info{
		ID:       "Salve.ContainPrincipal",
		Writes:   "iam.attached.deny-all",
		Title:    "Take all rights from a user or a role until somebody has looked",
		Severity: control.SeverityCritical, Resources: []string{"AwsIamUser", "AwsIamRole"},
		Effect: "AWS's policy AWSDenyAll is attached: whoever works as the user or the role can do nothing any more, from " +
			"sessions that began before too, and what runs under a role stops working. Keys, passwords and the trust of the " +
			"role stay as they are: change them before an undo, which makes them good again.",
		Impact:  control.ImpactInterrupts,
		Pattern: principalARN,
		Actions: []string{"iam:ListAttachedRolePolicies", "iam:ListAttachedUserPolicies"},
		// A path may have signs that make a pattern of the ARN, or nothing that a session takes: lists need none.
		WholeAccount: true,
		Settle:       control.Settle{Typical: 30 * time.Second, Within: 30 * time.Minute},
	})}
}

// readContainment tells whether the policy is attached. A principal that is gone is an error.
func readContainment(ctx context.Context, env control.Env) (containment, error) {
	client, name := iam.NewFromConfig(env.Config), env.Name
	if strings.HasPrefix(withPath(env), "role/") {
		pages := iam.NewListAttachedRolePoliciesPaginator(client, &iam.ListAttachedRolePoliciesInput{RoleName: &name})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil || deny(page.AttachedPolicies) {
				return containment{err == nil}, err
			}
		}
		return containment{}, nil
	}
	pages := iam.NewListAttachedUserPoliciesPaginator(client, &iam.ListAttachedUserPoliciesInput{UserName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil || deny(page.AttachedPolicies) {
			return containment{err == nil}, err
		}
	}
	return containment{}, nil
}

// withPath is the principal as its ARN ends, "role/app/shop".
func withPath(env control.Env) string {
	const parts = 6
	all := strings.SplitN(env.Target.Resource, ":", parts)
	return all[len(all)-1]
}

func deny(attached []types.AttachedPolicy) bool {
	return slices.ContainsFunc(attached, func(p types.AttachedPolicy) bool {
		return strings.HasSuffix(aws.ToString(p.PolicyArn), denyAll)
	})
}

// contained is the principal without rights. Nobody of Salve's or of AWS's is: Salve could not release anybody then.
func contained(now containment, env control.Env) (containment, error) {
	name := strings.ToLower(withPath(env))
	switch {
	case now.DeniedEverything:
		return now, nil
	case salves(name, env.Target.Home):
		return now, fault.New(fault.Refused, "the role is Salve's own, which could release nobody then: run salve stop to "+
			"keep Salve from acting, or take its stack away")
	case strings.HasPrefix(name, "role/aws-service-role/"):
		return now, fault.New(fault.Refused, "the role belongs to a service of AWS, which alone can take it: look at what "+
			"tells the service what to do")
	case strings.HasPrefix(name, "role/aws-reserved/"):
		return now, fault.New(fault.Refused, "the role belongs to IAM Identity Center, which lets nobody change it: end the "+
			"sessions and disable the user there")
	}
	return containment{true}, nil
}

// salves tells the roles of Salve's stacks. A name or a path that only looks like theirs keeps nobody off: whoever
// makes a role chooses both.
func salves(withPath string, home names.Home) bool {
	path, isRole := strings.CutPrefix(withPath, "role")
	name := path[strings.LastIndex(path, "/")+1:]
	return isRole && (slices.ContainsFunc(names.OwnRoles(), func(own string) bool { return home.Name(own) == name }) ||
		slices.ContainsFunc(names.OwnPaths(), func(own string) bool {
			return strings.HasPrefix(path, strings.ToLower(home.Below(own)))
		}))
}

// principal are the parameters of both runbooks. A name is unique in its account, so that a path with signs that the
// runbooks do not take is left out.
func principal(env control.Env, _, _ containment) (map[string][]string, error) {
	arn, path := env.Target.Resource, withPath(env)
	if !plainPath.MatchString(path) {
		kind, _, _ := strings.Cut(path, "/")
		arn = strings.TrimSuffix(arn, path) + kind + "/" + env.Name
	}
	return map[string][]string{"PrincipalArn": {arn}}, nil
}
