package enable

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/guardduty/types"

	"github.com/salve-security/salve/internal/fault"
)

// guardDuty is Amazon GuardDuty. The administrator has to be the same in every Region.
// Source: GuardDuty User Guide, managing accounts with AWS Organizations.
type guardDuty struct{}

// Name implements Service.
func (guardDuty) Name() string { return "guardduty" }

// Policy implements Service.
func (guardDuty) Policy() string { return "GUARDDUTY_POLICY" }

// plans are the protection plans that can be chosen. Runtime monitoring of EKS alone is part of RUNTIME_MONITORING.
func plans() []string {
	return []string{
		"S3_DATA_EVENTS", "EKS_AUDIT_LOGS", "EBS_MALWARE_PROTECTION", "RDS_LOGIN_EVENTS", "LAMBDA_NETWORK_LOGS",
		"RUNTIME_MONITORING",
	}
}

// Steps implements Service.
func (guardDuty) Steps(e Env) []Step {
	g := guardDutyIn{e}
	steps := []Step{
		e.delegate(delegation{list: g.administrators, name: g.name, dismiss: g.dismiss, held: e.here(othersGuardDuty)}),
	}
	steps = append(steps, g.detector("detector of the administrator", e.administrator, e.Wish.Services.GuardDuty.Plans))
	if e.Organization.Management != e.Wish.Administrator {
		steps = append(steps, g.detector("detector of the management account", e.management, nil))
	}
	steps = append(steps, priced(guardDutyPrice(e.Wish.Services.GuardDuty.Plans), g.newAccounts(), g.members())...)
	return append(steps, g.outside()...)
}

// guardDutyIn is GuardDuty in one Region.
type guardDutyIn struct{ Env }

func (guardDutyIn) client(open func() (aws.Config, error)) (*guardduty.Client, error) {
	return opened(open, guardduty.NewFromConfig)
}

func (g guardDutyIn) administrators(ctx context.Context) ([]string, error) {
	client, err := g.client(g.management)
	if err != nil {
		return nil, err
	}
	var there []string
	pages := guardduty.NewListOrganizationAdminAccountsPaginator(client, &guardduty.ListOrganizationAdminAccountsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("administrator of GuardDuty: %w", err)
		}
		for _, a := range page.AdminAccounts {
			there = append(there, aws.ToString(a.AdminAccountId))
		}
	}
	return there, nil
}

// name gives the administrator its detector first: one that GuardDuty makes for it there has all plans that are billed.
func (g guardDutyIn) name(ctx context.Context) error {
	client, err := g.client(g.management)
	if err != nil {
		return err
	}
	if err := g.detector("", g.administrator, g.Wish.Services.GuardDuty.Plans).ensure(ctx); err != nil {
		return err
	}
	_, err = client.EnableOrganizationAdminAccount(ctx, &guardduty.EnableOrganizationAdminAccountInput{
		AdminAccountId: &g.Wish.Administrator,
	})
	return wrap("name GuardDuty's administrator", err)
}

func (g guardDutyIn) dismiss(ctx context.Context) error {
	client, err := g.client(g.management)
	if err != nil {
		return err
	}
	_, err = client.DisableOrganizationAdminAccount(ctx, &guardduty.DisableOrganizationAdminAccountInput{
		AdminAccountId: &g.Wish.Administrator,
	})
	return wrap("take the delegation of GuardDuty back", err)
}

