package enable

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/inspector2"
	"github.com/aws/aws-sdk-go-v2/service/inspector2/types"
)

// inspector is Amazon Inspector.
// Source: Inspector User Guide, managing multiple accounts with AWS Organizations.
type inspector struct{}

// Name implements Service.
func (inspector) Name() string { return "inspector" }

// Policy implements Service.
func (inspector) Policy() string { return "INSPECTOR_POLICY" }

// scans are the types of scans that can be chosen.
func scans() []string { return []string{"ec2", "ecr", "lambda", "lambdaCode", "codeRepository"} }

// scanTypes are what Enable calls them.
func scanTypes(scans []string) []types.ResourceScanType {
	known := map[string]types.ResourceScanType{
		"ec2": types.ResourceScanTypeEc2, "ecr": types.ResourceScanTypeEcr, "lambda": types.ResourceScanTypeLambda,
		"lambdaCode": types.ResourceScanTypeLambdaCode, "codeRepository": types.ResourceScanTypeCodeRepository,
	}
	var all []types.ResourceScanType
	for _, name := range scans {
		all = append(all, known[name])
	}
	return all
}

// Steps implements Service.
func (inspector) Steps(e Env) []Step {
	i := inspectorIn{e}
	steps := []Step{
		e.delegate(delegation{list: i.administrators, name: i.name, dismiss: i.dismiss, held: e.here(othersInspector)}),
	}
	return append(steps, priced(inspectorPrice(e.Wish.Services.Inspector.Scans),
		i.scanned("scans of the administrator", []string{e.Wish.Administrator}),
		i.newAccounts(),
		i.members(),
		i.scanned("scans of the accounts", i.others()),
	)...)
}

// inspectorIn is Inspector in one Region.
type inspectorIn struct{ Env }

func (inspectorIn) client(open func() (aws.Config, error)) (*inspector2.Client, error) {
	return opened(open, inspector2.NewFromConfig)
}

func (i inspectorIn) others() []string {
	var others []string
	for _, a := range i.Organization.Accounts {
		if a.ID != i.Wish.Administrator {
			others = append(others, a.ID)
		}
	}
	return others
}

func (i inspectorIn) administrators(ctx context.Context) ([]string, error) {
	client, err := i.client(i.management)
	if err != nil {
		return nil, err
	}
	var there []string
	pages := inspector2.NewListDelegatedAdminAccountsPaginator(client, &inspector2.ListDelegatedAdminAccountsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("administrator of Inspector: %w", err)
		}
		for _, a := range page.DelegatedAdminAccounts {
			there = append(there, aws.ToString(a.AccountId))
		}
	}
	return there, nil
}

func (i inspectorIn) name(ctx context.Context) error {
	client, err := i.client(i.management)
	if err != nil {
		return err
	}
	_, err = client.EnableDelegatedAdminAccount(ctx, &inspector2.EnableDelegatedAdminAccountInput{
		DelegatedAdminAccountId: &i.Wish.Administrator,
	})
	return wrap("name Inspector's administrator", err)
}

func (i inspectorIn) dismiss(ctx context.Context) error {
	client, err := i.client(i.management)
	if err != nil {
		return err
	}
	_, err = client.DisableDelegatedAdminAccount(ctx, &inspector2.DisableDelegatedAdminAccountInput{
		DelegatedAdminAccountId: &i.Wish.Administrator,
	})
	return wrap("take the delegation of Inspector back", err)
}

// scanned is the step that accounts are scanned for what was chosen. What else is on there stays.
func (i inspectorIn) scanned(name string, accounts []string) Step {
	wanted := i.Wish.Services.Inspector.Scans
	return Step{
		Name:     name,
		Want:     strings.Join(wanted, ", "),
		ByPolicy: true,
		Look: func(ctx context.Context) (Reading, error) {
			on, err := i.on(ctx, accounts)
			if err != nil {
				return Reading{}, err
			}
			var missing []string
			for _, account := range accounts {
				if len(without(wanted, on[account])) > 0 {
					missing = append(missing, account)
				}
			}
			return Reading{
				Right: len(missing) == 0, Is: fmt.Sprintf("on in %d of %d", len(accounts)-len(missing), len(accounts)),
				Price: inspectorPrice(wanted), Stays: "scans stay on: the administrator switches them off in Inspector",
				Set: func(ctx context.Context) error { return i.scan(ctx, missing) },
			}, nil
		},
	}
}

// on are the types of scans that are on, by account.
func (i inspectorIn) on(ctx context.Context, accounts []string) (map[string][]string, error) {
	client, err := i.client(i.administrator)
	if err != nil {
		return nil, err
	}
	on := map[string][]string{}
	for batch := range slices.Chunk(accounts, 100) {
		out, err := client.BatchGetAccountStatus(ctx, &inspector2.BatchGetAccountStatusInput{AccountIds: batch})
		if err != nil {
			return nil, fmt.Errorf("status of Inspector: %w", err)
		}
		for _, a := range out.Accounts {
			r := a.ResourceState
			if r == nil {
				continue
			}
			states := map[string]*types.State{
				"ec2": r.Ec2, "ecr": r.Ecr, "lambda": r.Lambda, "lambdaCode": r.LambdaCode, "codeRepository": r.CodeRepository,
			}
			for _, name := range scans() {
				s := states[name]
				if s != nil && (s.Status == types.StatusEnabled || s.Status == types.StatusEnabling) {
					on[aws.ToString(a.AccountId)] = append(on[aws.ToString(a.AccountId)], name)
				}
			}
		}
	}
	return on, nil
}

