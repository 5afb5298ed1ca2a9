package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"

	"github.com/salve-security/salve/internal/fault"
)

// AccountAnswer is how it stands with the role of an account.
type AccountAnswer struct {
	Account  string  `json:"account"`
	Name     string  `json:"name,omitempty"` // hostile text; absent where nobody may read it
	Verdict  Verdict `json:"verdict"`
	Sentence string  `json:"sentence"`
	Fix      string  `json:"fix,omitempty"`
}

// AccountNeeds are the IAM actions in the hub that Accounts takes.
func AccountNeeds() []string {
	return []string{"securityhub:ListMembers", "organizations:ListAccounts"}
}

// Accounts looks at each account: the members of the hub's Security Hub, and those of the organization where the hub
// may read it. One that cannot be looked at is said, and the others are looked at all the same. The texts say which
// list could not be read; without any there is an error.
func (p *Patient) Accounts(ctx context.Context) (all []AccountAnswer, left []string, err error) {
	if p.outside(ctx) {
		return nil, nil, fault.New(fault.Denied, "you may not work as %s, so that no account lets you in: salve doctor says "+
			"under identity what is missing", p.Role)
	}
	found := map[string]string{p.Hub: ""}
	members, err := p.members(ctx)
	if err != nil {
		left = append(left, "members of Security Hub: "+unread(err, "securityhub:ListMembers").Sentence)
	}
	for _, id := range members {
		found[id] = ""
	}
	others, orgErr := p.organization(ctx)
	if orgErr != nil {
		left = append(left, "accounts of the organization: "+unread(orgErr, "organizations:ListAccounts").Sentence)
	}
	if err != nil && orgErr != nil {
		return nil, left, err
	}
	for id, name := range others {
		found[id] = name
	}
	for id, name := range found {
		all = append(all, AccountAnswer{Account: id, Name: name})
	}
	slices.SortFunc(all, func(x, y AccountAnswer) int { return strings.Compare(x.Account, y.Account) })
	each(len(all), func(i int) {
		one := all[i]
		a := p.at(one.Account).ready(ctx)
		all[i].Verdict, all[i].Sentence, all[i].Fix = a.Verdict, a.Sentence, a.Fix
	})
	return all, left, nil
}

// at is the patient with another account.
func (p *Patient) at(account string) *Patient {
	return &Patient{
		Called: p.Called, MemberRole: p.MemberRole, Partition: p.Partition, Hub: p.Hub, Home: p.Home, Role: p.Role,
		ExternalID: p.ExternalID, Actor: p.Actor, Work: p.Work,
		Sessions: p.Sessions, Region: p.Region, Account: account,
	}
}

// ready says whether runs can work in the account: its role lets us in, trusts the function, and is of this release.
func (p *Patient) ready(ctx context.Context) Answer {
	for _, c := range []Check{role(), trust(), template()} {
		if a := c.Ask(ctx, p); a.Verdict != OK {
			return a
		}
	}
	return ok("ready")
}

// members are the accounts that report to the hub's Security Hub.
func (p *Patient) members(ctx context.Context) ([]string, error) {
	var ids []string
	pages := securityhub.NewListMembersPaginator(securityhub.NewFromConfig(p.Own), &securityhub.ListMembersInput{
		OnlyAssociated: aws.Bool(true),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the members: %w", err)
		}
		for _, m := range page.Members {
			ids = append(ids, aws.ToString(m.AccountId))
		}
	}
	return ids, nil
}

// organization are the accounts of the organization that are open, by their names.
func (p *Patient) organization(ctx context.Context) (map[string]string, error) {
	found := map[string]string{}
	pages := organizations.NewListAccountsPaginator(organizations.NewFromConfig(p.Own), &organizations.ListAccountsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the organization's accounts: %w", err)
		}
		for _, a := range page.Accounts {
			if a.Status == orgtypes.AccountStatusActive {
				found[aws.ToString(a.Id)] = aws.ToString(a.Name)
			}
		}
	}
	return found, nil
}
