package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/enable"
	"github.com/salve-security/salve/internal/plain"
)

type orgEnable struct {
	orgFlags
	Yes bool `help:"Really do it."`
}

// Run shows the plan, or carries it out.
func (c *orgEnable) Run(a *app) error {
	run, err := c.begin(a)
	if err != nil {
		return err
	}
	if !c.Yes {
		rows := run.Plan(a.ctx)
		if err := a.organization(run, rows, func() { a.prices(run, rows) }); err != nil {
			return err
		}
		code := stands(rows)
		if a.format == "table" && code == exitPending {
			a.warn("nothing was changed: add --yes")
		}
		return ended(code)
	}
	return a.work(run, func() []enable.Row { return run.Enable(a.ctx) })
}

type orgDisable struct {
	orgFlags
	Yes bool `help:"Really take it back."`
}

// Run shows what would be taken back, or does it.
func (c *orgDisable) Run(a *app) error {
	run, err := c.begin(a)
	if err != nil {
		return err
	}
	if !c.Yes {
		rows := run.Withdrawal(a.ctx)
		if err := a.organization(run, rows, nil); err != nil {
			return err
		}
		a.warn("nothing was changed: add --yes")
		return exit(exitPending)
	}
	return a.work(run, func() []enable.Row { return run.Withdraw(a.ctx) })
}

type orgStatus struct {
	orgFlags
	Accounts bool `help:"Account by account: which plans, scans and standards are on."`
}

// Run shows how it stands.
func (c *orgStatus) Run(a *app) error {
	run, err := c.begin(a)
	if err != nil {
		return err
	}
	if c.Accounts {
		return a.accountsOf(run)
	}
	rows := run.Plan(a.ctx)
	if err := a.organization(run, rows, nil); err != nil {
		return err
	}
	return ended(stands(rows))
}

// stands is how a plan ends: with what a person has to do first, with what --yes would do, or with nothing.
func stands(rows []enable.Row) int {
	code := exitDone
	for _, r := range rows {
		switch {
		case !r.Open():
		case r.State != enable.Missing && r.State != enable.Later:
			return exitNotFixed
		default:
			code = exitPending
		}
	}
	return code
}

// ended is the error of a command that ends with a code.
func ended(code int) error {
	if code == exitDone {
		return nil
	}
	return exit(code)
}

// work carries out and tells each step on the way, for it takes minutes.
func (a *app) work(run *orgRun, do func() []enable.Row) error {
	run.Report = func(r enable.Row) {
		if a.format == "table" {
			printf(a.err, "%s\n", plain.Short(fmt.Sprintf("%s %s %s %s: %s", a.now().Format("15:04:05"), r.Service, r.Region,
				r.Step, r.State), maxCell))
		}
	}
	rows := do()
	if err := a.organization(run, rows, nil); err != nil {
		return err
	}
	open := 0
	for _, r := range rows {
		if r.Open() {
			open++
		}
	}
	if open == 0 {
		if a.format == "table" && !slices.ContainsFunc(rows, func(r enable.Row) bool {
			return r.State == enable.Done || r.State == enable.Back
		}) {
			a.say("nothing was to be done")
		}
		return nil
	}
	a.warn("%s open, see the table: run the same command again, it goes on from there", counted(open, "step"))
	return exit(exitNotFixed)
}

// organization prints rows, and what is to be known of the organization.
func (a *app) organization(run *orgRun, rows []enable.Row, more func()) error {
	if rows == nil {
		rows = []enable.Row{}
	}
	return a.data(rows, func() {
		a.say("organization %s, %s, Regions %s, administrator %s", run.Organization.ID,
			counted(len(run.Organization.Accounts), "account"), strings.Join(run.Regions, " "), run.Wish.Administrator)
		for _, note := range run.notes {
			a.say("%s", note)
		}
		var lines []table.Row
		for _, m := range alike(rows) {
			r := m.rows[0]
			lines = append(lines, table.Row{r.Service, m.where(len(run.Regions)), r.Step, r.State, r.Is, r.Want, r.Detail})
		}
		a.table(table.Row{"service", "where", "what", "state", "is", "shall be", ""}, lines)
		if more != nil {
			more()
		}
	})
}

