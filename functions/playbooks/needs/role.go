package needs

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/policydoc"
)

// ParamRole is the parameter with the role that a service gets.
const ParamRole = "roleName"

// RoleParam is the parameter with the role for a service, below names.ServiceRoles.
func RoleParam(service, does string) control.Param {
	own, _ := control.RecipientOf(service)
	return control.Param{
		Name: ParamRole,
		Meaning: "Role below " + names.ServiceRoles + " with which " + service + " " + does + "; empty for " + own.Own +
			", which the stack of a member makes where its parameter says so.",
		Default: "", Pattern: roleForm, Form: "the name of a role, or nothing",
	}
}

// RoleActions are the actions of RoleThere.
func RoleActions() []string { return []string{"iam:ListRoles"} }

// RoleThere tells whether there is such a role that the service may enter. All roles are listed: the member role is
// denied to look at one below /salve/ by its name or path.
func RoleThere(ctx context.Context, env control.Env, service, arn string) (bool, error) {
	pages := iam.NewListRolesPaginator(iam.NewFromConfig(env.Config), &iam.ListRolesInput{MaxItems: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, err
		}
		for _, r := range page.Roles {
			if aws.ToString(r.Arn) == arn {
				return enters(service, aws.ToString(r.AssumeRolePolicyDocument)), nil
			}
		}
	}
	return false, nil
}

// enters tells that a trust policy lets a service in. What its conditions ask for is the service's to meet.
func enters(service, trust string) bool {
	if strings.HasPrefix(trust, "%") { // as IAM answers
		if plain, err := url.PathUnescape(trust); err == nil {
			trust = plain
		}
	}
	document, err := policydoc.Read(trust)
	if err != nil {
		return false
	}
	all, err := document.Statements()
	return err == nil && slices.ContainsFunc(all, func(s policydoc.Statement) bool {
		return s.LetsService(service, "sts:AssumeRole")
	})
}
