package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
)

type configHistory struct{}

// versionReport is a document that was pushed, as programs get it.
type versionReport struct {
	Version int64     `json:"config_version"`
	Hash    string    `json:"config_hash"`
	By      string    `json:"by"`  // ARN of who pushed it, as AWS knows them
	How     string    `json:"how"` // the command
	At      time.Time `json:"at"`
	Release string    `json:"release"`          // of Salve
	Unread  string    `json:"unread,omitempty"` // why the entry cannot be read
	// Config is the document, where one is shown.
	Config *gate.Config `json:"config,omitempty"`
}

func versionOf(p gate.Pushed) versionReport {
	r := versionReport{
		Version: p.Version, Hash: p.Hash, By: p.By, How: p.How, At: p.At.UTC(), Release: p.Release,
	}
	if p.Unread != nil {
		r.Unread = sentence(p.Unread)
	}
	return r
}

// Run lists the pushes that are kept, the newest first.
func (c *configHistory) Run(a *app) error {
	h, err := a.hub()
	if err != nil {
		return err
	}
	kept, err := h.ledger().Pushes(a.ctx)
	if err != nil {
		return err
	}
	list := make([]versionReport, 0, len(kept))
	rows := make([]table.Row, 0, len(kept))
	for _, p := range kept {
		r := versionOf(p)
		list = append(list, r)
		rows = append(rows, table.Row{r.Version, plain.Minute(r.At), r.By, r.How, r.Release, plain.Cut(r.Hash, shortHash)})
	}
	moved, err := a.movedReports(h)
	if err != nil {
		a.warn("which controls were moved from ring to ring is not known: %s", sentence(err))
	}
	return a.data(list, func() {
		a.table(table.Row{"version", "at", "by", "by what", "release", "hash"}, rows)
		if len(list) == 0 {
			a.say("no configuration was pushed yet")
		}
		if len(moved) > 0 {
			a.say("\nMoved from ring to ring (salve rings history for programs):")
			a.movedTable(moved)
		}
	})
}

// shortHash is enough of a hash to tell documents apart.
const shortHash = 12

// version is a document of the history.
func (a *app) version(h hub, version int64) (gate.Pushed, error) {
	p, err := h.ledger().Pushed(a.ctx, version)
	switch {
	case errors.Is(err, gate.ErrNotKept):
		return p, fault.New(fault.Invalid, "version %d of the configuration is not kept: the last %d are, see salve config "+
			"history", version, gate.KeptVersions)
	case err != nil:
		return p, err
	case p.Unread != nil:
		return p, fault.New(fault.Refused, "version %d of the configuration cannot be read: %w", version, p.Unread)
	}
	return p, nil
}

// kept shows a document of the history.
func (a *app) kept(version int64) error {
	h, err := a.hub()
	if err != nil {
		return err
	}
	p, err := a.version(h, version)
	if err != nil {
		return err
	}
	config, err := gate.FromJSON([]byte(p.Doc))
	if err != nil {
		return fault.New(fault.Refused, "version %d, which release %s pushed: %w", version, p.Release, err)
	}
	r := versionOf(p)
	r.Config = &config
	return a.data(r, func() {
		a.say("version %d, pushed by %s at %s with release %s (%s, hash %s)\n", r.Version, r.By, plain.Minute(r.At),
			r.Release, r.How, plain.Cut(r.Hash, shortHash))
		shown := configReport{Version: p.Version, Default: gate.Manual, Config: config}
		if config.Defaults.Mode != "" {
			shown.Default = config.Defaults.Mode
		}
		shown.Exceptions = a.exceptionReports(config.Exceptions)
		a.rules(shown)
	})
}

// again is a document of the history as if somebody pushed it now.
func (a *app) again(h hub, version int64) (document, error) {
	p, err := a.version(h, version)
	if err != nil {
		return document{}, err
	}
	return a.taken(p)
}

// taken is a document of the history, if this release takes it.
func (a *app) taken(p gate.Pushed) (document, error) {
	config, err := gate.FromJSON([]byte(p.Doc))
	if err != nil {
		return document{}, fault.New(fault.Refused, "version %d, which release %s pushed, is none that this release takes: "+
			"%w", p.Version, p.Release, err)
	}
	if err := config.Validate(a.names.valid()); err != nil {
		a.warn("version %d, which release %s pushed, is none that this release takes:", p.Version, p.Release)
		return document{}, a.refused(fault.Wrap(fault.Invalid, err))
	}
	return documentOf(a.names.canonical(config))
}

type configRollback struct {
	Version int64 `arg:"" help:"The version to go back to, as salve config history lists it."`
	Yes     bool  `help:"Store it; without it only the differences are shown."`
}

// Run pushes a document of the history again. It becomes a version of its own.
func (c *configRollback) Run(a *app) error {
	h, err := a.hub()
	if err != nil {
		return err
	}
	doc, err := a.again(h, c.Version)
	if err != nil {
		return err
	}
	p, err := a.against(h, doc)
	if err != nil {
		return err
	}
	return a.push(h, p, fmt.Sprintf("config rollback %d", c.Version), c.Yes, "add --yes")
}
