package main

import (
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/salve-security/salve/deploy"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/rollout"
)

// deployHub brings the hub to what this program and the flags say.
type deployHub struct {
	deployFlags
	codeFlags
	OrgID string `placeholder:"ID" help:"The organisation, o-...; default is that of the account, where it can be read."`
	Email string `name:"notice-email" placeholder:"ADDRESS" help:"Address for notices, which has to confirm them."`
	Drift bool   `help:"Only tell what somebody changed in the stack by hand; changes nothing."`
}

// Run plans the hub and, with --yes, carries the plan out.
func (c *deployHub) Run(a *app) error {
	d, err := a.deployer(c.deployFlags)
	if err != nil {
		return err
	}
	if c.Drift {
		return d.drift(rollout.DriftOf(d.driver(d.own, d.place.Account), d.place.Account, d.place.HubStack()))
	}
	notes, err := d.checks().Look(a.ctx)
	if err != nil {
		return err
	}
	h, more, err := c.hub(d, false)
	if err != nil {
		return err
	}
	return d.roll(h.Parts(), c.Yes, append(notes, more...))
}

// hub is the hub as it shall be, and what a person should know about it.
func (c *deployHub) hub(d *deployer, release bool) (h *rollout.Hub, notes []string, err error) {
	was, err := d.driver(d.own, d.place.Account).Look(d.a.ctx, d.place.HubStack())
	if err != nil {
		return nil, nil, err
	}
	d.keep(was)
	parameters := maps.Clone(c.Parameter)
	if parameters == nil {
		parameters = map[string]string{}
	}
	if c.Email != "" {
		parameters["NoticeEmail"] = c.Email
	}
	if c.OrgID != "" {
		parameters["OrgId"] = c.OrgID
	}
	h = d.wished(deploy.Hub(), parameters)
	h.Release = release
	if h.Code, err = c.code(was.Parameters["Architecture"]); err != nil {
		return nil, nil, err
	}
	if !was.Whole() && c.OrgID == "" {
		if h.OrgID, err = d.organisation(); err != nil {
			notes = append(notes, "The organisation could not be read: "+sentence(err))
		}
		notes = append(notes, "What it costs: docs/cost.md")
	}
	if back := rollout.PutBack(was); back != "" {
		after := "it stays live; salve upgrade makes the one that is published last live again"
		if release {
			after = "the one that is published last becomes live"
		}
		notes = append(notes, "Version "+back+" of the function was put back by salve upgrade --rollback: "+after)
	}
	return h, notes, nil
}

// organisation is the id of the organisation that the account is in, "" where it is in none.
func (d *deployer) organisation() (string, error) {
	out, err := organizations.NewFromConfig(d.own).DescribeOrganization(d.a.ctx, nil)
	if err != nil || out.Organization == nil {
		return "", fault.Wrap(fault.Of(err), err)
	}
	return aws.ToString(out.Organization.Id), nil
}
