package enable

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/fault"
)

// standardARNs are the ARNs of the standards that were chosen, in this partition and Region.
func (h hubIn) standardARNs() []string {
	var arns []string
	for _, key := range h.Wish.Services.SecurityHub.Standards {
		arn := strings.ReplaceAll(h.Wish.Known[key], "{region}", h.Region)
		_, rest, _ := strings.Cut(arn, ":securityhub:")
		arns = append(arns, "arn:"+h.Organization.Partition+":securityhub:"+rest)
	}
	return arns
}

// standards is the step that each account has the standards that were chosen. Only the account itself can say so,
// unless Security Hub is configured centrally. Others that are on there stay.
func (h hubIn) standards() Step {
	wanted := h.Wish.Services.SecurityHub.Standards
	return Step{
		Name: "standards", Want: strings.Join(wanted, ", "), ByPolicy: true,
		Look: func(ctx context.Context) (Reading, error) {
			missing, refused := map[string][]string{}, Refusals{}
			for _, a := range h.Organization.Accounts {
				on, err := h.subscriptions(ctx, a.ID)
				if fault.Expired(err) {
					return Reading{}, err
				}
				if err != nil {
					refused[a.ID] = said(err)
					continue
				}
				if lacking := without(h.standardARNs(), on); len(lacking) > 0 {
					missing[a.ID] = lacking
				}
			}
			all := len(h.Organization.Accounts)
			r := Reading{
				Right: len(missing) == 0 && len(refused) == 0, Price: securityHubPrice(), Stays: "standards stay on",
				Is: fmt.Sprintf("on in %d of %d", all-len(missing)-len(refused), all),
			}
			r.Set = func(ctx context.Context) error {
				for account, lacking := range missing {
					err := h.subscribe(ctx, account, lacking)
					if fault.Expired(err) {
						return err
					}
					if err != nil {
						refused[account] = said(err)
					}
				}
				if len(refused) > 0 {
					return refused
				}
				return nil
			}
			return r, nil
		},
	}
}

func (h hubIn) account(account string) (*securityhub.Client, error) {
	return h.client(func() (aws.Config, error) { return h.Open.As(account, h.Region) })
}

// subscriptions are the ARNs of the standards that an account has.
func (h hubIn) subscriptions(ctx context.Context, account string) ([]string, error) {
	client, err := h.account(account)
	if err != nil {
		return nil, err
	}
	var on []string
	pages := securityhub.NewGetEnabledStandardsPaginator(client, &securityhub.GetEnabledStandardsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if off(err) {
			return nil, nil // not yet, or not any more: its standards are missing
		}
		if err != nil {
			return nil, fmt.Errorf("standards: %w", err)
		}
		for _, s := range page.StandardsSubscriptions {
			if s.StandardsStatus != types.StandardsStatusDeleting {
				on = append(on, aws.ToString(s.StandardsArn))
			}
		}
	}
	return on, nil
}

func (h hubIn) subscribe(ctx context.Context, account string, arns []string) error {
	client, err := h.account(account)
	if err != nil {
		return err
	}
	in := &securityhub.BatchEnableStandardsInput{}
	for _, arn := range arns {
		in.StandardsSubscriptionRequests = append(in.StandardsSubscriptionRequests,
			types.StandardsSubscriptionRequest{StandardsArn: &arn})
	}
	_, err = client.BatchEnableStandards(ctx, in)
	return wrap("switch standards on", err)
}

// subscribed are the standards of every account, as short as people call them.
func (h hubIn) subscribed(ctx context.Context) map[string][]string {
	on := map[string][]string{}
	for _, a := range h.Organization.Accounts {
		arns, err := h.subscriptions(ctx, a.ID)
		if err != nil {
			on[a.ID] = []string{"not to be read"}
			continue
		}
		for _, arn := range arns {
			_, short, _ := strings.Cut(arn, "/")
			on[a.ID] = append(on[a.ID], short)
		}
	}
	return on
}
