package enable

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"

	"github.com/salve-security/salve/internal/fault"
)

// Organization is what AWS Organizations says of one.
type Organization struct {
	ID         string
	Partition  string // "aws"
	Management string
	Root       string
	Accounts   []Account       // active ones, by id
	Trusted    map[string]bool // principals of services that may act in it
	Policies   map[string]bool // types of policies that exist and switch services on, such as GUARDDUTY_POLICY
	// ControlTower is true where AWS Control Tower has set the organization up; Audit is its account for that, if there is
	// one.
	ControlTower bool
	Audit        string
}

// Account is a member of the organization, or its management account.
type Account struct{ ID, Name, Email string }

// towerPrincipal is trusted where AWS Control Tower is at work.
const towerPrincipal = "controltower.amazonaws.com"

// Read asks AWS Organizations, with credentials of the management account or of a delegated administrator.
func Read(ctx context.Context, cfg aws.Config) (Organization, error) {
	client := organizations.NewFromConfig(cfg)
	out, err := client.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	var none *types.AWSOrganizationsNotInUseException
	if errors.As(err, &none) {
		return Organization{}, fault.New(fault.Refused, "this account is in no organization: create one, or switch the "+
			"services on account by account")
	}
	if err != nil {
		return Organization{}, fmt.Errorf("the organization: %w", err)
	}
	o := Organization{
		ID: aws.ToString(out.Organization.Id), Management: aws.ToString(out.Organization.MasterAccountId),
		Partition: strings.Split(aws.ToString(out.Organization.Arn)+"::", ":")[1],
		Trusted:   map[string]bool{}, Policies: map[string]bool{},
	}
	if out.Organization.FeatureSet != types.OrganizationFeatureSetAll {
		return o, fault.New(fault.Refused, "the organization has consolidated billing only: switch all features on first "+
			"(aws organizations enable-all-features)")
	}
	for _, read := range []func(context.Context, *organizations.Client) error{o.root, o.accounts, o.trusted, o.policies} {
		if err := read(ctx, client); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (o *Organization) root(ctx context.Context, client *organizations.Client) error {
	pages := organizations.NewListRootsPaginator(client, &organizations.ListRootsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("the root of the organization: %w", err)
		}
		for _, root := range page.Roots {
			o.Root = aws.ToString(root.Id)
		}
	}
	return nil
}

// accounts reads those that are active: nothing can be switched on in one that is suspended.
func (o *Organization) accounts(ctx context.Context, client *organizations.Client) error {
	pages := organizations.NewListAccountsPaginator(client, &organizations.ListAccountsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("accounts of the organization: %w", err)
		}
		for _, a := range page.Accounts {
			if a.Status != types.AccountStatusActive {
				continue
			}
			o.Accounts = append(o.Accounts, Account{
				ID: aws.ToString(a.Id), Name: aws.ToString(a.Name), Email: aws.ToString(a.Email),
			})
			if strings.EqualFold(aws.ToString(a.Name), "audit") {
				o.Audit = aws.ToString(a.Id)
			}
		}
	}
	slices.SortFunc(o.Accounts, func(a, b Account) int { return strings.Compare(a.ID, b.ID) })
	return nil
}

func (o *Organization) trusted(ctx context.Context, client *organizations.Client) error {
	all, err := trustedBy(ctx, client)
	if err != nil {
		return err
	}
	for _, principal := range all {
		o.Trusted[principal] = true
	}
	o.ControlTower = o.Trusted[towerPrincipal]
	if !o.ControlTower {
		o.Audit = ""
	}
	return nil
}

// policies looks for those that switch services on: where one exists, it decides and not the service's own settings.
func (o *Organization) policies(ctx context.Context, client *organizations.Client) error {
	for _, s := range Services() {
		kind := types.PolicyType(s.Policy())
		if kind == "" || o.Policies[s.Policy()] {
			continue
		}
		pages := organizations.NewListPoliciesPaginator(client, &organizations.ListPoliciesInput{Filter: kind})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			var invalid *types.InvalidInputException // a partition that has no such policies yet
			if errors.As(err, &invalid) {
				break
			}
			if err != nil {
				return fmt.Errorf("policies of type %s: %w", kind, err)
			}
			if len(page.Policies) > 0 {
				o.Policies[s.Policy()] = true
			}
		}
	}
	return nil
}

// Has tells whether an account is an active one of the organization.
func (o Organization) Has(account string) bool {
	return slices.ContainsFunc(o.Accounts, func(a Account) bool { return a.ID == account })
}

// NotEnabled is a Region that one of the two accounts has not enabled.
type NotEnabled struct {
	Region, Account string
	Enabled         []string // Regions that the account has
}

// Error says what to do about it.
func (n NotEnabled) Error() string {
	return "Region " + n.Region + " is not enabled in account " + n.Account + ": enable it there (aws account " +
		"enable-region), or leave it out"
}

// Common are the Regions that are enabled in the management account and in the administrator's, and those that are in
// the first alone. Of those that were named each has to be in both: NotEnabled, as fault.Refused, is the first that is
// not.
func (o Organization) Common(
	ctx context.Context, open Opener, w Wish, more ...string,
) (both, left []string, err error) {
	enabled := map[string][]string{}
	accounts := []string{o.Management, w.Administrator}
	for _, account := range accounts {
		cfg, err := open.As(account, w.Home)
		if err != nil {
			return nil, nil, err
		}
		if enabled[account], err = Regions(ctx, cfg); err != nil {
			return nil, nil, fmt.Errorf("account %s: %w", account, err)
		}
	}
	for _, region := range slices.Concat([]string{w.Home}, w.Regions, more) {
		for _, account := range accounts {
			if !slices.Contains(enabled[account], region) {
				return nil, nil, fault.Wrap(fault.Refused, NotEnabled{region, account, enabled[account]})
			}
		}
	}
	for _, region := range enabled[o.Management] {
		if slices.Contains(enabled[w.Administrator], region) {
			both = append(both, region)
		} else {
			left = append(left, region)
		}
	}
	return both, left, nil
}

// Regions are those that are enabled in the account, by name.
func Regions(ctx context.Context, cfg aws.Config) ([]string, error) {
	out, err := ec2.NewFromConfig(cfg).DescribeRegions(ctx, &ec2.DescribeRegionsInput{})
	if err != nil {
		return nil, fmt.Errorf("Regions of the account: %w", err)
	}
	var regions []string
	for _, r := range out.Regions {
		if aws.ToString(r.OptInStatus) != "not-opted-in" {
			regions = append(regions, aws.ToString(r.RegionName))
		}
	}
	slices.Sort(regions)
	return regions, nil
}

// Administrator is the account that Security Hub is delegated to in the Region, "" where nobody is.
func Administrator(ctx context.Context, management aws.Config) (string, error) {
	out, err := securityhub.NewFromConfig(management).ListOrganizationAdminAccounts(ctx,
		&securityhub.ListOrganizationAdminAccountsInput{})
	if err != nil {
		return "", fmt.Errorf("administrator of Security Hub: %w", err)
	}
	for _, a := range out.AdminAccounts {
		return aws.ToString(a.AccountId), nil
	}
	return "", nil
}
