package enable

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/fault"
)

// How Security Hub is configured for an organization.
const (
	central = "central" // by policies of Security Hub, from the home Region
	local   = "local"   // account by account, Region by Region
)

// securityHub is AWS Security Hub CSPM.
// Source: Security Hub User Guide, integration with AWS Organizations, and central configuration.
type securityHub struct{}

// Name implements Service.
func (securityHub) Name() string { return "securityhub" }

// Policy implements Service.
func (securityHub) Policy() string { return "SECURITYHUB_CSPM_POLICY" }

// Steps implements Service.
func (securityHub) Steps(e Env) []Step {
	h := hubIn{e}
	steps := []Step{
		h.delegated(),
		h.on("hub of the administrator", e.administrator),
	}
	if e.Home() {
		steps = append(steps, h.aggregation(), h.buttons())
	}
	if e.Wish.Services.SecurityHub.Configuration == central {
		if e.Home() {
			steps = append(steps, priced(securityHubPrice(), h.centrally(), h.policy(), h.association())...)
		}
		return append(steps, h.outside()...)
	}
	if e.Organization.Management != e.Wish.Administrator {
		steps = append(steps, h.on("hub of the management account", e.management))
	}
	steps = append(steps, priced(securityHubPrice(), h.newAccounts(), h.members(), h.standards())...)
	return append(steps, h.outside()...)
}

// hubIn is Security Hub in one Region.
type hubIn struct{ Env }

func (hubIn) client(open func() (aws.Config, error)) (*securityhub.Client, error) {
	return opened(open, securityhub.NewFromConfig)
}

func (h hubIn) administrators(ctx context.Context) ([]string, error) {
	client, err := h.client(h.management)
	if err != nil {
		return nil, err
	}
	var there []string
	pages := securityhub.NewListOrganizationAdminAccountsPaginator(
		client,
		&securityhub.ListOrganizationAdminAccountsInput{},
	)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("administrator of Security Hub: %w", err)
		}
		for _, a := range page.AdminAccounts {
			there = append(there, aws.ToString(a.AccountId))
		}
	}
	return there, nil
}

// delegated is the step of the delegation, which is taken back only where Security Hub is not configured centrally:
// there it would leave the accounts without anybody who configures them.
func (h hubIn) delegated() Step {
	const stays = "it is configured centrally: go back to local configuration in the console of Security Hub first"
	if h.Wish.Services.SecurityHub.Configuration == central {
		return h.delegate(delegation{list: h.administrators, name: h.name, stays: stays})
	}
	step := h.delegate(delegation{list: h.administrators, name: h.name, dismiss: h.dismiss, held: h.here(othersHub)})
	look := step.Look
	step.Look = func(ctx context.Context) (Reading, error) {
		r, err := look(ctx)
		if err != nil || r.Back == nil {
			return r, err
		}
		client, err := h.client(func() (aws.Config, error) { return h.Open.As(h.Wish.Administrator, h.Wish.Home) })
		if err != nil {
			return r, err
		}
		out, err := client.DescribeOrganizationConfiguration(ctx, &securityhub.DescribeOrganizationConfigurationInput{})
		switch {
		case err != nil:
			r.Back, r.Stays = nil, "how Security Hub is configured cannot be read: "+said(err)
		case out.OrganizationConfiguration != nil &&
			out.OrganizationConfiguration.ConfigurationType == types.OrganizationConfigurationConfigurationTypeCentral:
			r.Back, r.Stays = nil, stays
		}
		return r, nil
	}
	return step
}

// name goes by Security Hub: what is registered with Organizations it does not know.
func (h hubIn) name(ctx context.Context) error {
	client, err := h.client(h.management)
	if err != nil {
		return err
	}
	_, err = client.EnableOrganizationAdminAccount(ctx, &securityhub.EnableOrganizationAdminAccountInput{
		AdminAccountId: &h.Wish.Administrator, Feature: types.SecurityHubFeatureSecurityHub,
	})
	return wrap("name the administrator of Security Hub", err)
}

func (h hubIn) dismiss(ctx context.Context) error {
	client, err := h.client(h.management)
	if err != nil {
		return err
	}
	_, err = client.DisableOrganizationAdminAccount(ctx, &securityhub.DisableOrganizationAdminAccountInput{
		AdminAccountId: &h.Wish.Administrator,
	})
	return wrap("take the delegation of Security Hub back", err)
}

