package rollout

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/salve-security/salve/internal/fault"
)

// Organisation are the calls that say who may deploy to units, and which there are.
type Organisation interface {
	DescribeOrganization(context.Context, *organizations.DescribeOrganizationInput, ...func(*organizations.Options)) (
		*organizations.DescribeOrganizationOutput, error)
	ListDelegatedAdministrators(context.Context, *organizations.ListDelegatedAdministratorsInput,
		...func(*organizations.Options)) (*organizations.ListDelegatedAdministratorsOutput, error)
	ListRoots(context.Context, *organizations.ListRootsInput, ...func(*organizations.Options)) (
		*organizations.ListRootsOutput, error)
}

// stackSetService is CloudFormation as Organizations knows it, where it deploys to units.
const stackSetService = "member.org.stacksets.cloudformation.amazonaws.com"

// Management is the account of the organisation that StackSets skip.
func Management(ctx context.Context, org Organisation) (string, error) {
	out, err := org.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	if err != nil {
		return "", fmt.Errorf("look at the organisation: %w", err)
	}
	return aws.ToString(out.Organization.MasterAccountId), nil
}

// trusted is how the account calls StackSets, and refuses where it may not, with what the management account does about
// it.
func (u Units) trusted(ctx context.Context) (types.CallAs, error) {
	hub := u.Members.Place.Account
	management, err := Management(ctx, u.Org)
	if err != nil {
		return "", err
	}
	as := types.CallAsSelf
	if management != hub {
		as = types.CallAsDelegatedAdmin
		delegated, err := u.delegated(ctx)
		if err != nil {
			return "", err
		}
		if !slices.Contains(delegated, hub) {
			return "", fault.New(fault.Refused, "account %s may not deploy to units: in the management account %s, run aws "+
				"cloudformation activate-organizations-access, then aws organizations register-delegated-administrator "+
				"--account-id %s --service-principal %s", hub, management, hub, stackSetService)
		}
	}
	out, err := u.API.DescribeOrganizationsAccess(ctx, &cfn.DescribeOrganizationsAccessInput{CallAs: as})
	if err != nil {
		return "", fmt.Errorf("whether StackSets may reach the organisation: %w", err)
	}
	if out.Status != types.OrganizationStatusEnabled {
		return "", fault.New(fault.Refused, "StackSets have no trusted access to the organisation (%s): in the management "+
			"account %s, run aws cloudformation activate-organizations-access", out.Status, management)
	}
	return as, nil
}

// delegated are the accounts that may deploy to units besides the management account.
func (u Units) delegated(ctx context.Context) ([]string, error) {
	in := &organizations.ListDelegatedAdministratorsInput{ServicePrincipal: aws.String(stackSetService)}
	var all []string
	for {
		out, err := u.Org.ListDelegatedAdministrators(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("who may deploy to units of the organisation: %w", err)
		}
		for _, a := range out.DelegatedAdministrators {
			all = append(all, aws.ToString(a.Id))
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all, nil
		}
	}
}

// targets are the units that the StackSet shall reach.
func (u Units) targets(ctx context.Context) ([]string, error) {
	form := regexp.MustCompile(`^(ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}|r-[a-z0-9]{4,32})$`)
	for _, id := range u.IDs {
		if !form.MatchString(id) {
			return nil, fault.New(fault.Invalid, "%q is no unit of an organisation: it is called such as ou-ab12-cd34ef56, or "+
				"the root r-ab12", id)
		}
	}
	if !u.All {
		return u.IDs, nil
	}
	out, err := u.Org.ListRoots(ctx, &organizations.ListRootsInput{})
	if err != nil {
		return nil, fmt.Errorf("find the root of the organisation: %w", err)
	}
	if len(out.Roots) != 1 {
		return nil, fault.New(fault.Refused, "the organisation has %d roots: name units with --ou", len(out.Roots))
	}
	return []string{aws.ToString(out.Roots[0].Id)}, nil
}
