package doctor

import (
	"context"

	"github.com/salve-security/salve/internal/fault"
)

// plan: the resource of the newest finding that fails can be read as a plan reads it. What is denied shows here: by
// which kind of policy, as far as AWS says.
func plan() Check {
	return Check{Name: "plan", of: ofControl, ask: func(ctx context.Context, p *Patient) Answer {
		if p.Control.HasSecrets() {
			return notAsked("a plan of %s keeps marks of secrets in the ledger, and this writes nothing: salve plan",
				p.ControlID)
		}
		f, real, err := p.failing(ctx)
		if err != nil {
			return notAsked("the findings of %s could not be read, see findings", p.ControlID)
		}
		if !real {
			return notAsked("there is no finding whose resource could be read")
		}
		made, err := p.Preview(ctx, f)
		switch class := fault.Of(err); {
		case err == nil && made.Empty():
			return ok("%s can be read, and has nothing to change", f.Resource.ID)
		case err == nil:
			return ok("%s can be read, and the plan has %d changes", f.Resource.ID, len(made.Changes))
		case class == fault.Gone:
			return ok("%s is gone: nothing to change", f.Resource.ID)
		case class == fault.NotOnboarded:
			return notAsked("the account's role cannot be entered, see role")
		case class == fault.Denied:
			return wrong(p.allow(err), "%s may not be read: %s", f.Resource.ID, fault.Cause(err))
		case class == fault.Retry:
			return unknown("", "%s could not be read: %s", f.Resource.ID, fault.Cause(err))
		}
		return wrong("", "of %s there is no plan: %s", f.Resource.ID, fault.Cause(err))
	}}
}

// allow says who can lift a denial.
func (p *Patient) allow(err error) string {
	if denier := fault.Denier(err); denier != "" {
		return "have whoever owns it let " + p.MemberRole + " do that: " + denier
	}
	return p.deploy()
}
