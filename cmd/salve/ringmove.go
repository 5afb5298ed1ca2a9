package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
)

type ringsAdvance struct {
	ringMove
	consent
}

type ringsBack struct{ ringMove }

type ringMove struct {
	Control string `arg:"" help:"The control, such as S3.8."`
	To      string `placeholder:"RING" help:"Another ring than the next, or the first."`
	Reason  string `placeholder:"TEXT" help:"Why, for the history."`

	rings []string // in order
}

// moveReport is what became of a control that a person moves, as programs get it.
type moveReport struct {
	movedReport
	Moved bool `json:"moved"` // false: nobody has agreed, or it is there already
}

// Run lets a control act in a ring behind its own. That widens, so a person is asked.
func (c *ringsAdvance) Run(a *app) error {
	h, m, stage, err := c.prepare(a)
	if err != nil {
		return err
	}
	if stage.Last {
		return fault.New(fault.Invalid, "%s acts in all rings already", m.Control)
	}
	if m.To = cmp.Or(c.To, stage.Next); !c.behind(m.To, stage) {
		return fault.New(fault.Invalid, "%s is in ring %s, and %s is not behind it: see salve rings back",
			m.Control, m.From, m.To)
	}
	if !c.Yes {
		meant := func() {
			a.say("%s would act by itself in ring %s too, and is in ring %s", m.Control, m.To, m.From)
			a.say("  what speaks against it is settled by that: see salve rings list --control %s", m.Control)
		}
		if asked, agreed := a.asks(meant, "Let it act there?"); !agreed {
			return a.notDone(moveReport{movedReport: movedOf(m)}, asked, meant, "it was not moved: add --yes")
		}
	}
	return c.move(a, h, m)
}

// behind tells that a ring is behind the one a control is in.
func (c *ringMove) behind(ring string, stage gate.Stage) bool {
	return slices.Index(c.rings, ring) > stage.At
}

// Run puts a control back. That only tightens.
func (c *ringsBack) Run(a *app) error {
	h, m, stage, err := c.prepare(a)
	if err != nil {
		return err
	}
	if m.To = cmp.Or(c.To, c.rings[0]); c.behind(m.To, stage) {
		return fault.New(fault.Invalid, "%s is in ring %s, and %s is behind it: see salve rings advance",
			m.Control, m.From, m.To)
	}
	return c.move(a, h, m)
}

// prepare is the change as far as it is known.
func (c *ringMove) prepare(a *app) (h hub, m gate.Change, stage gate.Stage, err error) {
	id, err := a.names.listed(c.Control)
	if err != nil {
		return h, m, stage, err
	}
	if n := plain.Length(plain.Line(c.Reason)); n > maxStopReason {
		return h, m, stage, fault.New(fault.Invalid, "--reason has %d characters: write at most %d", n, maxStopReason)
	}
	if h, err = a.hub(); err != nil {
		return h, m, stage, err
	}
	stored, config, err := a.ringed(h)
	if err != nil {
		return h, m, stage, err
	}
	if c.To != "" {
		if err := ringNamed(config, c.To); err != nil {
			return h, m, stage, err
		}
	}
	if !slices.Contains(a.names.automatic(config), id) {
		return h, m, stage, fault.New(fault.Refused, "%s is not on auto: rings are about what acts by itself", id)
	}
	c.rings = config.Rings.Names()
	stage = stored.Overlay().Stage(config, a.names.member(id))
	return h, gate.Change{
		Number: stored.Changes + 1, Control: id, From: stage.Ring, Bound: stage.Bound, Version: stored.Version, By: h.me,
		Why: cmp.Or(plain.Line(c.Reason), "by hand"), At: a.now(),
	}, stage, nil
}

// move stores the change, and writes it down.
func (c *ringMove) move(a *app, h hub, m gate.Change) error {
	line := audit.Line{
		Control: m.Control, Reason: fmt.Sprintf("rings: %s from %s to %s: %s", m.Control, m.From, m.To, m.Why),
	}
	if err := a.proven(h, line); err != nil {
		return err
	}
	if err := h.ledger().MoveRing(a.ctx, m); err != nil {
		return errElsewhere(err, m.Control)
	}
	line.Time, line.Event, line.Trigger, line.Actor = a.now(), audit.Ringed, "operator", h.actor
	a.audit(h)(a.ctx, line)
	told := moveReport{movedReport: movedOf(m), Moved: true}
	return a.data(told, func() {
		where := "ring " + m.To
		if m.To == gate.LastRing {
			where = gate.LastRing
		} else if before := slices.Index(c.rings, m.To); before > 0 {
			where = "rings " + strings.Join(c.rings[:before+1], ", ")
		}
		a.say("%s acts by itself in %s (in force within half a minute); its fixes count anew", m.Control, where)
		a.say("  what it has left alone: salve replay --control %s --since 30d", m.Control)
	})
}
