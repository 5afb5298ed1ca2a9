package main

import (
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/report"
)

// liftReport is what became of what was disabled by hand, as programs get it.
type liftReport struct {
	Control string           `json:"control"` // or "standard:" and its key; * for everything
	Lifted  bool             `json:"lifted"`  // false if nothing was disabled there, or nobody has agreed
	Taken   []report.Disable `json:"taken"`   // back, or to be
	Left    []report.Disable `json:"left"`    // that still hold, of whatever control
	Reach   *reach           `json:"reach,omitempty"`

	taken, left []gate.Disable
}

// lift takes back what is disabled by hand: in the places that are named, or in all. Without a name it is what cannot
// be read, which holds for everything.
func (a *app) lift(name string, where []gate.Where, yes bool) error {
	about := subject{}
	if name != "" {
		var err error
		if about, err = a.names.subjectOf(name); err != nil {
			return err
		}
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	before, err := h.ledger().Settings(a.ctx)
	if err != nil {
		return err
	}
	told := a.lifts(before, about, where)
	asked := false
	if len(activeDisables(told.taken, a.now())) > 0 {
		told.Reach = a.liftReach(h, before, told, about)
		if !yes {
			meant := func() { a.liftMeant(told) }
			var agreed bool
			if asked, agreed = a.asks(meant, "Take it back?"); !agreed {
				return a.notDone(told, asked, meant, "it was not taken back: add --yes")
			}
		}
	}
	if err := a.proven(h, audit.Line{Control: about.key, Reason: "enable --lift"}); err != nil {
		return err
	}
	if told.Lifted, err = a.takenBack(h, told.taken); err != nil {
		return err
	}
	return a.data(told, func() { a.liftDone(told, asked) })
}

// lifts is what would be taken back, and what would be left.
func (a *app) lifts(before gate.Settings, about subject, where []gate.Where) liftReport {
	told := liftReport{Control: about.key}
	if about.key == "" {
		told.Control = report.Everything
	}
	for _, d := range before.Disables {
		if d.Within(about.key, where) {
			told.taken = append(told.taken, d)
		} else if d.Active(a.now()) {
			told.left = append(told.left, d)
		}
	}
	told.Taken, told.Left = a.names.disableReports(told.taken), a.names.disableReports(told.left)
	return told
}

// takenBack lifts what is disabled, an entry each; false where nothing was there any more.
func (a *app) takenBack(h hub, list []gate.Disable) (bool, error) {
	any := false
	for _, d := range list {
		lifted, err := h.ledger().Lift(a.ctx, d)
		if err != nil {
			return any, err
		}
		if any = any || lifted; lifted {
			d.Control, d.Reason = a.names.knownID(d.Control), ""
			a.byHandSwitched(h, audit.Enabled, d)
		}
	}
	return any, nil
}

// liftReach counts what waits for the end of what is disabled.
func (a *app) liftReach(h hub, before gate.Settings, told liftReport, about subject) *reach {
	config, err := before.Config()
	if err != nil {
		a.warn("how many open findings this reaches is not known: %s", sentence(err))
		return nil
	}
	stops := activeStops(before.Stops, a.now())
	s := step{
		from:     stance{config, before.Over(stops, slices.Concat(told.taken, told.left))},
		to:       stance{config, before.Over(stops, told.left)},
		controls: a.names.acting(config),
	}
	if about.key != "" {
		of := about.controls(a.names)
		s.controls = slices.DeleteFunc(s.controls, func(id string) bool {
			return !slices.ContainsFunc(of, func(one string) bool { return strings.EqualFold(one, id) })
		})
	}
	var where []gate.Where
	for _, d := range told.taken {
		where = append(where, d.Where)
	}
	s.accounts = accountsOf(where)
	return a.reached(h, s)
}

// liftMeant says what would be taken back.
func (a *app) liftMeant(told liftReport) {
	a.disables(told.taken)
	a.sayReach(told.Reach)
}

func (a *app) liftDone(told liftReport, seen bool) {
	name := told.Control
	if told.Control == report.Everything {
		name = "everything"
	}
	switch {
	case !told.Lifted:
		a.say("%s was not disabled by hand there", name)
	default:
		a.say("%s is no longer disabled by hand there (in force within half a minute); what the configuration says holds: "+
			"see salve config show", name)
		if !seen {
			a.sayReach(told.Reach)
		}
	}
	if len(told.left) > 0 {
		a.say("Still disabled by hand:")
		a.disables(told.left)
	}
}

// disables lists what is disabled by hand for people.
func (a *app) disables(list []gate.Disable) {
	rows := make([]table.Row, 0, len(list))
	for _, d := range list {
		name := a.names.knownID(d.Control)
		if d.Control == "" {
			name = "EVERYTHING"
		}
		rows = append(rows, table.Row{
			name, everywhere(placesOf(d)), d.Owner, stopEnd(gate.Stop{Origin: d.Origin}), d.Reason,
		})
	}
	a.table(table.Row{"disabled", "where", "by", "until", "reason"}, rows)
}
