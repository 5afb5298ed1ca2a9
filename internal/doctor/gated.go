package doctor

import (
	"context"
	"fmt"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// gated: what the gate says of a finding of the control in the account: of the newest that fails, else of one that
// might be reported now.
func gated() Check {
	const action = "dynamodb:GetItem"
	ask := func(ctx context.Context, p *Patient) Answer {
		stored, err := p.Ledger.Settings(ctx)
		if err != nil {
			return unread(err, action)
		}
		config, err := stored.Config()
		if err != nil {
			return notAsked("the stored configuration cannot be read, see configuration")
		}
		f, real, err := p.failing(ctx)
		if err != nil || !real {
			f = p.mayCome()
		}
		given, err := p.Ledger.Given(ctx)
		if err != nil {
			return unread(err, "dynamodb:Query")
		}
		overlay := stored.Overlay().With(given)
		if real {
			hold, err := p.Ledger.Hold(ctx, run.Key{
				Account: f.Account, Scope: finding.Scope(f), Control: f.Control, Resource: f.Resource.ID,
			}, p.Now())
			if err != nil {
				return unread(err, action)
			}
			if hold != nil {
				overlay.Holds = []gate.Hold{{
					Origin:  gate.Origin{Owner: hold.By, Reason: hold.Reason, Expires: hold.Until},
					Control: f.Control, Account: f.Account, Resource: f.Resource.ID,
				}}
			}
		}
		d, err := p.Decide(ctx, config, overlay, f)
		if err != nil {
			return unknown("", "the gate could not be asked: %s", fault.Cause(err))
		}
		return p.decided(config, overlay, d, f, real)
	}
	return Check{Name: "gate", Needs: []string{action}, of: ofControl, ask: ask}
}

// mayCome is a finding as Security Hub might report it, on a resource that nobody knows yet.
func (p *Patient) mayCome() finding.Finding {
	return finding.Finding{
		Source: finding.FromControl, Account: p.Account, Region: p.Region, Partition: p.Partition, Control: p.ControlID,
		Standards:  p.Standards,
		Compliance: finding.Failed, Workflow: finding.New, RecordState: finding.Active,
		Resource: finding.Resource{Region: p.Region, Partition: p.Partition}, FirstSeen: p.Now(),
	}
}

// decided says in words what the gate would do.
func (p *Patient) decided(
	config gate.Config, overlay gate.Overlay, d gate.Decision, f finding.Finding, real bool,
) Answer {
	about := "a finding of " + p.ControlID + " there"
	if real {
		about = "the newest finding, on " + f.Resource.ID
	}
	text := "of " + about + " the gate says " + string(d.Verdict) + ": " + config.Sentence(d)
	if because := d.Because(); because != "" {
		text += " " + because
	}
	if d.Detail != "" {
		text += " (" + d.Detail + ")"
	}
	switch d.Verdict {
	case gate.Act, gate.Ask, gate.Preview:
		return ok("%s", text)
	case gate.Defer:
		return ok("%s; %s", text, d.WaitsFor())
	case gate.Refuse, gate.Ignore:
	}
	return wrong(p.opens(d, overlay, f), "%s", text)
}

// opens is the command that has the gate say something else.
func (p *Patient) opens(d gate.Decision, overlay gate.Overlay, f finding.Finding) string {
	switch d.Reason { //nolint:exhaustive // the others say themselves what to do
	case gate.Stopped:
		if s, ok := overlay.Stopped(p.ControlID, p.Account, p.Now()); ok {
			return s.Resume(p.ControlID)
		}
	case gate.Disabled:
		return fmt.Sprintf("salve enable %s --lift", p.ControlID)
	case gate.NotAutomatic, gate.TurnedOff:
		return fmt.Sprintf("salve enable %s --account %s", p.ControlID, p.Account)
	case gate.NeverAutomatic:
		return fmt.Sprintf("salve enable %s --mode approve --account %s", p.ControlID, p.Account)
	case gate.OnHold:
		return fmt.Sprintf("salve apply %s %s --account %s --region %s --yes", p.ControlID, f.Resource.ID, p.Account,
			f.Resource.Region)
	case gate.BadParameters:
		return "salve config show, then " + pageRules
	}
	return pageRules
}