// detector is the step that an account has a detector that is on, with the plans at least. One that is made gets no
// other plan: without being told, GuardDuty would switch on all that are billed.
func (g guardDutyIn) detector(name string, open func() (aws.Config, error), wanted []string) Step {
	want := "on" + with(wanted)
	return Step{Name: name, Want: want, ByPolicy: true, Look: func(ctx context.Context) (Reading, error) {
		client, err := g.client(open)
		if err != nil {
			return Reading{}, err
		}
		id, err := detectorOf(ctx, client)
		if err != nil {
			return Reading{}, err
		}
		stays := "a detector holds findings: it stays"
		if id == "" {
			return Reading{
				Is:    "none",
				Price: guardDutyPrice(wanted),
				Stays: "there is none",
				Set: func(ctx context.Context) error {
					_, err := client.CreateDetector(ctx, &guardduty.CreateDetectorInput{
						Enable: aws.Bool(true), Features: features(plans(), wanted),
					})
					return wrap("make a detector", err)
				},
			}, nil
		}
		out, err := client.GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: &id})
		if err != nil {
			return Reading{}, fmt.Errorf("detector %s: %w", id, err)
		}
		on := detected(out.Features)
		missing := without(wanted, on)
		if out.Status == types.DetectorStatusEnabled && len(missing) == 0 {
			return Reading{Right: true, Is: want, Stays: stays}, nil
		}
		return Reading{
			Is: strings.ToLower(string(out.Status)) + with(on), Price: guardDutyPrice(missing), Stays: stays,
			Set: func(ctx context.Context) error {
				_, err := client.UpdateDetector(ctx, &guardduty.UpdateDetectorInput{
					DetectorId: &id, Enable: aws.Bool(true), Features: features(missing, missing),
				})
				return wrap("switch the detector on", err)
			},
		}, nil
	}}
}

// detected are the plans that are on.
func detected(features []types.DetectorFeatureConfigurationResult) []string {
	on := []string{}
	for _, f := range features {
		if f.Status == types.FeatureStatusEnabled {
			on = append(on, string(f.Name))
		}
	}
	return on
}

// detectorOf is the one detector that an account may have in a Region, "" where it has none.
func detectorOf(ctx context.Context, client *guardduty.Client) (string, error) {
	out, err := client.ListDetectors(ctx, &guardduty.ListDetectorsInput{})
	if err != nil {
		return "", fmt.Errorf("detectors: %w", err)
	}
	if len(out.DetectorIds) == 0 {
		return "", nil
	}
	return out.DetectorIds[0], nil
}

// features switches on those of known that are wanted, and the others off.
func features(known, wanted []string) []types.DetectorFeatureConfiguration {
	var all []types.DetectorFeatureConfiguration
	for _, name := range known {
		status := types.FeatureStatusDisabled
		if slices.Contains(wanted, name) {
			status = types.FeatureStatusEnabled
		}
		all = append(all, types.DetectorFeatureConfiguration{Name: types.DetectorFeature(name), Status: status})
	}
	return all
}

// delegated is the administrator's client with its detector.
func (g guardDutyIn) delegated(ctx context.Context) (*guardduty.Client, string, error) {
	client, err := g.client(g.administrator)
	if err != nil {
		return nil, "", err
	}
	id, err := detectorOf(ctx, client)
	if err == nil && id == "" {
		err = fault.New(fault.Retry, "the administrator has no detector in %s yet", g.Region)
	}
	return client, id, err
}

// newAccounts is the step that GuardDuty takes every account in by itself. ALL and not NEW: in a Region that is enabled
// later, NEW forgets the accounts that are there.
func (g guardDutyIn) newAccounts() Step {
	wanted := g.Wish.Services.GuardDuty.Plans
	return Step{
		Name:     "new accounts",
		Want:     "all" + with(wanted),
		ByPolicy: true,
		Look: func(ctx context.Context) (Reading, error) {
			client, id, err := g.delegated(ctx)
			if err != nil {
				return Reading{}, err
			}
			mode, on, err := organizationPlans(ctx, client, id)
			if err != nil {
				return Reading{}, err
			}
			missing := without(wanted, on)
			type change = func(context.Context) error
			update := func(members types.AutoEnableMembers, status types.OrgFeatureStatus, names []string) change {
				return func(ctx context.Context) error {
					in := &guardduty.UpdateOrganizationConfigurationInput{DetectorId: &id, AutoEnableOrganizationMembers: members}
					for _, name := range names {
						in.Features = append(in.Features, types.OrganizationFeatureConfiguration{
							Name: types.OrgFeature(name), AutoEnable: status,
						})
					}
					_, err := client.UpdateOrganizationConfiguration(ctx, in)
					return wrap("have GuardDuty take in accounts", err)
				}
			}
			r := Reading{
				Right: mode == types.AutoEnableMembersAll && len(missing) == 0, Is: strings.ToLower(string(mode)) + with(on),
				Set:   update(types.AutoEnableMembersAll, types.OrgFeatureStatusAll, missing),
				Price: guardDutyPrice(missing), Stays: "accounts are taken in by nobody",
			}
			if mode != types.AutoEnableMembersNone {
				r.Back = update(types.AutoEnableMembersNone, types.OrgFeatureStatusNone, on)
			}
			return r, nil
		},
	}
}

