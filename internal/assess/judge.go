package assess

import (
	"context"
	"strings"
	"sync"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
)

const (
	maxLines  = 12  // of a plan are kept; the others are counted
	maxLine   = 300 // of each
	maxReason = 500
)

// answer looks at a piece of work. An error ends the assessment; whatever else is in the way is an answer.
func (a *Assessment) answer(ctx context.Context, s *session, known bool, u Unit, shut *sync.Map) (Answer, error) {
	if !known {
		return Answer{Class: NoPlaybook, Reason: gate.NoPlaybook.Sentence()}, nil
	}
	out := Answer{Impact: s.control.Impact}
	a.today(ctx, s.control, u, &out)
	if ctx.Err() != nil { // what it looked up may be missing
		return out, stopped(ctx, "plan", ctx.Err())
	}
	f := u.finding()
	if err := finding.CheckResource(f, s.control.Resources, s.control.Pattern); err != nil {
		out.Class, out.Reason = Refused, "The playbook does not work on a resource of this type and form: it works on "+
			strings.Join(s.control.Resources, " or ")+"."
		return out, nil
	}
	if why, closed := shut.Load(u.Account); closed {
		out.Class, out.Reason = Unlooked, why.(string) //nolint:forcetypeassert // nothing else is stored
		return out, nil
	}
	plan, err := s.plan(ctx, u)
	switch {
	case err != nil && (ctx.Err() != nil || fault.Expired(err)): // a plan that was made is kept, also if others stop
		return out, stopped(ctx, "plan", err)
	case err != nil:
		a.failed(&out, u, err, shut)
		return out, nil
	case plan.Empty():
		out.Class, out.Reason = Compliant, "The resource is compliant now: the finding is older than its state."
		return out, nil
	}
	out.Plan, out.Count = plan.Hash, len(plan.Changes)
	for _, change := range plan.Changes[:min(len(plan.Changes), maxLines)] {
		out.Changes = append(out.Changes, plain.Short(change.String(), maxLine))
	}
	a.judge(s.control, u, plan, &out)
	return out, nil
}

// judge says what the gate would, were the control on automatic here.
func (a *Assessment) judge(c control.Control, u Unit, plan control.Plan, out *Answer) {
	mode := gate.Auto
	if c.Identities { // it has no mode auto: approve is the most that it can be
		mode = gate.Approve
	}
	config := gate.Config{Controls: map[string]gate.Rule{c.ID: {
		Mode: mode, Parameters: a.Config.Parameters(c.ID), Runbook: a.Config.Runbook(c.ID),
	}}}
	in := a.input(c, u, config)
	in.Control.OneWay = plan.OneWay() && !c.Accepted
	d := gate.Decide(in)
	switch {
	case c.Identities:
		out.Class, out.Reason = Approval, a.Config.Sentence(gate.Decision{Verdict: gate.Ask, Reason: gate.DecidesRights})
	case d.Verdict == gate.Act:
		out.Class = Automatic
	case d.Verdict == gate.Ask:
		out.Class, out.Reason = Approval, a.Config.Sentence(d)
	default:
		out.Class, out.Reason = Refused, d.Reason.Sentence()
		if d.Detail != "" {
			out.Reason += " (" + plain.Short(d.Detail, maxReason) + ")"
		}
	}
}

// input is what the gate is asked.
func (a *Assessment) input(c control.Control, u Unit, config gate.Config) gate.Input {
	f := u.finding()
	return gate.Input{
		Config: config, Finding: f, Trigger: gate.Imported, Now: a.Now(),
		Control: work.Gated(a.Controls, config, c, f.Standards, u.target(), f.Params),
	}
}

// today says what the configuration in force lets happen, with the stops that hold.
func (a *Assessment) today(ctx context.Context, c control.Control, u Unit, out *Answer) {
	if !a.Hub {
		return
	}
	in := a.input(c, u, a.Config)
	in.Overlay = a.Rings
	in.Overlay.Stops = a.Stops
	d := gate.Decide(in)
	if d.Reason.AboutAccount() && a.Placed != nil {
		if placed, err := a.Placed(ctx, u.Account); err == nil {
			in.Snapshots.Placed = placed
			d = gate.Decide(in)
		}
	}
	if d.Reason == gate.UnknownCalendar && a.Calendars != nil {
		if states, err := a.Calendars(ctx, in.Calendars()); err == nil {
			in.Snapshots.Calendars = states
			d = gate.Decide(in)
		}
	}
	out.InForce, out.Because = string(d.Verdict), a.Config.Sentence(d)
	if d.Verdict == gate.Defer {
		out.Because = d.WaitsFor()
	}
}

// failed sorts what was in the way.
func (a *Assessment) failed(out *Answer, u Unit, err error, shut *sync.Map) {
	why := plain.Short(fault.Cause(err), maxReason)
	switch fault.Of(err) {
	case fault.Gone:
		out.Class, out.Reason = Gone, "The resource does not exist any more."
	case fault.Refused, fault.Invalid, fault.Drifted:
		out.Class, out.Reason = Refused, why
	case fault.NotOnboarded:
		out.Class, out.Reason = Unlooked, "Account "+u.Account+" has no role that lets us in: "+
			strings.TrimPrefix(why, "The account is not onboarded: ")
		shut.Store(u.Account, out.Reason)
	case fault.Denied:
		out.Class, out.Reason = Unlooked, "A policy forbids to look: "+why
	case fault.Retry:
		out.Class, out.Reason = Unlooked, "AWS did not answer in time: "+why
	case fault.None, fault.Unverified, fault.Unknown:
		out.Class, out.Reason = Unlooked, why
	}
}
