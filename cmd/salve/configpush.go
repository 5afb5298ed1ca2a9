package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/report"
	"github.com/salve-security/salve/internal/version"
)

type configPush struct {
	documentArg
	Yes  bool   `help:"Store the document; without it only the differences are shown."`
	Over *int64 `placeholder:"VERSION" help:"Only in place of this version, which diff and show print."`
}

// pushReport is a push, or what one would change, as programs get it.
type pushReport struct {
	Version int64             `json:"config_version"` // that is stored now
	Hash    string            `json:"config_hash"`    // of the document
	Stored  bool              `json:"stored"`         // false without --yes, and where nothing differs
	Changes []gate.Difference `json:"changes"`
	Reach   *reach            `json:"reach,omitempty"` // where it lets Salve act by itself in more places
	// Stops and Disables hold now, whatever the document says: no push touches them.
	Stops    []report.Stop    `json:"stops"`
	Disables []report.Disable `json:"disables"`
	// Exceptions of the document, with what each protects; those that have ended too.
	Exceptions []report.Exception `json:"exceptions"`
}

// report is the proposal before it is stored.
func (p proposal) report() pushReport {
	return pushReport{
		Version: p.version, Hash: p.doc.hash, Changes: append([]gate.Difference{}, p.list...), Reach: p.reach,
		Exceptions: p.excepted, Stops: p.beside.Stops, Disables: p.beside.Disables,
	}
}

// Run stores the document in place of the one it was compared with.
func (c *configPush) Run(a *app) error {
	h, p, err := c.compare(a)
	if err != nil {
		return err
	}
	if c.Over != nil && *c.Over != p.version {
		return conflict(*c.Over)
	}
	return a.push(h, p, "config push", c.Yes, fmt.Sprintf("add --yes --over %d", p.version))
}

// push stores a document, if somebody says yes, in place of the one it was compared with.
func (a *app) push(h hub, p proposal, how string, yes bool, instead string) error {
	r := p.report()
	if yes && p.changes() {
		if err := a.proven(h, audit.Line{Reason: how, Before: p.was, After: p.doc.hash}); err != nil {
			return err
		}
		if err := p.push(a.ctx, h.ledger(), a.pushing(h, gate.Push{How: how})); err != nil {
			return err
		}
		r.Version, r.Stored = p.version+1, true
		a.audit(h)(a.ctx, p.line(a, h.actor))
	}
	if err := a.data(r, func() { a.pushed(r, p, instead); a.uncharted(h, r.Stored, p.doc.config) }); err != nil {
		return err
	}
	if p.changes() && !yes {
		return exit(exitPending)
	}
	return nil
}

// shelf is where the configuration is stored.
type shelf interface {
	PushConfig(ctx context.Context, p gate.Push) error
}

// push stores the document, unless somebody was faster.
func (p proposal) push(ctx context.Context, to shelf, as gate.Push) error {
	as.Doc, as.Over = p.doc.text, p.version
	err := to.PushConfig(ctx, as)
	if errors.Is(err, gate.ErrConflict) {
		return conflict(p.version)
	}
	return err
}

// pushing is a push with who stands behind it.
func (a *app) pushing(h hub, p gate.Push) gate.Push {
	p.By, p.At, p.Release = h.me, a.now(), version.String()
	return p
}

func conflict(version int64) error {
	return fault.New(fault.Refused, "the stored configuration is not version %d any more, somebody changed it: "+
		"nothing was stored, look at salve config diff and push again", version)
}

func (a *app) pushed(r pushReport, p proposal, instead string) {
	a.differences(p)
	switch {
	case r.Stored:
		a.say("configuration version %d is stored (hash %s); in force within half a minute", r.Version, p.doc.short())
	case p.changes():
		a.say("nothing was stored: %s", instead)
	}
}

// mostAudited is how many differences stand in the audit line, which has to fit
// into a log event. The hashes name both documents whatever their size.
const mostAudited = 200

// line is the audit line of the push.
func (p proposal) line(a *app, actor string) audit.Line {
	line := audit.Line{
		Time: a.now(), Event: audit.Pushed, Trigger: "operator", Actor: actor, Before: p.was, After: p.doc.hash,
		Reason: fmt.Sprintf("version %d, %s, %d of them wider", p.version+1, counted(len(p.list), "difference"), p.wider()),
	}
	whole := strings.NewReplacer("~", "~0", "/", "~1") // resources are in it, and a path of changes is parted by slashes
	for _, d := range p.list[:min(len(p.list), mostAudited)] {
		line.Changes = append(line.Changes, control.Change{Path: whole.Replace(d.Path), From: d.From, To: d.To})
	}
	return line
}
