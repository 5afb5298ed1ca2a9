package main

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/proof"
	"github.com/salve-security/salve/internal/rollout"
	"github.com/salve-security/salve/internal/selftest"
)

type selftestCmd struct {
	codeFlags
	Account  string   `required:"" placeholder:"ID" help:"The sandbox: by its id you say that nothing depends on it."`
	Sandbox  string   `name:"sandbox-profile" placeholder:"NAME" help:"Profile of the sandbox, if the hub is elsewhere."`
	Controls []string `placeholder:"ID,…" help:"Only these controls; default is all that have a seed."`
	Yes      bool     `help:"Really deploy, make, fix, undo and destroy."`
	Keep     bool     `help:"Leave what was made; the next test, or --clean, takes it away."`
	Clean    bool     `help:"Only take away what tests have left."`
}

// selftestPlan is what a test would find and make, as programs get it.
type selftestPlan struct {
	Kind    string         `json:"kind"` // plan
	Account string         `json:"account"`
	Region  string         `json:"region"`
	By      string         `json:"by"`
	Notes   []string       `json:"notes"`
	Left    []string       `json:"left"`
	Items   []rollout.Item `json:"items"`
	Seeds   []seedReport   `json:"seeds"`
}

// seedReport is what a test would make to fail a control.
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
	s, err := c.scene(a, cfg, seeds)
	switch {
	case err != nil:
		return err
	case c.Clean:
		return c.clean(a, s)
	case !c.Yes:
		return c.planned(a, s)
	}
	out, err := s.Run(a.ctx)
	return c.told(a, s, out, err)
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

// planned shows what would be made, where, and what it costs.
func (c *selftestCmd) planned(a *app, s *scene) error {
	look, err := s.Plan(a.ctx)
	if err != nil {
		return s.d.ended(err)
	}
	r := selftestPlan{
		Kind: "plan", Account: c.Account, Region: s.cfg.Region, By: s.d.me, Left: look.Left, Items: look.Items,
		Notes: append(append([]string{}, s.notes...), prices(look.Made)...), Seeds: []seedReport{},
	}
	if r.Left == nil {
		r.Left = []string{}
	}
	if r.Items == nil {
		r.Items = []rollout.Item{}
	}
	for _, seed := range s.Test.Seeds {
		r.Seeds = append(r.Seeds, seedReport{seed.Control, seed.Family.Name, seed.Price})
	}
	if err := a.data(r, func() { a.selftestPlanned(r) }); err != nil {
		return err
	}
	a.warn("nothing was made: add --yes")
	return exit(exitPending)
}

// prices are what that costs which is made, as far as it is not free.
func prices(made selftest.Made) []string {
	if !made.Hub {
		return nil
	}
	return []string{
		"The hub costs about a cent an hour while it is there (docs/cost.md); a test takes minutes",
		"What stays at the end: the key of the hub's topics for 7 days, which AWS deletes and does not charge meanwhile",
	}
}

// selftestPlanned shows a plan to people.
func (a *app) selftestPlanned(r selftestPlan) {
	a.say("sandbox %s, %s, as %s", r.Account, r.Region, r.By)
	for _, note := range r.Notes {
		a.say("%s", note)
	}
	for _, left := range r.Left {
		a.say("left of an earlier test, and taken away with this one: %s", left)
	}
	var rows []table.Row
	for _, i := range r.Items {
		rows = append(rows, table.Row{i.Account, i.What, string(i.Action), i.Detail})
	}
	if len(rows) > 0 {
		a.say("What is missing of Salve is made, and taken away at the end:")
		a.table(table.Row{"account", "what", "plan", ""}, rows)
	} else {
		a.say("Salve is there: it is used, and left as it is.")
	}
	a.say("Each of these is made, fixed, looked at, taken back and destroyed; all names begin with %s:", selftest.Prefix)
	rows = nil
	for _, s := range r.Seeds {
		rows = append(rows, table.Row{s.Control, s.Makes, s.Price})
	}
	a.table(table.Row{"control", "makes", "costs"}, rows)
}

// clean takes away what tests have left, or says what that is.
func (c *selftestCmd) clean(a *app, s *scene) error {
	if !c.Yes {
		earlier, err := s.Diary.Read(a.ctx)
		if err != nil {
			return err
		}
		if earlier == nil {
			a.warn("no test has written down that it left anything; what has its names and tags is looked for with --yes")
		} else {
			a.warn("left of the test that %s began at %s: %s", earlier.By, earlier.Began,
				strings.Join(s.Left(*earlier), "; "))
		}
		a.warn("nothing was removed: add --yes")
		return exit(exitPending)
	}
	removed, err := s.Clean(a.ctx)
	if err != nil {
		return c.leaves(a, s, removed, err)
	}
	for _, what := range removed {
		a.warn("gone: %s", what)
	}
	a.warn("nothing is left")
	return nil
}

// leaves says what may still be there, and who takes it away.
func (c *selftestCmd) leaves(a *app, s *scene, left []string, err error) error {
	for _, what := range left {
		a.warn("left in account %s: %s", c.Account, what)
	}
	if len(left) > 0 {
		a.warn("the same command again goes on with it; salve selftest --account %s --clean --yes takes it away", c.Account)
	}
	if err != nil {
		return s.d.ended(err)
	}
	return nil
}

// told prints the report, and what is left.
func (c *selftestCmd) told(a *app, s *scene, out selftest.Outcome, failed error) error {
	if len(out.Steps)+len(out.Controls) == 0 {
		return c.leaves(a, s, out.Left, failed)
	}
	r := c.report(a, s, out, failed)
	if err := a.data(r, func() { a.selftestDone(r) }); err != nil {
		return err
	}
	if err := c.leaves(a, s, out.Left, failed); err != nil {
		return err
	}
	if !r.OK {
		return exit(exitError)
	}
	return nil
}

// report is what can be sent back.
func (c *selftestCmd) report(a *app, s *scene, out selftest.Outcome, failed error) proof.Report {
	number, revision := built()
	r := proof.Report{
		Version: proof.Version, Program: number, Revision: revision, Go: runtime.Version(),
		Day: a.now().UTC().Format(time.DateOnly), Partition: s.d.place.Partition, Region: s.cfg.Region,
		Account: proof.Masked(c.Account), Emulated: emulated(s.cfg), Made: out.Made.Parts(),
		Steps: out.Steps, Controls: out.Controls,
	}
	if r.Steps == nil {
		r.Steps = []proof.Step{}
	}
	if r.Controls == nil {
		r.Controls = []proof.Control{}
	}
	r.OK = failed == nil && r.Passed()
	return r
}

// emulated tells that not all of it went to AWS.
func emulated(cfg aws.Config) bool {
	return cfg.BaseEndpoint != nil || slices.ContainsFunc(os.Environ(), func(of string) bool {
		return strings.HasPrefix(of, "AWS_ENDPOINT_URL")
	})
}

// selftestDone shows a report to people.
func (a *app) selftestDone(r proof.Report) {
	var rows []table.Row
	for _, s := range r.Steps {
		rows = append(rows, table.Row{"", s.Step, s.OK, s.Milliseconds, s.Error})
	}
	for _, one := range r.Controls {
		for _, s := range one.Steps {
			rows = append(rows, table.Row{one.Control, s.Step, s.OK, s.Milliseconds, s.Error})
		}
	}
	a.table(table.Row{"control", "step", "ok", "ms", "error"}, rows)
	a.say("with -o json it is a report without account ids, to send back as a proof")
}