// on is the step that an account has Security Hub on. No standard comes with it: by default CIS 1.2.0 would.
func (h hubIn) on(name string, open func() (aws.Config, error)) Step {
	return Step{Name: name, Want: "on", Look: func(ctx context.Context) (Reading, error) {
		client, err := h.client(open)
		if err != nil {
			return Reading{}, err
		}
		_, err = client.DescribeHub(ctx, &securityhub.DescribeHubInput{})
		if off(err) {
			return Reading{Is: "off", Price: securityHubPrice(), Stays: "it is off", Set: func(ctx context.Context) error {
				_, err := client.EnableSecurityHub(ctx, &securityhub.EnableSecurityHubInput{
					EnableDefaultStandards:  aws.Bool(false),
					ControlFindingGenerator: types.ControlFindingGeneratorSecurityControl,
				})
				var there *types.ResourceConflictException
				if errors.As(err, &there) {
					return nil
				}
				return wrap("switch Security Hub on", err)
			}}, nil
		}
		if err != nil {
			return Reading{}, fmt.Errorf("hub of the account: %w", err)
		}
		return Reading{Right: true, Is: "on", Stays: "it holds findings"}, nil
	}}
}

// off recognises an account without Security Hub.
func off(err error) bool {
	var denied *types.InvalidAccessException
	var none *types.ResourceNotFoundException
	if errors.As(err, &none) {
		return true
	}
	return errors.As(err, &denied) && strings.Contains(denied.ErrorMessage(), "not subscribed")
}

// aggregation is the step that findings of all Regions come together at home.
func (h hubIn) aggregation() Step {
	want := "every Region, also later ones"
	mode, regions := "ALL_REGIONS", []string(nil)
	if len(h.Wish.Regions) > 0 {
		regions = slices.DeleteFunc(slices.Clone(h.Wish.Regions), func(r string) bool { return r == h.Wish.Home })
		mode, want = "SPECIFIED_REGIONS", strings.Join(regions, ", ")
	}
	if mode == "SPECIFIED_REGIONS" && len(regions) == 0 {
		mode, want = "NO_REGIONS", "no other Region"
	}
	return Step{Name: "aggregation of findings", Want: want, Look: func(ctx context.Context) (Reading, error) {
		client, err := h.client(h.administrator)
		if err != nil {
			return Reading{}, err
		}
		list, err := client.ListFindingAggregators(ctx, &securityhub.ListFindingAggregatorsInput{})
		if err != nil {
			return Reading{}, fmt.Errorf("aggregators of findings: %w", err)
		}
		if len(list.FindingAggregators) == 0 {
			return Reading{Is: "none", Stays: "there is none", Set: func(ctx context.Context) error {
				_, err := client.CreateFindingAggregator(ctx, &securityhub.CreateFindingAggregatorInput{
					RegionLinkingMode: &mode, Regions: regions,
				})
				return wrap("have findings come together", err)
			}}, nil
		}
		return h.aggregator(ctx, client, list.FindingAggregators[0].FindingAggregatorArn, mode, regions)
	}}
}

// aggregator reads the one that there is. What it links already is not unlinked.
func (h hubIn) aggregator(
	ctx context.Context, client *securityhub.Client, arn *string, mode string, regions []string,
) (Reading, error) {
	out, err := client.GetFindingAggregator(ctx, &securityhub.GetFindingAggregatorInput{FindingAggregatorArn: arn})
	if err != nil {
		return Reading{}, fmt.Errorf("aggregator of findings: %w", err)
	}
	if home := aws.ToString(out.FindingAggregationRegion); home != h.Wish.Home {
		return Reading{}, fault.New(fault.Refused, "findings come together in %s already: say home: %s, or delete that "+
			"aggregator first", home, home)
	}
	is := aws.ToString(out.RegionLinkingMode)
	var all []string
	if mode == "SPECIFIED_REGIONS" {
		all = append(slices.Clone(out.Regions), without(regions, out.Regions)...)
	}
	r := Reading{
		Is: strings.TrimSpace(is + " " + strings.Join(out.Regions, " ")),
		Set: func(ctx context.Context) error {
			_, err := client.UpdateFindingAggregator(ctx, &securityhub.UpdateFindingAggregatorInput{
				FindingAggregatorArn: arn, RegionLinkingMode: &mode, Regions: all,
			})
			return wrap("have more findings come together", err)
		},
		Stays: "other Regions' findings would be lost from sight: it stays",
	}
	switch {
	case is == "ALL_REGIONS", is == mode && mode != "SPECIFIED_REGIONS":
		r.Right = true
	case is == "SPECIFIED_REGIONS" && mode == is:
		r.Right = len(without(regions, out.Regions)) == 0
	case is == "SPECIFIED_REGIONS" && mode == "NO_REGIONS":
		r.Right = true
	case is == "ALL_REGIONS_EXCEPT_SPECIFIED":
		r.Left = "every Region but " + strings.Join(out.Regions, ", ") + " is linked; somebody chose that"
	}
	return r, nil
}

