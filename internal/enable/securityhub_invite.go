package enable

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/fault"
)

func (h hubIn) outside() []Step {
	return h.invite(invitation{
		list: h.relations, on: "Enabled", add: h.enrolThese, price: securityHubPrice(), accept: h.accept,
		invite: func(ctx context.Context, accounts []string) (Refusals, error) {
			client, err := h.client(h.administrator)
			if err != nil {
				return nil, err
			}
			out, err := client.InviteMembers(ctx, &securityhub.InviteMembersInput{AccountIds: accounts})
			if err != nil {
				return nil, fmt.Errorf("invite to Security Hub: %w", err)
			}
			return refusals(out.UnprocessedAccounts), nil
		},
	})
}

func refusals(accounts []types.Result) Refusals {
	refused := Refusals{}
	for _, u := range accounts {
		refused[aws.ToString(u.AccountId)] = aws.ToString(u.ProcessingResult)
	}
	return refused
}

// accept works as the account itself: it gets Security Hub, without standards, and accepts.
func (h hubIn) accept(ctx context.Context, account string) error {
	client, err := h.account(account)
	if err != nil {
		return err
	}
	on := h.on("", func() (aws.Config, error) { return h.Open.As(account, h.Region) })
	if err := on.ensure(ctx); err != nil {
		return err
	}
	pages := securityhub.NewListInvitationsPaginator(client, &securityhub.ListInvitationsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("invitations to Security Hub: %w", err)
		}
		for _, i := range page.Invitations {
			if aws.ToString(i.AccountId) == h.Wish.Administrator {
				_, err := client.AcceptAdministratorInvitation(ctx, &securityhub.AcceptAdministratorInvitationInput{
					AdministratorId: &h.Wish.Administrator, InvitationId: i.InvitationId,
				})
				return wrap("accept the invitation of Security Hub", err)
			}
		}
	}
	return fault.New(fault.Retry, "the invitation to Security Hub has not come yet: run it again")
}
