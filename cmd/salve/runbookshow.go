package main

import (
	"strings"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/runbook"
	"github.com/salve-security/salve/internal/wire"
	ssmdocuments "github.com/salve-security/salve/ssm-documents"
)

type runbooksShow struct {
	Name    string `arg:"" help:"The runbook's name, or the ARN of one that another account shares."`
	Account string `placeholder:"ID" help:"Look at what this account would start; needed for those that are not Salve's."`
	Region  string `placeholder:"REGION" help:"Look in this Region; default is the hub's."`
}

// Run shows a runbook of this release, or reads one in an account.
func (c *runbooksShow) Run(a *app) error {
	if c.Account != "" {
		return c.read(a)
	}
	all, err := ssmdocuments.Documents()
	if err != nil {
		return err
	}
	var names []string
	for _, d := range all {
		if strings.EqualFold(d.Name, c.Name) {
			ours := runbook.Document{Name: d.Name, Content: d.Content}
			return a.showRunbook(runbook.Seen{
				Name: d.Name, Owner: "Salve", Version: ours.VersionName(), Content: d.Content, Hash: ours.Hash(),
			})
		}
		names = append(names, d.Name)
	}
	return fault.New(fault.Invalid, "%q is no runbook of Salve's: %s", c.Name,
		meant(c.Name, names, "say with --account in which account to look for it"))
}

// read looks at the runbook that the account would start, with a session that may do nothing else.
func (c *runbooksShow) read(a *app) error {
	if err := accounts(c.Account); err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	region := h.cfg.Region
	if c.Region != "" {
		if err := oneRegion(c.Region); err != nil {
			return err
		}
		region = c.Region
	}
	if err := a.asFunction(h); err != nil {
		return err
	}
	t := control.Target{Account: c.Account, Region: region, Partition: arnPartition(h.role)}
	cfg, err := wire.Ports(a.names.known(), h.cfg, h.settings, "", a.audit(h)).Sessions.Open(a.ctx, control.SessionRequest{
		Target: t, RunID: run.NewID(a.now()), Source: h.actor,
		Actions: []string{"ssm:DescribeDocument", "ssm:GetDocument"},
	})
	if err != nil {
		return onboarded(t, h.settings.MemberRole, err)
	}
	done := a.progress("Reading " + plain.Line(c.Name))
	seen, err := runbook.Look(a.ctx, control.Env{Config: cfg, Target: t}, c.Name)
	done()
	if err != nil {
		return err
	}
	return a.showRunbook(seen)
}

// showRunbook prints a runbook. What it says is a stranger's text.
func (a *app) showRunbook(seen runbook.Seen) error {
	return a.data(seen, func() {
		a.say("%s, version %s, of %s", plain.Line(seen.Name), plain.Line(seen.Version), plain.Line(seen.Owner))
		a.say("content hash %s", seen.Hash)
		a.say("")
		for line := range strings.Lines(seen.Content) {
			indent := len(line) - len(strings.TrimLeft(line, " "))
			printf(a.out, "  %s%s\n", line[:indent], plain.Line(line)) // as it is: it is there to be read and copied
		}
	})
}