// organizationPlans reads which accounts GuardDuty takes in, and the plans that all of them get.
func organizationPlans(
	ctx context.Context,
	client *guardduty.Client,
	id string,
) (types.AutoEnableMembers, []string, error) {
	var mode types.AutoEnableMembers
	var on []string
	pages := guardduty.NewDescribeOrganizationConfigurationPaginator(client,
		&guardduty.DescribeOrganizationConfigurationInput{DetectorId: &id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", nil, fmt.Errorf("organization configuration of GuardDuty: %w", err)
		}
		mode = page.AutoEnableOrganizationMembers
		for _, f := range page.Features {
			if f.AutoEnable == types.OrgFeatureStatusAll {
				on = append(on, string(f.Name))
			}
		}
	}
	return mode, on, nil
}

func (g guardDutyIn) members() Step {
	step := g.enrol(enrolment{
		list: g.relations, on: "Enabled", batch: 50, price: guardDutyPrice(g.Wish.Services.GuardDuty.Plans),
		add: g.enrolThese,
	})
	step.ByPolicy = true
	return step
}

func (g guardDutyIn) enrolThese(ctx context.Context, accounts []Account) (Refusals, error) {
	client, id, err := g.delegated(ctx)
	if err != nil {
		return nil, err
	}
	in := &guardduty.CreateMembersInput{DetectorId: &id}
	for _, a := range accounts {
		in.AccountDetails = append(in.AccountDetails, types.AccountDetail{AccountId: &a.ID, Email: &a.Email})
	}
	out, err := client.CreateMembers(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("enrol %d accounts in GuardDuty: %w", len(accounts), err)
	}
	return unprocessed(out.UnprocessedAccounts), nil
}

func (g guardDutyIn) relations(ctx context.Context) (map[string]string, error) {
	client, id, err := g.delegated(ctx)
	if err != nil {
		return nil, err
	}
	there := map[string]string{}
	pages := guardduty.NewListMembersPaginator(client, &guardduty.ListMembersInput{DetectorId: &id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("members of GuardDuty: %w", err)
		}
		for _, m := range page.Members {
			there[aws.ToString(m.AccountId)] = aws.ToString(m.RelationshipStatus)
		}
	}
	return there, nil
}

// Accounts implements Service.
func (guardDuty) Accounts(ctx context.Context, e Env) ([]AccountState, error) {
	g := guardDutyIn{e}
	there, err := g.relations(ctx)
	if err != nil {
		return nil, err
	}
	client, id, err := g.delegated(ctx)
	if err != nil {
		return nil, err
	}
	own, err := client.GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: &id})
	if err != nil {
		return nil, fmt.Errorf("detector %s: %w", id, err)
	}
	on := map[string][]string{e.Wish.Administrator: detected(own.Features)}
	for batch := range slices.Chunk(enrolled(there, "Enabled"), 50) {
		out, err := client.GetMemberDetectors(ctx, &guardduty.GetMemberDetectorsInput{DetectorId: &id, AccountIds: batch})
		if err != nil {
			return nil, fmt.Errorf("plans of members: %w", err)
		}
		for _, m := range out.MemberDataSourceConfigurations {
			for _, f := range m.Features {
				if f.Status == types.FeatureStatusEnabled {
					on[aws.ToString(m.AccountId)] = append(on[aws.ToString(m.AccountId)], string(f.Name))
				}
			}
		}
	}
	return e.states(there, func(account string) []string { return on[account] }), nil
}
