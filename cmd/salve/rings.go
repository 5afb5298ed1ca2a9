package main

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
)

type ringsCmd struct {
	List    ringsList    `cmd:"" help:"How far each control on auto has come."`
	History ringsHistory `cmd:"" help:"Who moved which control, the newest first."`
	Advance ringsAdvance `cmd:"" help:"Let a control act by itself in the next ring, too."`
	Back    ringsBack    `cmd:"" help:"Put a control back into the first ring, at once."`
}

type ringsList struct {
	Control string `placeholder:"ID" patterns:"" help:"Only this control, such as S3.8, or several: S3.*."`
}

// ringReport says how far a control has come, as programs get it.
type ringReport struct {
	Control string    `json:"control"`
	Ring    string    `json:"ring"`
	Next    string    `json:"next,omitempty"` // not there: it acts everywhere
	Since   time.Time `json:"since,omitzero"` // not there: it begins there
	Salve   bool      `json:"by_salve"`       // it was moved there by Salve itself
	// Held is how many fixes have held there, of After; not there where that is not known.
	Held   *int     `json:"held,omitempty"`
	After  int      `json:"advance_after"`
	Doubts []string `json:"doubts"` // what speaks against it
}

// Run lists the controls that act by themselves, and where.
func (c *ringsList) Run(a *app) error {
	wanted, err := a.names.wanted(c.Control)
	if err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	stored, config, err := a.ringed(h)
	if err != nil {
		return err
	}
	list := []ringReport{}
	for _, id := range a.names.automatic(config) {
		if wanted == "" || slices.Contains(a.names.controlsLike(wanted), id) {
			list = append(list, a.ringReport(h, stored, config, id))
		}
	}
	return a.data(list, func() { a.ringTable(list) })
}

// ringed is the stored configuration, which must have rings.
func (a *app) ringed(h hub) (gate.Settings, gate.Config, error) {
	stored, err := h.ledger().Settings(a.ctx)
	if err != nil {
		return stored, gate.Config{}, err
	}
	config, err := stored.Config()
	if err != nil {
		return stored, config, err
	}
	if config.Rings == nil {
		return stored, config, fault.New(fault.Refused, "the configuration has no rings: what is on auto acts by itself "+
			"wherever its entry says")
	}
	return stored, config, nil
}

// automatic are the controls that some entry has on auto, in order.
func (c catalogue) automatic(config gate.Config) []string {
	only := config
	only.Defaults, only.Controls = gate.Defaults{}, map[string]gate.Rule{}
	for key, rule := range config.Controls {
		if rule.Mode == gate.Auto {
			only.Controls[key] = rule
		}
	}
	ids := c.acting(only)
	slices.SortFunc(ids, func(x, y string) int {
		if control.Less(x, y) {
			return -1
		}
		return 1
	})
	return ids
}

// member is a control with the standards that list it.
func (c catalogue) member(id string) gate.Control {
	return gate.Control{ID: id, Standards: c.listedIn(id)}
}

// listedIn are the keys of the standards that list a control.
func (c catalogue) listedIn(id string) (keys []string) {
	listed, _ := c.standards.Control(id)
	for _, in := range listed.Names {
		keys = append(keys, in.Standard)
	}
	return keys
}

func (a *app) ringReport(h hub, stored gate.Settings, config gate.Config, id string) ringReport {
	stage := stored.Overlay().Stage(config, a.names.member(id))
	r := ringReport{
		Control: id, Ring: stage.Ring, Next: stage.Next, Since: stage.Moved.At, Salve: stage.Moved.Salve,
		After: config.Rings.After(), Doubts: []string{},
	}
	if stage.Last {
		return r
	}
	if n, err := h.ledger().HeldSoFar(a.ctx, id, stage.Stamp()); err != nil {
		a.warn("how many fixes of %s have held is not known: %s", id, sentence(err))
	} else {
		r.Held = &n
	}
	doubts, err := h.ledger().Doubts(a.ctx, id)
	if err != nil {
		a.warn("what speaks against %s is not known: %s", id, sentence(err))
	}
	r.Doubts = append(r.Doubts, stored.Open(id, doubts)...)
	return r
}

func (a *app) ringTable(list []ringReport) {
	rows := make([]table.Row, 0, len(list))
	for _, r := range list {
		rows = append(rows, table.Row{r.Control, r.Ring, r.since(), r.Next, r.held(), len(r.Doubts)})
	}
	a.table(table.Row{"control", "acts in ring", "since", "next", "fixes that held", "doubts"}, rows)
	for _, r := range list {
		for _, why := range r.Doubts {
			a.say("  %s waits: %s", r.Control, why)
		}
	}
	if len(list) == 0 {
		a.say("no control is on auto")
	}
}

func (r ringReport) since() string {
	switch {
	case r.Since.IsZero():
		return "it began there"
	case r.Salve:
		return plain.Minute(r.Since) + ", by Salve"
	}
	return plain.Minute(r.Since) + ", by hand"
}

func (r ringReport) held() string {
	switch {
	case r.Next == "":
		return ""
	case r.Held == nil:
		return "not known"
	}
	return thousands(*r.Held) + " of " + thousands(r.After)
}

type ringsHistory struct{}

// movedReport is a change of a ring, as programs get it.
type movedReport struct {
	Number  int64     `json:"number"`
	Control string    `json:"control"`
	From    string    `json:"from"`
	To      string    `json:"to"`
	By      string    `json:"by"` // ARN of a person, or Salve
	Why     string    `json:"why"`
	At      time.Time `json:"at"`
	Version int64     `json:"config_version"` // of the document it was decided with
}

// Run lists the changes that are kept.
func (c *ringsHistory) Run(a *app) error {
	h, err := a.hub()
	if err != nil {
		return err
	}
	list, err := a.movedReports(h)
	if err != nil {
		return err
	}
	return a.data(list, func() {
		a.movedTable(list)
		if len(list) == 0 {
			a.say("no control was moved from ring to ring yet")
		}
	})
}

func (a *app) movedReports(h hub) ([]movedReport, error) {
	kept, err := h.ledger().RingChanges(a.ctx)
	list := make([]movedReport, 0, len(kept))
	for _, c := range kept {
		list = append(list, movedOf(c))
	}
	return list, err
}

func movedOf(c gate.Change) movedReport {
	return movedReport{
		Number: c.Number, Control: c.Control, From: c.From, To: c.To, By: c.By, Why: c.Why,
		At: c.At.UTC(), Version: c.Version,
	}
}

func (a *app) movedTable(list []movedReport) {
	rows := make([]table.Row, 0, len(list))
	for _, r := range list {
		rows = append(rows, table.Row{r.Number, plain.Minute(r.At), r.Control, r.From + " → " + r.To, r.By, r.Why})
	}
	a.table(table.Row{"change", "at", "control", "ring", "by", "why"}, rows)
}

// errElsewhere says that something else was decided meanwhile.
func errElsewhere(err error, id string) error {
	if errors.Is(err, gate.ErrConflict) {
		return fault.New(fault.Refused, "somebody, or Salve itself, changed the configuration or a ring meanwhile: nothing "+
			"was done, look at salve rings list --control %s and run the command again", id)
	}
	return err
}

// ringNamed checks the name of a ring.
func ringNamed(config gate.Config, name string) error {
	if names := config.Rings.Names(); !slices.Contains(names, name) {
		return fault.New(fault.Invalid, "no ring is called %q: there are %s", name, strings.Join(names, ", "))
	}
	return nil
}
