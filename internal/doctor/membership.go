package doctor

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
)

// membership: Security Hub of the account reports to the hub, in the Region that is asked about.
func membership() Check {
	const action = "securityhub:GetMembers"
	ask := func(ctx context.Context, p *Patient) Answer {
		if p.Account == p.Hub {
			return ok("the account is the hub itself")
		}
		out, err := securityhub.NewFromConfig(in(p.Own, p.Region)).GetMembers(ctx, &securityhub.GetMembersInput{
			AccountIds: []string{p.Account},
		})
		if off(err) {
			return wrong("aws securityhub enable-security-hub --region "+p.Region, "Security Hub is off in the hub %s, %s",
				p.Hub,
				p.Region)
		}
		if err != nil {
			return unread(err, action)
		}
		return p.member(out)
	}
	return Check{Name: "member", Needs: []string{action}, of: ofAccount, ask: ask}
}

// member says what an answer tells of the account.
func (p *Patient) member(out *securityhub.GetMembersOutput) Answer {
	join := "aws securityhub create-members --account-details AccountId=" + p.Account + " --region " + p.Region
	for _, m := range out.Members {
		if aws.ToString(m.AccountId) != p.Account {
			continue
		}
		switch status := aws.ToString(m.MemberStatus); status {
		case "Enabled", "Associated":
			return ok("its Security Hub reports to the hub (%s)", status)
		case "Invited":
			return wrong(p.there("securityhub accept-administrator-invitation --administrator-id %s --invitation-id ID",
				p.Hub), "the account is invited and has not accepted")
		case "RegionDisabled":
			return wrong("aws account enable-region --account-id "+p.Account+" --region-name "+p.Region,
				"the account has not opted in to %s", p.Region)
		case "AccountSuspended":
			return wrong("reopen the account, or leave it out", "the account is suspended")
		default:
			return wrong(join, "the account does not report to the hub: Security Hub calls it %s", status)
		}
	}
	return wrong(join, "the account %s is no member of the hub's Security Hub in %s", p.Account, p.Region)
}