// newAccounts is the step that local configuration takes new accounts in, without standards: it knows only AWS's own
// choice of them, which is not what was asked for.
func (h hubIn) newAccounts() Step {
	return Step{
		Name:     "new accounts",
		Want:     "on, without standards",
		ByPolicy: true,
		Look: func(ctx context.Context) (Reading, error) {
			client, err := h.client(h.administrator)
			if err != nil {
				return Reading{}, err
			}
			out, err := client.DescribeOrganizationConfiguration(ctx, &securityhub.DescribeOrganizationConfigurationInput{})
			if err != nil {
				return Reading{}, fmt.Errorf("organization configuration of Security Hub: %w", err)
			}
			if c := out.OrganizationConfiguration; c != nil &&
				c.ConfigurationType == types.OrganizationConfigurationConfigurationTypeCentral {
				return Reading{}, fault.New(fault.Refused, "Security Hub is configured centrally there: say configuration: "+
					"central, or go back to local configuration in its console first")
			}
			update := func(on bool) func(context.Context) error {
				return func(ctx context.Context) error {
					_, err := client.UpdateOrganizationConfiguration(ctx, &securityhub.UpdateOrganizationConfigurationInput{
						AutoEnable: &on, AutoEnableStandards: types.AutoEnableStandardsNone,
					})
					return wrap("have Security Hub take in new accounts", err)
				}
			}
			if aws.ToBool(out.AutoEnable) {
				return Reading{
					Right: true,
					Is:    "on, standards " + strings.ToLower(string(out.AutoEnableStandards)),
					Back:  update(false),
				}, nil
			}
			return Reading{Is: "off", Set: update(true), Price: securityHubPrice(), Stays: "they are not taken in"}, nil
		},
	}
}

func (h hubIn) members() Step {
	step := h.enrol(enrolment{
		list: h.relations, on: "Enabled", batch: 50, price: securityHubPrice(),
		add: h.enrolThese,
	})
	step.ByPolicy = true
	return step
}

func (h hubIn) enrolThese(ctx context.Context, accounts []Account) (Refusals, error) {
	client, err := h.client(h.administrator)
	if err != nil {
		return nil, err
	}
	in := &securityhub.CreateMembersInput{}
	for _, a := range accounts {
		in.AccountDetails = append(in.AccountDetails, types.AccountDetails{AccountId: &a.ID, Email: &a.Email})
	}
	out, err := client.CreateMembers(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("enrol %d accounts in Security Hub: %w", len(accounts), err)
	}
	return refusals(out.UnprocessedAccounts), nil
}

func (h hubIn) relations(ctx context.Context) (map[string]string, error) {
	client, err := h.client(h.administrator)
	if err != nil {
		return nil, err
	}
	there := map[string]string{}
	pages := securityhub.NewListMembersPaginator(client, &securityhub.ListMembersInput{OnlyAssociated: aws.Bool(false)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("members of Security Hub: %w", err)
		}
		for _, m := range page.Members {
			there[aws.ToString(m.AccountId)] = aws.ToString(m.MemberStatus)
		}
	}
	return there, nil
}

// Accounts implements Service.
func (securityHub) Accounts(ctx context.Context, e Env) ([]AccountState, error) {
	h := hubIn{e}
	there, err := h.relations(ctx)
	if err != nil {
		return nil, err
	}
	on := map[string][]string{}
	if e.Wish.Services.SecurityHub.Configuration == central {
		if on, err = h.associated(ctx); err != nil {
			return nil, err
		}
	} else {
		on = h.subscribed(ctx)
	}
	return e.states(there, func(account string) []string { return on[account] }), nil
}
