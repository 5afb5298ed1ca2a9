package enable

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/detective"
	"github.com/aws/aws-sdk-go-v2/service/detective/types"

	"github.com/salve-security/salve/internal/fault"
)

// detectivePrincipal is Detective, as AWS Organizations knows it.
const detectivePrincipal = "detective.amazonaws.com"

// investigator is Amazon Detective. Whom AWS Organizations has as delegated administrator, or the management account,
// must be its administrator.
// Source: Detective User Guide, designating the administrator account for an organization.
type investigator struct{}

// Name implements Service.
func (investigator) Name() string { return "detective" }

// Policy implements Service.
func (investigator) Policy() string { return "" }

// Steps implements Service.
func (investigator) Steps(e Env) []Step {
	d := detectiveIn{e}
	steps := []Step{
		e.delegate(delegation{
			list: d.administrators, name: d.name,
			stays: "Detective would delete the graph with all that it has gathered: take the delegation back in Detective",
		}),
	}
	return append(steps, priced(detectivePrice(), d.newAccounts(), d.members())...)
}

// detectiveIn is Detective in one Region.
type detectiveIn struct{ Env }

func (detectiveIn) client(open func() (aws.Config, error)) (*detective.Client, error) {
	return opened(open, detective.NewFromConfig)
}

// administrators are the one that the Region has, or whom AWS Organizations would not let another take the place of.
func (d detectiveIn) administrators(ctx context.Context) ([]string, error) {
	client, err := d.client(d.management)
	if err != nil {
		return nil, err
	}
	var there []string
	pages := detective.NewListOrganizationAdminAccountsPaginator(client, &detective.ListOrganizationAdminAccountsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("administrator of Detective: %w", err)
		}
		for _, a := range page.Administrators {
			there = append(there, aws.ToString(a.AccountId))
		}
	}
	if len(there) > 0 || d.Wish.Administrator == d.Organization.Management {
		return there, nil
	}
	organizations, err := d.organizations()
	if err != nil {
		return nil, err
	}
	registered, err := registeredFor(ctx, organizations, detectivePrincipal)
	if err != nil || slices.Contains(registered, d.Wish.Administrator) {
		return nil, err
	}
	return registered, nil
}

func (d detectiveIn) name(ctx context.Context) error {
	client, err := d.client(d.management)
	if err != nil {
		return err
	}
	_, err = client.EnableOrganizationAdminAccount(ctx, &detective.EnableOrganizationAdminAccountInput{
		AccountId: &d.Wish.Administrator,
	})
	return wrap("name Detective's administrator", err)
}

// delegated is the administrator's client with the graph, of which there is one in a Region.
func (d detectiveIn) delegated(ctx context.Context) (*detective.Client, string, error) {
	client, err := d.client(d.administrator)
	if err != nil {
		return nil, "", err
	}
	pages := detective.NewListGraphsPaginator(client, &detective.ListGraphsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, "", fmt.Errorf("graphs of Detective: %w", err)
		}
		for _, g := range page.GraphList {
			return client, aws.ToString(g.Arn), nil
		}
	}
	return nil, "", fault.New(fault.Retry, "the administrator has no graph in %s yet", d.Region)
}

// newAccounts is the step that Detective takes accounts in that join the organization later.
func (d detectiveIn) newAccounts() Step {
	return Step{Name: "new accounts", Want: "on", Look: func(ctx context.Context) (Reading, error) {
		client, graph, err := d.delegated(ctx)
		if err != nil {
			return Reading{}, err
		}
		out, err := client.DescribeOrganizationConfiguration(ctx, &detective.DescribeOrganizationConfigurationInput{
			GraphArn: &graph,
		})
		if err != nil {
			return Reading{}, fmt.Errorf("organization configuration of Detective: %w", err)
		}
		update := func(on bool) func(context.Context) error {
			return func(ctx context.Context) error {
				_, err := client.UpdateOrganizationConfiguration(ctx, &detective.UpdateOrganizationConfigurationInput{
					GraphArn: &graph, AutoEnable: on,
				})
				return wrap("have Detective take in new accounts", err)
			}
		}
		if out.AutoEnable {
			return Reading{Right: true, Is: "on", Back: update(false)}, nil
		}
		return Reading{Is: "off", Set: update(true), Price: detectivePrice(), Stays: "nobody takes new accounts in"}, nil
	}}
}

func (d detectiveIn) members() Step {
	return d.enrol(enrolment{
		list: d.relations, on: string(types.MemberStatusEnabled), batch: 50, price: detectivePrice(),
		pending: []string{string(types.MemberStatusVerificationInProgress)}, stuck: detectiveStuck,
		add: func(ctx context.Context, accounts []Account) (Refusals, error) {
			client, graph, err := d.delegated(ctx)
			if err != nil {
				return nil, err
			}
			in := &detective.CreateMembersInput{GraphArn: &graph, DisableEmailNotification: true}
			for _, a := range accounts {
				in.Accounts = append(in.Accounts, types.Account{AccountId: &a.ID, EmailAddress: &a.Email})
			}
			out, err := client.CreateMembers(ctx, in)
			if err != nil {
				return nil, fmt.Errorf("enrol %d accounts in Detective: %w", len(accounts), err)
			}
			refused := Refusals{}
			for _, u := range out.UnprocessedAccounts {
				refused[aws.ToString(u.AccountId)] = aws.ToString(u.Reason)
			}
			return refused, nil
		},
	})
}

// detectiveStuck says why Detective takes nothing from an account that is a member.
func detectiveStuck(state string) string {
	reason, stuck := strings.CutPrefix(state, string(types.MemberStatusAcceptedButDisabled)+": ")
	switch {
	case !stuck:
		return ""
	case reason == string(types.MemberDisabledReasonVolumeUnknown):
		return "Detective cannot tell how much data the account would add: enrol it in GuardDuty, then start it in Detective"
	case reason == string(types.MemberDisabledReasonVolumeTooHigh):
		return "the account would add more than the graph may hold: ask AWS for a larger quota, then start it in Detective"
	}
	return "Detective has the account disabled: " + reason
}

func (d detectiveIn) relations(ctx context.Context) (map[string]string, error) {
	client, graph, err := d.delegated(ctx)
	if err != nil {
		return nil, err
	}
	there := map[string]string{}
	pages := detective.NewListMembersPaginator(client, &detective.ListMembersInput{GraphArn: &graph})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("members of Detective: %w", err)
		}
		for _, m := range page.MemberDetails {
			state := string(m.Status)
			if m.Status == types.MemberStatusAcceptedButDisabled {
				state += ": " + string(m.DisabledReason)
			}
			there[aws.ToString(m.AccountId)] = state
		}
	}
	return there, nil
}

// Accounts implements Service.
func (investigator) Accounts(ctx context.Context, e Env) ([]AccountState, error) {
	there, err := detectiveIn{e}.relations(ctx)
	if err != nil {
		return nil, err
	}
	return e.states(there, func(string) []string { return []string{} }), nil
}
