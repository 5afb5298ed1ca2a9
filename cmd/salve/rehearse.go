package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/rehearse"
)

type rehearseCmd struct {
	Events  recordedName `arg:"" help:"Recorded events or findings, or a folder of them; - for what is piped in."`
	Config  fileName     `required:"" placeholder:"FILE" help:"The configuration document to rehearse."`
	Current fileName     `placeholder:"FILE" help:"The present document: tell what differs from it."`
	Around  fileName     `placeholder:"FILE" help:"Units of accounts and tags of resources; others are not known."`
	Hub     string       `placeholder:"ACCOUNT" help:"Account of the hub; without it any that an event names."`
	At      string       `placeholder:"TIME" help:"Time to rehearse at, for exceptions that end; now unless told."`
	Each    bool         `help:"List every finding, not only how many."`
}

// Run says of recorded findings what the document would have Salve do. It needs no AWS.
func (c *rehearseCmd) Run(a *app) error {
	if err := c.piped(); err != nil {
		return err
	}
	r, report, err := c.prepare(a)
	if err != nil {
		return err
	}
	rows := a.rows()
	take := func(row rehearse.Row) error {
		report.Add(row)
		if c.Each {
			return rows.add(row, func() { a.sayRow(row) })
		}
		return nil
	}
	done := a.progress("Rehearsing " + string(c.Events))
	err = readRecorded(c.Events, func(e rehearse.Entry) error {
		if err := a.ctx.Err(); err != nil {
			return errors.New("interrupted")
		}
		return r.Each(a.ctx, e, take)
	})
	done()
	if err != nil {
		return err
	}
	report.Skipped = r.Skipped
	report.Close()
	if err := c.told(a, report, rows); err != nil {
		return err
	}
	if report.Differ > 0 {
		return exit(exitPending)
	}
	return nil
}

// piped refuses to read the same input twice.
func (c *rehearseCmd) piped() error {
	times := 0
	for _, name := range []string{string(c.Events), string(c.Config), string(c.Current), string(c.Around)} {
		if name == standardInput {
			times++
		}
	}
	if times > 1 {
		return fault.New(fault.Invalid, "- stands for what is piped in, which can be read once: name files for the others")
	}
	return nil
}

// told prints what came of it: every finding where they were asked for, else how many.
func (c *rehearseCmd) told(a *app, report *rehearse.Report, rows *stream) error {
	switch {
	case c.Each && a.format != formatTable:
		return rows.end()
	case a.format == formatCSV:
		return a.data(report.Counts, nil)
	}
	return a.data(report, func() { a.rehearsed(report) })
}

// prepare reads the documents.
func (c *rehearseCmd) prepare(a *app) (*rehearse.Rehearsal, *rehearse.Report, error) {
	if c.Hub != "" {
		if err := accounts(c.Hub); err != nil {
			return nil, nil, err
		}
	}
	known := a.names.known()
	stage := rehearse.Stage{
		Controls: known.Controls, Standards: known.Standards, Map: known.Mapped, Hub: c.Hub, At: a.now(),
	}
	var err error
	if c.At != "" {
		if stage.At, err = time.Parse(time.RFC3339, c.At); err != nil {
			return nil, nil, fault.New(fault.Invalid, "--at %q is no time: write one such as 2026-11-21T10:00:00Z", c.At)
		}
	}
	if c.Around != "" {
		if stage.Around, err = readSurroundings(c.Around); err != nil {
			return nil, nil, err
		}
	}
	then, err := documentArg{c.Config}.read(a.names)
	if err != nil {
		return nil, nil, a.refused(err)
	}
	report := &rehearse.Report{Config: then.hash}
	if c.Current == "" {
		return rehearse.New(stage, then.config, nil), report, nil
	}
	now, err := documentArg{c.Current}.read(a.names)
	if err != nil {
		a.warn("the present document cannot be compared with:")
		return nil, nil, a.refused(err)
	}
	report.Current = now.hash
	return rehearse.New(stage, then.config, &now.config), report, nil
}

// mostSurroundings is far more than the units and tags of an organization take.
const mostSurroundings = 64 << 20

func readSurroundings(name fileName) (rehearse.Surroundings, error) {
	text, err := name.read(mostSurroundings)
	if err != nil {
		return rehearse.Surroundings{}, fmt.Errorf("the surroundings: %w", err)
	}
	s, err := rehearse.ParseSurroundings(text)
	return s, fault.Wrap(fault.Invalid, err)
}

// sayRow is a finding, with what would become of it.
func (a *app) sayRow(r rehearse.Row) {
	was := ""
	if r.Differs {
		was = fmt.Sprintf(" (was %s, %s)", r.Was, r.WasReason)
	}
	a.say("%s  %s  %s  %s  %s%s: %s", r.Place, r.Control, r.Account, r.Resource, r.Verdict, was, r.Because)
}

// rehearsed is the report for people.
func (a *app) rehearsed(r *rehearse.Report) {
	header := table.Row{"control", "verdict"}
	if r.Current != "" {
		header = append(header, "was")
	}
	header = append(header, "findings", "accounts", "because")
	var rows []table.Row
	for _, c := range r.Counts {
		row := table.Row{c.Control, string(c.Verdict)}
		if r.Current != "" {
			row = append(row, wasBefore(c))
		}
		rows = append(rows, append(row, thousands(c.Findings), c.Accounts, c.Because))
	}
	a.table(header, rows)
	a.say("")
	a.say("%s: %s to act on, of which %s; %s to ask about, %s to tell of, %s deferred, %s refused, %s to leave alone",
		counted(r.Findings, "finding"), thousands(r.Of(rehearse.Act)+r.Of(rehearse.Interrupt)),
		interrupting(r.Of(rehearse.Interrupt)), thousands(r.Of(rehearse.Ask)), thousands(r.Of(rehearse.Plan)),
		thousands(r.Of(rehearse.Defer)), thousands(r.Of(rehearse.Refuse)), thousands(r.Of(rehearse.Ignore)))
	if r.Skipped > 0 {
		a.say("%s without a finding that Salve reads", counted(r.Skipped, "message"))
	}
	switch {
	case r.Current == "":
	case r.Differ == 0:
		a.say("nothing differs from the present document")
	case r.Wider == 0:
		a.say("%s from the present document", differing(r.Differ))
	default:
		a.say("%s from the present document; on %s of them Salve would do more by itself", differing(r.Differ),
			thousands(r.Wider))
	}
}

func wasBefore(c rehearse.Count) string {
	if !c.Differs() {
		return "the same"
	}
	return fmt.Sprintf("%s, %s", c.Was, c.WasReason)
}

func interrupting(n int) string {
	if n == 1 {
		return "1 interrupts somebody"
	}
	return thousands(n) + " interrupt somebody"
}

func differing(n int) string {
	if n == 1 {
		return "1 differs"
	}
	return thousands(n) + " differ"
}