// scan switches scans on; accounts that Inspector does not take are named.
func (i inspectorIn) scan(ctx context.Context, accounts []string) error {
	client, err := i.client(i.administrator)
	if err != nil {
		return err
	}
	refused := Refusals{}
	for batch := range slices.Chunk(accounts, 100) {
		out, err := client.Enable(ctx, &inspector2.EnableInput{
			AccountIds: batch, ResourceTypes: scanTypes(i.Wish.Services.Inspector.Scans),
		})
		if err != nil {
			return fmt.Errorf("switch scans on: %w", err)
		}
		for _, f := range out.FailedAccounts {
			if f.ErrorCode != types.ErrorCodeAlreadyEnabled && f.ErrorCode != types.ErrorCodeEnableInProgress {
				refused[aws.ToString(f.AccountId)] = aws.ToString(f.ErrorMessage)
			}
		}
	}
	if len(refused) > 0 {
		return refused
	}
	return nil
}

// newAccounts is the step that new accounts are scanned by themselves.
func (i inspectorIn) newAccounts() Step {
	wanted := i.Wish.Services.Inspector.Scans
	return Step{
		Name:     "new accounts",
		Want:     strings.Join(wanted, ", "),
		ByPolicy: true,
		Look: func(ctx context.Context) (Reading, error) {
			client, err := i.client(i.administrator)
			if err != nil {
				return Reading{}, err
			}
			out, err := client.DescribeOrganizationConfiguration(ctx, &inspector2.DescribeOrganizationConfigurationInput{})
			if err != nil {
				return Reading{}, fmt.Errorf("organization configuration of Inspector: %w", err)
			}
			on := automatic(out.AutoEnable)
			update := func(scans []string) func(context.Context) error {
				return func(ctx context.Context) error {
					_, err := client.UpdateOrganizationConfiguration(ctx, &inspector2.UpdateOrganizationConfigurationInput{
						AutoEnable: automatically(scans),
					})
					return wrap("have Inspector take in new accounts", err)
				}
			}
			r := Reading{
				Right: len(without(wanted, on)) == 0, Is: strings.Join(on, ", "), Price: inspectorPrice(wanted),
				Set: update(append(slices.Clone(on), wanted...)), Stays: "new accounts are taken in by nobody",
			}
			if len(on) == 0 {
				r.Is = "none"
			} else {
				r.Back = update(nil)
			}
			return r, nil
		},
	}
}

func automatic(a *types.AutoEnable) []string {
	if a == nil {
		return nil
	}
	states := map[string]*bool{
		"ec2": a.Ec2, "ecr": a.Ecr, "lambda": a.Lambda, "lambdaCode": a.LambdaCode, "codeRepository": a.CodeRepository,
	}
	var on []string
	for _, name := range scans() {
		if aws.ToBool(states[name]) {
			on = append(on, name)
		}
	}
	return on
}

func automatically(names []string) *types.AutoEnable {
	on := func(name string) *bool { return aws.Bool(slices.Contains(names, name)) }
	return &types.AutoEnable{
		Ec2: on(
			"ec2",
		), Ecr: on("ecr"), Lambda: on("lambda"), LambdaCode: on("lambdaCode"), CodeRepository: on("codeRepository"),
	}
}

func (i inspectorIn) members() Step {
	step := i.enrol(enrolment{
		list: i.relations, on: string(types.RelationshipStatusEnabled), batch: 1,
		add: func(ctx context.Context, accounts []Account) (Refusals, error) {
			client, err := i.client(i.administrator)
			if err != nil {
				return nil, err
			}
			_, err = client.AssociateMember(ctx, &inspector2.AssociateMemberInput{AccountId: &accounts[0].ID})
			return one(accounts[0].ID, err)
		},
	})
	step.ByPolicy = true
	return step
}

func (i inspectorIn) relations(ctx context.Context) (map[string]string, error) {
	client, err := i.client(i.administrator)
	if err != nil {
		return nil, err
	}
	there := map[string]string{}
	pages := inspector2.NewListMembersPaginator(client, &inspector2.ListMembersInput{OnlyAssociated: aws.Bool(false)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("members of Inspector: %w", err)
		}
		for _, m := range page.Members {
			there[aws.ToString(m.AccountId)] = string(m.RelationshipStatus)
		}
	}
	return there, nil
}

// Accounts implements Service.
func (inspector) Accounts(ctx context.Context, e Env) ([]AccountState, error) {
	i := inspectorIn{e}
	there, err := i.relations(ctx)
	if err != nil {
		return nil, err
	}
	on, err := i.on(ctx, append(enrolled(there, string(types.RelationshipStatusEnabled)), e.Wish.Administrator))
	if err != nil {
		return nil, err
	}
	return e.states(there, func(account string) []string { return on[account] }), nil
}
