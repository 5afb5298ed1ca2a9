package main

import (
	"context"
	"path"

	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/salve-security/salve/internal/around"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/doctor"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/member"
	"github.com/salve-security/salve/internal/run"
)

// patient is the hub with what is asked about. It is looked at with the rights of the role of operators, which has
// those that it takes; where that cannot be entered, with one's own.
func (a *app) patient(h hub, c *doctorCmd) *doctor.Patient {
	seen := h
	if _, err := h.cfg.Credentials.Retrieve(a.ctx); err == nil {
		seen.own = h.cfg
	}
	region := c.Region
	if region == "" {
		region = h.cfg.Region
	}
	p := &doctor.Patient{
		Called: h.settings.Home, MemberRole: h.settings.MemberRole, Partition: arnPartition(h.me), Hub: a.at.account,
		Home: h.cfg.Region, Person: h.own, Own: seen.own, Role: h.role,
		Work: h.cfg.Credentials.Retrieve, ExternalID: h.settings.ExternalID, Actor: h.actor, Ledger: seen.ledger(),
		Queue: h.queue, Sessions: a.sessions(h), Now: a.now,
		Account: c.Account, Region: region, ControlID: string(c.Control), Controls: a.names.controls,
		Known: func(config gate.Config) error { return config.Validate(a.names.valid()) },
	}
	if known, ok := a.names.controls.Get(p.ControlID); ok {
		p.Control = &known
	}
	p.Standards = a.names.listedIn(p.ControlID)
	p.Found = func(ctx context.Context) ([]finding.Finding, error) { return a.foundOf(ctx, seen, p) }
	p.Decide = func(ctx context.Context, config gate.Config, o gate.Overlay, f finding.Finding) (gate.Decision, error) {
		return a.decision(ctx, seen, gate.Input{
			Config: config, Overlay: o, Finding: f, Trigger: gate.Imported, Now: a.now(),
		})
	}
	p.Preview = func(ctx context.Context, f finding.Finding) (control.Plan, error) { return a.previewOf(ctx, h, f) }
	return p
}

// queue is the address of a queue: they stand beside each other.
func (h hub) queue(name string) string {
	at := h.settings.NowQueueURL
	return at[:len(at)-len(path.Base(at))] + name
}

// sessions opens those of members as the engine does.
func (a *app) sessions(h hub) member.Opener {
	return member.Opener{Hub: h.cfg, Role: h.settings.MemberRole, Home: h.settings.Home, ExternalID: h.settings.ExternalID}
}

// foundOf are the active findings of the control in the account and Region that are asked about.
func (a *app) foundOf(ctx context.Context, h hub, p *doctor.Patient) ([]finding.Finding, error) {
	found, _, err := h.ownFindings(ctx, []string{p.Region}, types.AwsSecurityFindingFilters{
		ComplianceSecurityControlId: equal(p.ControlID), AwsAccountId: equal(p.Account), RecordState: equal(finding.Active),
	}, maxNamed)
	if err != nil {
		return nil, err
	}
	var out []finding.Finding
	for _, raw := range found {
		// One that contradicts itself is nobody's work.
		if f, err := identify(raw, a.names.standards); err == nil && f.Control == p.ControlID && f.Account == p.Account {
			f.HubRegion = h.cfg.Region
			out = append(out, f)
		}
	}
	return out, nil
}

// decision asks the gate as the engine does: what it says to be missing about the surroundings is looked up.
func (a *app) decision(ctx context.Context, h hub, in gate.Input) (gate.Decision, error) {
	f := in.Finding
	t := control.Target{
		Account: f.Account, Region: f.Resource.Region, Partition: f.Partition, Resource: f.Resource.ID,
	}
	c, ok := a.names.playbookIn(in.Config, f.Control)
	in.Control = gate.Control{ID: f.Control, Standards: f.Standards}
	if ok {
		in.Control = work.Gated(a.names.controls, in.Config, c, f.Standards, t, f.Params)
	}
	finder := around.Finder{
		Charts: h.ledger(), SSM: ssm.NewFromConfig(h.own), Sessions: a.sessions(h), Now: a.now,
	}
	d := gate.Decide(in)
	var err error
	if d.Reason.AboutAccount() {
		if in.Snapshots.Placed, err = finder.Placed(ctx, f.Account); err != nil {
			return d, err
		}
		d = gate.Decide(in)
	}
	if d.Reason == gate.UnknownTags && f.Resource.ID != "" {
		if in.Snapshots.Tags, err = finder.Tags(ctx, t, run.NewID(a.now())); err != nil {
			return d, err
		}
		d = gate.Decide(in)
	}
	if d.Reason == gate.UnknownCalendar {
		if in.Snapshots.Calendars, err = finder.Calendars(ctx, in.Calendars()); err != nil {
			return d, err
		}
		d = gate.Decide(in)
	}
	return d, nil
}

// previewOf reads the resource of a finding as salve plan does.
func (a *app) previewOf(ctx context.Context, h hub, f finding.Finding) (control.Plan, error) {
	e, err := a.engine(h)
	if err != nil {
		return control.Plan{}, err
	}
	judged := f.Params
	if judged == nil {
		judged = control.Judged{} // it says that there are none
	}
	t := target{
		Control: f.Control, Resource: f.Resource.ID, Account: f.Account, Region: f.Resource.Region, judged: judged,
	}
	req, err := t.request(a.names, h)
	if err != nil {
		return control.Plan{}, err
	}
	_, req, err = e.Parameters(ctx, req)
	if err != nil {
		return control.Plan{}, err
	}
	return e.Preview(ctx, req)
}
