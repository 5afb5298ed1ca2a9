package main

import (
	"fmt"
	"strings"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/report"
)

// proposal is a document beside the stored one.
type proposal struct {
	doc      document
	version  int64 // of the stored document
	was      string
	unread   error // why the stored document cannot be compared; nil where it can
	list     []gate.Difference
	beside   inForce            // what stands beside the document
	excepted []report.Exception // of the document
	before   gate.Config
	reach    *reach // nil where nothing is wider
}

// changes tells whether a push would store anything else.
func (p proposal) changes() bool { return len(p.list) > 0 || p.unread != nil }

// wider counts the changes that let Salve act by itself in more places.
func (p proposal) wider() int {
	n := 0
	for _, d := range p.list {
		if d.Wider {
			n++
		}
	}
	return n
}

// propose compares the document with the stored one. One that cannot be read
// stops everything, and a push is the way out: it counts as empty.
func (a *app) propose(stored gate.Settings, doc document) (proposal, error) {
	p := proposal{doc: doc, version: stored.Version}
	p.excepted = a.exceptionReports(doc.config.Exceptions)
	before := gate.Config{Version: gate.Version}
	if config, err := stored.Config(); err != nil {
		p.unread = err
	} else if stored.Doc != "" {
		before = config
	}
	was, err := documentOf(a.names.canonical(before))
	if err != nil {
		return proposal{}, err
	}
	if p.was = was.hash; p.unread != nil || stored.Doc == "" {
		p.was = ""
	}
	p.before = was.config
	p.list, err = gate.Diff(was.config, doc.config)
	return p, err
}

type configDiff struct {
	File    fileName `arg:"" optional:"" help:"The configuration document, YAML; - reads what is piped in."`
	Version int64    `name:"config-version" placeholder:"N" help:"In place of a document: a version of the history."`
}

// Run shows what a push of the document, or a rollback, would change.
func (c *configDiff) Run(a *app) error {
	p, err := c.proposed(a)
	if err != nil {
		return err
	}
	if err := a.data(p.report(), func() { a.differences(p) }); err != nil {
		return err
	}
	if p.changes() {
		return exit(exitPending)
	}
	return nil
}

func (c *configDiff) proposed(a *app) (p proposal, err error) {
	switch {
	case (c.File == "") == (c.Version == 0):
		return p, fault.New(fault.Invalid, "name a document, or --config-version with one of salve config history")
	case c.File != "":
		_, p, err = documentArg{c.File}.compare(a)
		return p, err
	}
	h, err := a.hub()
	if err != nil {
		return p, err
	}
	doc, err := a.again(h, c.Version)
	if err != nil {
		return p, err
	}
	return a.against(h, doc)
}

// compare reads both documents.
func (d documentArg) compare(a *app) (hub, proposal, error) {
	doc, err := d.read(a.names)
	if err != nil {
		return hub{}, proposal{}, a.refused(err)
	}
	h, err := a.hub()
	if err != nil {
		return hub{}, proposal{}, err
	}
	if doc, err = a.identified(h, doc); err != nil {
		return hub{}, proposal{}, err
	}
	p, err := a.against(h, doc)
	return h, p, err
}

// against compares a document with the stored one, and counts what it lets Salve do.
func (a *app) against(h hub, doc document) (proposal, error) {
	stored, err := h.ledger().Settings(a.ctx)
	if err != nil {
		return proposal{}, err
	}
	before, _ := stored.Config() // one that cannot be read says nothing
	if doc, err = a.covered(doc, before); err != nil {
		return proposal{}, err
	}
	p, err := a.propose(stored, doc)
	p.beside = a.inForce(h, stored)
	if p.unread != nil {
		a.warn("the stored configuration cannot be read, so everything counts as new: %s", sentence(p.unread))
	}
	if err == nil && p.wider() > 0 {
		p.reach = a.reached(h, step{
			from: stance{p.before, stored.Over(nil, stored.Disables)},
			to:   stance{doc.config, stored.Pushed(doc.config).Over(nil, stored.Disables)}, controls: a.names.acting(doc.config),
		})
	}
	return p, err
}

// letting says how many of all differences let Salve do more.
func letting(wider, all int) string {
	switch {
	case all == 1:
		return "which lets"
	case wider == 1:
		return "1 of them lets"
	}
	return fmt.Sprintf("%d of them let", wider)
}

// differences lists what differs for people.
func (a *app) differences(p proposal) {
	for _, d := range p.list {
		lines, colour := d.Lines(), yellow
		switch {
		case d.Wider: // stands out
			colour = red
		case strings.HasPrefix(lines[0], "+"):
			colour = green
		}
		a.say("%s", a.paint(colour, lines[0]))
		for _, field := range lines[1:] {
			a.say("    %s", a.paint(colour, field))
		}
	}
	switch wider := p.wider(); {
	case !p.changes():
		a.say("nothing differs from configuration version %d", p.version)
	case wider > 0:
		a.say("%s from configuration version %d, %s Salve act by itself in more places",
			counted(len(p.list), "difference"), p.version, letting(wider, len(p.list)))
		a.sayReach(p.reach)
	default:
		a.say("%s from configuration version %d", counted(len(p.list), "difference"), p.version)
	}
	a.sayInForce(p.beside)
	if len(p.excepted) > 0 {
		a.say("\nWith this document these are left alone, whoever asks:")
		a.exceptions(p.excepted)
	}
}
