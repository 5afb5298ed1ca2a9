package enable

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/macie2"
	"github.com/aws/aws-sdk-go-v2/service/macie2/types"

	"github.com/salve-security/salve/internal/fault"
)

// macie is Amazon Macie. The administrator has to be the same in every Region.
// Source: Macie User Guide, managing accounts with AWS Organizations.
type macie struct{}

// Name implements Service.
func (macie) Name() string { return "macie" }

// Policy implements Service.
func (macie) Policy() string { return "" }

// Steps implements Service.
func (macie) Steps(e Env) []Step {
	m := macieIn{e}
	steps := []Step{
		e.delegate(delegation{list: m.administrators, name: m.name, dismiss: m.dismiss, held: e.here(othersMacie)}),
		m.session("Macie of the administrator", e.administrator),
	}
	if e.Organization.Management != e.Wish.Administrator {
		steps = append(steps, m.session("Macie of the management account", e.management))
	}
	return append(steps, priced(maciePrice(), m.newAccounts(), m.members())...)
}

// macieIn is Macie in one Region.
type macieIn struct{ Env }

func (macieIn) client(open func() (aws.Config, error)) (*macie2.Client, error) {
	return opened(open, macie2.NewFromConfig)
}

func (m macieIn) administrators(ctx context.Context) ([]string, error) {
	client, err := m.client(m.management)
	if err != nil {
		return nil, err
	}
	var there []string
	pages := macie2.NewListOrganizationAdminAccountsPaginator(client, &macie2.ListOrganizationAdminAccountsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("administrator of Macie: %w", err)
		}
		for _, a := range page.AdminAccounts {
			if a.Status != types.AdminStatusDisablingInProgress {
				there = append(there, aws.ToString(a.AccountId))
			}
		}
	}
	return there, nil
}

// name switches Macie on first where the management account names itself: Macie does that only for others.
func (m macieIn) name(ctx context.Context) error {
	client, err := m.client(m.management)
	if err != nil {
		return err
	}
	if m.Wish.Administrator == m.Organization.Management {
		if err := m.ensure(ctx, client); err != nil {
			return err
		}
	}
	_, err = client.EnableOrganizationAdminAccount(ctx, &macie2.EnableOrganizationAdminAccountInput{
		AdminAccountId: &m.Wish.Administrator,
	})
	return wrap("name Macie's administrator", err)
}

func (m macieIn) dismiss(ctx context.Context) error {
	client, err := m.client(m.management)
	if err != nil {
		return err
	}
	_, err = client.DisableOrganizationAdminAccount(ctx, &macie2.DisableOrganizationAdminAccountInput{
		AdminAccountId: &m.Wish.Administrator,
	})
	return wrap("take the delegation of Macie back", err)
}

// session is the step that an account has Macie on, and not paused.
func (m macieIn) session(name string, open func() (aws.Config, error)) Step {
	return Step{Name: name, Want: "on", Look: func(ctx context.Context) (Reading, error) {
		client, err := m.client(open)
		if err != nil {
			return Reading{}, err
		}
		is, err := macieStatus(ctx, client)
		if err != nil {
			return Reading{}, err
		}
		set := func(ctx context.Context) error { return m.ensure(ctx, client) }
		switch is {
		case types.MacieStatusEnabled:
			return Reading{Right: true, Is: "on", Stays: "Macie holds findings: it stays on"}, nil
		case types.MacieStatusPaused:
			return Reading{Is: "paused", Price: maciePrice(), Stays: "it is paused", Set: set}, nil
		}
		return Reading{Is: "off", Price: maciePrice(), Stays: "it is off", Set: set}, nil
	}}
}

// macieStatus is "" where Macie is off, which it says as if it denied the call.
func macieStatus(ctx context.Context, client *macie2.Client) (types.MacieStatus, error) {
	out, err := client.GetMacieSession(ctx, &macie2.GetMacieSessionInput{})
	switch {
	case fault.Of(err) == fault.Gone,
		fault.Of(err) == fault.Denied && strings.Contains(err.Error(), "Macie is not enabled"):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("session of Macie: %w", err)
	}
	return out.Status, nil
}

