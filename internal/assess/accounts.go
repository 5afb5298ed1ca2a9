package assess

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

// Organization are the calls that tell which accounts a unit has.
type Organization interface {
	organizations.ListAccountsForParentAPIClient
	organizations.ListOrganizationalUnitsForParentAPIClient
}

// AccountsBelow are the active accounts of organizational units, or of a root, and of all units below them.
func AccountsBelow(ctx context.Context, api Organization, units []string) ([]string, error) {
	var accounts []string
	left := slices.Clone(units)
	for seen := map[string]bool{}; len(left) > 0; {
		unit := left[0]
		left = left[1:]
		if seen[unit] {
			continue
		}
		seen[unit] = true
		members := organizations.NewListAccountsForParentPaginator(api,
			&organizations.ListAccountsForParentInput{ParentId: &unit})
		for members.HasMorePages() {
			page, err := members.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("find the accounts of unit %s: %w", unit, err)
			}
			for _, one := range page.Accounts {
				if one.Status == types.AccountStatusActive {
					accounts = append(accounts, aws.ToString(one.Id))
				}
			}
		}
		below := organizations.NewListOrganizationalUnitsForParentPaginator(api,
			&organizations.ListOrganizationalUnitsForParentInput{ParentId: &unit})
		for below.HasMorePages() {
			page, err := below.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("find the units below %s: %w", unit, err)
			}
			for _, one := range page.OrganizationalUnits {
				left = append(left, aws.ToString(one.Id))
			}
		}
	}
	slices.Sort(accounts)
	return slices.Compact(accounts), nil
}
