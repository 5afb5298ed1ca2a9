package main

import (
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/rollout"
)

// upgradeCmd brings hub and members to this program, or the function back to a version before.
type upgradeCmd struct {
	deployFlags
	codeFlags
	memberFlags
	unitFlags
	Rollback bool `help:"Put the function back to the version before; nothing else changes."`
	To       int  `placeholder:"VERSION" help:"With --rollback: to this version of the function."`
}

// Run plans the upgrade and, with --yes, carries it out.
func (c *upgradeCmd) Run(a *app) error {
	if c.To != 0 && !c.Rollback {
		return fault.New(fault.Invalid, "--to goes with --rollback")
	}
	d, err := a.deployer(c.deployFlags)
	if err != nil {
		return err
	}
	if err := d.hasHub(); err != nil {
		return err
	}
	if c.Rollback {
		return d.roll(rollout.Parts{rollout.Back{
			Place: d.place, Driver: d.driver(d.own, d.place.Account), Lambda: lambda.NewFromConfig(d.own), To: c.To,
		}}, c.Yes, nil)
	}
	as := deployHub{deployFlags: c.deployFlags, codeFlags: c.codeFlags}
	h, notes, err := as.hub(d, true)
	if err != nil {
		return err
	}
	if c.Account, err = d.withManagement(c.Account, c.unitFlags); err != nil {
		return err
	}
	m, err := d.members(c.memberFlags, nil)
	if err != nil {
		return err
	}
	parts := append(h.Parts(), m.Parts()...)
	u := d.units(m, unitFlags{Tolerance: c.Tolerance, Concurrent: c.Concurrent})
	there, note, err := u.Left(a.ctx, true)
	if err != nil {
		return err
	}
	if there {
		u.IDs, u.All = c.OU, c.All
		parts = append(parts, u)
	}
	return d.roll(parts, c.Yes, noted(notes, note))
}

// hasHub refuses where there is no hub to upgrade.
func (d *deployer) hasHub() error {
	was, err := d.driver(d.own, d.place.Account).Look(d.a.ctx, d.place.HubStack())
	if err == nil && !was.Exists() {
		return fault.New(fault.Refused, "account %s has no hub in Region %s: salve deploy hub makes one", d.place.Account,
			d.place.Region)
	}
	return err
}
