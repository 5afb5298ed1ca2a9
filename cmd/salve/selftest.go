package main

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/selftest"
)

type selftestCmd struct {
	Account  string   `required:"" placeholder:"ID" help:"The sandbox: an account of yours for tests, which has the role."`
	Sandbox  string   `name:"sandbox-profile" placeholder:"NAME" help:"Profile with credentials of the sandbox."`
	Controls []string `placeholder:"ID,…" help:"Only these controls; default is all that have a seed."`
	Yes      bool     `help:"Really make, fix, undo and destroy."`
	Keep     bool     `help:"Leave what was made; --clean removes it."`
	Clean    bool     `help:"Only remove what tests have left, by name and tag."`
}

// seedReport is what a test would make, as programs get it.
type seedReport struct {
	Control string `json:"control"`
	Makes   string `json:"makes"`
	Price   string `json:"price"`
}

// Run tests Salve in a sandbox, or shows what that would make.
func (c *selftestCmd) Run(a *app) error {
	seeds, err := c.seeds()
	if err != nil {
		return err
	}
	cfg, err := c.sandbox(a)
	if err != nil {
		return err
	}
	if c.Clean {
		return c.clean(a, cfg)
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	if _, err := h.ledger().Settings(a.ctx); err != nil {
		a.warn("a test needs a hub: salve deploy hub makes one")
		return err // a.end says where it was looked for
	}
	if !c.Yes {
		return c.planned(a, seeds)
	}
	proof, err := a.proof(h, control.Target{
		Account: c.Account, Region: cfg.Region, Partition: arnPartition(h.me),
	})
	if err != nil {
		return err
	}
	test := selftest.Test{
		Seeds: seeds, Config: cfg, Engine: proof, Now: a.now, Keep: c.Keep,
		Said: func(id, step string) { a.warn("%s: %s", id, step) },
	}
	return c.told(a, cfg, h, test.Run(a.ctx))
}

// seeds are those that are asked for.
func (c *selftestCmd) seeds() ([]selftest.Seed, error) {
	if err := accounts(c.Account); err != nil {
		return nil, err
	}
	all := selftest.Seeds()
	if len(c.Controls) == 0 {
		return all, nil
	}
	var chosen []selftest.Seed
	var ids []string
	for _, s := range all {
		ids = append(ids, s.Control)
	}
	for _, name := range c.Controls {
		at := slices.IndexFunc(all, func(s selftest.Seed) bool { return strings.EqualFold(s.Control, name) })
		if at < 0 {
			return nil, fault.New(fault.Invalid, "control %q has no seed: %s", name,
				meant(name, ids, "there are "+strings.Join(ids, ", ")))
		}
		chosen = append(chosen, all[at])
	}
	return chosen, nil
}

// sandbox are credentials of the account that is named, and of no other: nothing is made anywhere else.
func (c *selftestCmd) sandbox(a *app) (aws.Config, error) {
	profile := c.Sandbox
	if profile == "" {
		profile = a.profile
	}
	cfg, err := config.LoadDefaultConfig(a.ctx, config.WithSharedConfigProfile(profile), config.WithLogger(logging.Nop{}))
	if err != nil {
		return cfg, fault.New(fault.Unknown, "AWS configuration of the sandbox: %w", err)
	}
	me, err := a.login(cfg, sts.NewFromConfig(cfg))
	if err != nil {
		return cfg, err
	}
	if got := aws.ToString(me.Account); got != c.Account {
		return cfg, fault.New(fault.Refused, "--account says %s, these credentials are of %s: nothing is made in an account "+
			"that is not named; name a profile of the sandbox with --sandbox-profile", c.Account, got)
	}
	return cfg, nil
}

// planned shows what would be made, and what it costs.
func (c *selftestCmd) planned(a *app, seeds []selftest.Seed) error {
	var told []seedReport
	var rows []table.Row
	for _, s := range seeds {
		told = append(told, seedReport{s.Control, s.Family.Name, s.Price})
		rows = append(rows, table.Row{s.Control, s.Family.Name, s.Price})
	}
	if err := a.data(told, func() {
		a.say("In account %s each of these is made, fixed, looked at, taken back and destroyed; all names begin with %s:",
			c.Account, selftest.Prefix)
		a.table(table.Row{"control", "makes", "costs"}, rows)
	}); err != nil {
		return err
	}
	a.warn("nothing was made: add --yes")
	return exit(exitPending)
}

// clean removes what tests have left.
func (c *selftestCmd) clean(a *app, cfg aws.Config) error {
	if !c.Yes {
		a.warn("nothing was removed: add --yes")
		return exit(exitPending)
	}
	removed, failed := selftest.Clean(a.ctx, cfg)
	for _, err := range failed {
		a.warn("%s", sentence(err))
	}
	a.warn("%s removed", counted(len(removed), "leftover"))
	for _, what := range removed {
		a.warn("  %s", what)
	}
	if len(failed) > 0 {
		return exit(exitError)
	}
	return nil
}

// told prints the report.
func (c *selftestCmd) told(a *app, cfg aws.Config, h hub, all []selftest.Control) error {
	number, revision := built()
	r := selftest.Report{
		Version: 1, Program: number, Revision: revision, Day: a.now().UTC().Format(time.DateOnly),
		Partition: arnPartition(h.me), Region: cfg.Region, Emulated: cfg.BaseEndpoint != nil, OK: selftest.Passed(all),
		Controls: all,
	}
	if err := a.data(r, func() {
		var rows []table.Row
		for _, one := range all {
			for _, s := range one.Steps {
				rows = append(rows, table.Row{one.Control, s.Step, s.OK, s.Milliseconds, s.Error})
			}
		}
		a.table(table.Row{"control", "step", "ok", "ms", "error"}, rows)
		a.say("with -o json it is a report without account ids, to send back as a proof")
	}); err != nil {
		return err
	}
	if !r.OK {
		return exit(exitError)
	}
	return nil
}