// merged are rows that differ in the Region alone.
type merged struct{ rows []enable.Row }

// alike brings rows together of which a reader with seventeen Regions wants to read one, in the order of the first.
func alike(rows []enable.Row) []*merged {
	var all []*merged
	at := map[enable.Row]*merged{}
	for _, r := range rows {
		key := r
		key.Region = ""
		if at[key] == nil {
			at[key] = &merged{}
			all = append(all, at[key])
		}
		at[key].rows = append(at[key].rows, r)
	}
	return all
}

// where names the Regions, or how many there are.
func (m *merged) where(all int) string {
	const few = 3
	var regions []string
	for _, r := range m.rows {
		regions = append(regions, r.Region)
	}
	where := strings.Join(regions, " ")
	switch {
	case len(regions) == all && all > 1:
		where = fmt.Sprintf("all %d Regions", all)
	case len(regions) > few:
		where = fmt.Sprintf("%s and %d more Regions", regions[0], len(regions)-1)
	}
	if account := m.rows[0].Account; account != "" && account != enable.SomeAccounts {
		where += " " + account
	}
	return where
}

// prices tells by what each service is billed that the plan would switch on.
func (a *app) prices(run *orgRun, rows []enable.Row) {
	told := map[string]bool{}
	for _, r := range rows {
		line := r.Service + ": " + r.Price
		if (r.State == enable.Missing || r.State == enable.Later) && r.Price != "" && !told[line] {
			told[line] = true
			a.say("billed for  %s", line)
		}
	}
	if len(told) > 0 {
		a.say("list prices of us-east-1 as of 2026, look them up; for what is used in %s and %s",
			counted(len(run.Organization.Accounts), "account"), counted(len(run.Regions), "Region"))
	}
}

// orgAccount is what is on in an account, as programs get it.
type orgAccount struct {
	Service string   `json:"service"`
	Region  string   `json:"region"`
	Account string   `json:"account"`
	State   string   `json:"state"`
	On      []string `json:"on"`
}

// accountsOf prints what is on in each account and Region; what cannot be read is a line too.
func (a *app) accountsOf(run *orgRun) error {
	list, failed, seen := []orgAccount{}, false, &enable.Seen{}
	for _, s := range run.Services {
		if !run.Wish.Asked(s.Name()) {
			continue
		}
		for _, region := range run.Regions {
			env := enable.Env{
				Organization: run.Organization, Wish: run.Wish, Region: region, Regions: run.Regions, Open: run.Open, Seen: seen,
			}
			states, err := a.statesOf(s, env)
			if err != nil {
				failed = true
				states = []enable.AccountState{{State: sentence(err)}}
			}
			for _, state := range states {
				on := state.On
				if on == nil {
					on = []string{}
				}
				list = append(list, orgAccount{s.Name(), region, state.Account, state.State, on})
			}
		}
	}
	err := a.data(list, func() {
		var lines []table.Row
		for _, l := range list {
			lines = append(lines, table.Row{l.Service, l.Region, l.Account, l.State, strings.Join(l.On, ", ")})
		}
		a.table(table.Row{"service", "Region", "account", "state", "on"}, lines)
	})
	if err == nil && failed {
		return exit(exitError)
	}
	return err
}

// statesOf asks a service about its accounts, unless nobody administers it yet.
func (a *app) statesOf(s enable.Service, env enable.Env) ([]enable.AccountState, error) {
	delegated, err := s.Steps(env)[0].Look(a.ctx)
	if err != nil {
		return nil, fmt.Errorf("%s in %s: %w", s.Name(), env.Region, err)
	}
	if !delegated.Right {
		return []enable.AccountState{{State: "nobody administers it yet"}}, nil
	}
	states, err := s.Accounts(a.ctx, env)
	if err != nil {
		return nil, fmt.Errorf("accounts of %s in %s: %w", s.Name(), env.Region, err)
	}
	return states, nil
}
