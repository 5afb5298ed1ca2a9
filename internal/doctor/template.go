package doctor

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/salve-security/salve/deploy"
	"github.com/salve-security/salve/internal/policy"
)

// template: the member's stack has the rights that this release's controls declare.
func template() Check {
	return Check{Name: "template", of: ofAccount, ask: func(ctx context.Context, p *Patient) Answer {
		r, err := p.memberRole(ctx)
		if errors.Is(err, errNoRole) {
			return unknown("", "the role %s is not in the account's list", p.MemberRole)
		}
		if err != nil {
			return unseen(err, listRoles)
		}
		return compared(p, aws.ToString(r.Description))
	}}
}

// compared says which is older: the account's role, by its description, or this release.
func compared(p *Patient, description string) Answer {
	ours, _ := policy.MarkIn(deploy.Member())
	theirs, marked := policy.MarkIn(description)
	switch {
	case !marked:
		return wrong(p.deploy(), "the role of %s does not say which rights it has: its stack is older than this release's %s",
			p.Account, ours)
	case theirs == ours:
		return ok("the role of %s has this release's rights, %s", p.Account, ours)
	case theirs.Day < ours.Day:
		return wrong(p.deploy(), "the role of %s is older than this release: it has the rights %s, not %s", p.Account,
			theirs, ours)
	case theirs.Day > ours.Day:
		return wrong("upgrade the hub and this program; "+pageUpgrade,
			"the role of %s is newer than this release: it has the rights %s, not %s", p.Account, theirs, ours)
	}
	return wrong(p.deploy(), "the role of %s has other rights than this release, of the same day: %s, not %s", p.Account,
		theirs, ours)
}
