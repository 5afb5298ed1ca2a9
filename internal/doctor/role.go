package doctor

import (
	"context"
	"fmt"

	"github.com/salve-security/salve/internal/fault"
)

// role: the account's role lets us in, by the code of a run.
func role() Check {
	return Check{Name: "role", of: ofAccount, ask: func(ctx context.Context, p *Patient) Answer {
		if p.outside(ctx) {
			return notAsked("you may not work as %s, see identity", p.Role)
		}
		_, err := p.enter(ctx, "sts:GetCallerIdentity")
		return p.entered(err)
	}}
}

// outside tells whether whoever asks may not work as the role that members trust: then no member lets him in.
func (p *Patient) outside(ctx context.Context) bool {
	_, err := p.Work(ctx)
	return fault.Of(err) == fault.Denied
}

// entered says how a try to enter the account ended.
func (p *Patient) entered(err error) Answer {
	switch fault.Of(err) { //nolint:exhaustive // what passes and what nobody knows are said alike
	case fault.None:
		return ok("the role %s of %s lets us in", p.MemberRole, p.Account)
	case fault.NotOnboarded:
		why := fault.Denier(err)
		if why == "" {
			why = "it is not there, or trusts another hub, organization or ExternalId; AWS does not say which"
		}
		return wrong(p.deploy(), "the role %s of %s does not let us in: %s", p.MemberRole, p.Account, why)
	case fault.Denied:
		return wrong("have whoever owns that policy let "+p.Role+" and "+p.functionRole()+" enter the role "+p.MemberRole,
			"a policy keeps us out of %s: %s", p.Account, fault.Cause(err))
	case fault.Refused, fault.Invalid:
		return wrong("", "no session can be opened in %s: %s", p.Account, fault.Cause(err))
	}
	return unknown("", "the role %s of %s could not be tried: %s", p.MemberRole, p.Account, fault.Cause(err))
}

// deploy is the command that onboards the account. OrgId and ExternalId it takes from the hub's stack.
func (p *Patient) deploy() string {
	return fmt.Sprintf("salve deploy members --account %s --yes", p.Account)
}