func (m macieIn) ensure(ctx context.Context, client *macie2.Client) error {
	is, err := macieStatus(ctx, client)
	switch {
	case err != nil:
		return err
	case is == types.MacieStatusPaused:
		_, err = client.UpdateMacieSession(ctx, &macie2.UpdateMacieSessionInput{Status: types.MacieStatusEnabled})
	case is == "":
		_, err = client.EnableMacie(ctx, &macie2.EnableMacieInput{Status: types.MacieStatusEnabled})
	}
	var there *types.ConflictException
	if errors.As(err, &there) {
		return nil
	}
	return wrap("switch Macie on", err)
}

// newAccounts is the step that Macie takes accounts in that join the organization later.
func (m macieIn) newAccounts() Step {
	return Step{Name: "new accounts", Want: "on", Look: func(ctx context.Context) (Reading, error) {
		client, err := m.client(m.administrator)
		if err != nil {
			return Reading{}, err
		}
		out, err := client.DescribeOrganizationConfiguration(ctx, &macie2.DescribeOrganizationConfigurationInput{})
		if err != nil {
			return Reading{}, fmt.Errorf("organization configuration of Macie: %w", err)
		}
		update := func(on bool) func(context.Context) error {
			return func(ctx context.Context) error {
				_, err := client.UpdateOrganizationConfiguration(ctx, &macie2.UpdateOrganizationConfigurationInput{AutoEnable: &on})
				return wrap("have Macie take in new accounts", err)
			}
		}
		if aws.ToBool(out.AutoEnable) {
			return Reading{Right: true, Is: "on", Back: update(false)}, nil
		}
		return Reading{Is: "off", Set: update(true), Price: maciePrice(), Stays: "new accounts are taken in by nobody"}, nil
	}}
}

func (m macieIn) members() Step {
	return m.enrol(enrolment{
		list: m.relations, on: string(types.RelationshipStatusEnabled), batch: 1, price: maciePrice(), stuck: macieStuck,
		add: func(ctx context.Context, accounts []Account) (Refusals, error) {
			client, err := m.client(m.administrator)
			if err != nil {
				return nil, err
			}
			a := accounts[0]
			_, err = client.CreateMember(ctx, &macie2.CreateMemberInput{
				Account: &types.AccountDetail{AccountId: &a.ID, Email: &a.Email},
			})
			var there *types.ConflictException // a moment ago; whether it counts the list says
			if errors.As(err, &there) {
				return nil, nil
			}
			return one(a.ID, err)
		},
	})
}

// macieStuck says what keeps an account that is a member already from being looked at.
func macieStuck(state string) string {
	return map[types.RelationshipStatus]string{
		types.RelationshipStatusPaused:           "Macie is paused there: the administrator resumes it in Macie",
		types.RelationshipStatusRegionDisabled:   "the Region is not enabled in the account: enable it there first",
		types.RelationshipStatusAccountSuspended: "the account is suspended",
	}[types.RelationshipStatus(state)]
}

func (m macieIn) relations(ctx context.Context) (map[string]string, error) {
	client, err := m.client(m.administrator)
	if err != nil {
		return nil, err
	}
	there := map[string]string{}
	pages := macie2.NewListMembersPaginator(client, &macie2.ListMembersInput{OnlyAssociated: aws.String("false")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("members of Macie: %w", err)
		}
		for _, a := range page.Members {
			there[aws.ToString(a.AccountId)] = string(a.RelationshipStatus)
		}
	}
	return there, nil
}

// Accounts implements Service.
func (macie) Accounts(ctx context.Context, e Env) ([]AccountState, error) {
	there, err := macieIn{e}.relations(ctx)
	if err != nil {
		return nil, err
	}
	return e.states(there, func(string) []string { return []string{} }), nil
}
