package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/doctor"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/plain"
)

type doctorCmd struct {
	Control word   `arg:"" optional:"" help:"The control, such as S3.8; without one only hub and account are looked at."`
	Account string `placeholder:"ID" help:"The account in which it should run; without one only the hub is looked at."`
	Region  string `placeholder:"REGION" help:"The Region in which it should run; default is the hub's."`
	All     bool   `help:"Look at the role of every account, and list those without one that works."`
}

// doctorReport is what was found, as programs get it.
type doctorReport struct {
	Version int             `json:"version"`
	Hub     string          `json:"hub"`
	Home    string          `json:"home"` // the hub's Region
	Account string          `json:"account,omitempty"`
	Region  string          `json:"region"`
	Control string          `json:"control,omitempty"`
	Verdict doctor.Verdict  `json:"verdict"` // wrong before unknown before ok
	Checks  []doctor.Answer `json:"checks"`
}

// Run looks, and writes nothing.
func (c *doctorCmd) Run(a *app) error {
	if err := c.check(a); err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	p := a.patient(h, c)
	if c.All {
		return a.doctorAll(p)
	}
	done := a.progress("Looking")
	answers := doctor.Examine(a.ctx, p)
	done()
	told := doctorReport{
		1, p.Hub, p.Home, p.Account, p.Region, p.ControlID, doctor.Worst(answers), answers,
	}
	if err := a.data(told, func() { a.examined(answers) }); err != nil {
		return err
	}
	return verdictExit(told.Verdict)
}

// check tells what is wrong before anybody is asked for credentials.
func (c *doctorCmd) check(a *app) error {
	id, err := a.names.listed(string(c.Control))
	if err != nil {
		return err
	}
	c.Control = word(id)
	if c.All && (id != "" || c.Account != "") {
		return fault.New(fault.Invalid, "--all looks at the roles of all accounts: leave out control and --account")
	}
	if c.Region != "" {
		if err := oneRegion(c.Region); err != nil {
			return err
		}
	}
	return given(c.Account)
}

// verdictExit is the exit code of a verdict: what nobody could look at is no good news.
func verdictExit(v doctor.Verdict) error {
	switch v {
	case doctor.Wrong:
		return exit(exitError)
	case doctor.Unknown:
		return exit(exitNotFixed)
	case doctor.OK, doctor.NotAsked:
	}
	return nil
}

// examined prints the answers, each with what sets it right.
func (a *app) examined(answers []doctor.Answer) {
	const widest = 13
	for _, one := range answers {
		a.say("%s%s%s", painted(padded(shownVerdict(one.Verdict), widest)), painted(padded(one.Check, widest+1)),
			a.hanging(one.Sentence, 2*widest+1))
		if one.Fix != "" && one.Verdict != doctor.OK {
			a.say("%sfix: %s", painted(strings.Repeat(" ", widest)), a.hanging(one.Fix, widest+len("fix: ")))
		}
	}
}

// hanging breaks a text between words so that it stands in a column of its own. A command to copy stays one line.
func (a *app) hanging(s string, indent int) painted {
	s = fmt.Sprint(shown(s, maxText))
	room := a.columns - indent
	if a.columns == 0 || strings.HasPrefix(s, "aws ") ||
		slices.ContainsFunc(strings.Fields(s), func(word string) bool { return plain.Length(word) > room }) {
		return painted(s)
	}
	return painted(strings.Join(wrapWords(s, room), "\n"+strings.Repeat(" ", indent)))
}

// shownVerdict is a verdict as people read it.
func shownVerdict(v doctor.Verdict) string {
	if v == doctor.Wrong {
		return "WRONG"
	}
	return strings.ReplaceAll(string(v), "_", " ")
}

// doctorAll lists the accounts; those in order need no line.
func (a *app) doctorAll(p *doctor.Patient) error {
	done := a.progress("Looking at accounts")
	all, left, err := p.Accounts(a.ctx)
	done()
	for _, text := range left {
		a.warn("%s", text)
	}
	if err != nil {
		return err
	}
	worst := doctor.OK
	for _, one := range all {
		if one.Verdict != doctor.OK && worst != doctor.Wrong {
			worst = one.Verdict
		}
	}
	bad := slices.DeleteFunc(slices.Clone(all), func(one doctor.AccountAnswer) bool { return one.Verdict == doctor.OK })
	if err := a.data(all, func() {
		var rows []table.Row
		for _, one := range bad {
			rows = append(rows, table.Row{one.Account, one.Name, shownVerdict(one.Verdict), one.Sentence, one.Fix})
		}
		a.say("%s looked at, %d without a role that works", counted(len(all), "account"), len(bad))
		if len(bad) > 0 {
			a.table(table.Row{"account", "name", "verdict", "what", "fix"}, rows)
		}
	}); err != nil {
		return err
	}
	return verdictExit(worst)
}
