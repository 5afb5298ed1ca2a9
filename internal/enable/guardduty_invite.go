package enable

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/guardduty/types"

	"github.com/salve-security/salve/internal/fault"
)

func (g guardDutyIn) outside() []Step {
	return g.invite(invitation{
		list: g.relations, on: "Enabled", add: g.enrolThese, price: guardDutyPrice(nil), accept: g.accept,
		invite: func(ctx context.Context, accounts []string) (Refusals, error) {
			client, id, err := g.delegated(ctx)
			if err != nil {
				return nil, err
			}
			out, err := client.InviteMembers(ctx, &guardduty.InviteMembersInput{
				DetectorId: &id, AccountIds: accounts, DisableEmailNotification: aws.Bool(true),
			})
			if err != nil {
				return nil, fmt.Errorf("invite to GuardDuty: %w", err)
			}
			return unprocessed(out.UnprocessedAccounts), nil
		},
	})
}

func unprocessed(accounts []types.UnprocessedAccount) Refusals {
	refused := Refusals{}
	for _, u := range accounts {
		refused[aws.ToString(u.AccountId)] = aws.ToString(u.Result)
	}
	return refused
}

// accept works as the account itself: it gets a detector, without plans that are billed, and accepts.
func (g guardDutyIn) accept(ctx context.Context, account string) error {
	open := func() (aws.Config, error) { return g.Open.As(account, g.Region) }
	client, err := g.client(open)
	if err != nil {
		return err
	}
	if err := g.detector("", open, nil).ensure(ctx); err != nil {
		return err
	}
	id, err := detectorOf(ctx, client)
	if err != nil {
		return err
	}
	pages := guardduty.NewListInvitationsPaginator(client, &guardduty.ListInvitationsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("invitations to GuardDuty: %w", err)
		}
		for _, i := range page.Invitations {
			if aws.ToString(i.AccountId) == g.Wish.Administrator {
				_, err := client.AcceptAdministratorInvitation(ctx, &guardduty.AcceptAdministratorInvitationInput{
					AdministratorId: &g.Wish.Administrator, DetectorId: &id, InvitationId: i.InvitationId,
				})
				return wrap("accept GuardDuty's invitation", err)
			}
		}
	}
	return fault.New(fault.Retry, "the invitation to GuardDuty has not come yet: run it again")
}
