package main

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/playbooks"
)

type standardsCmd struct {
	Key string `arg:"" optional:"" help:"${help_standard}"`
}

// standardReport is a standard as programs get it.
type standardReport struct {
	Key      string `json:"key"`
	Name     string `json:"name"`
	Version  string `json:"version"`
	Controls int    `json:"controls"`
	Covered  int    `json:"covered"` // of them have a playbook
}

// entryReport is a control of a standard as programs get it.
type entryReport struct {
	ID       string `json:"id"` // as the standard names it
	Control  string `json:"control"`
	Severity string `json:"severity"`
	Title    string `json:"title"`
	Playbook bool   `json:"playbook"`
}

// Run lists the standards, or the controls of one.
func (c *standardsCmd) Run(a *app) error {
	registry, standards := a.names.controls, a.names.standards
	if c.Key != "" && !pattern(c.Key) {
		s, ok := standards.Standard(c.Key)
		if !ok {
			return unknownStandard(c.Key, standards)
		}
		return a.standard(s, registry)
	}
	var list []standardReport
	for _, key := range standards.Keys() {
		if s, _ := standards.Standard(key); c.Key == "" || plain.Like(c.Key, key) {
			list = append(list, reportStandard(s, registry))
		}
	}
	if len(list) == 0 {
		return fault.New(fault.Invalid, "no standard is called %s: use one of %s", c.Key,
			strings.Join(standards.Keys(), ", "))
	}
	return a.data(list, func() {
		var rows []table.Row
		for _, s := range list {
			rows = append(rows, table.Row{s.Key, s.Name, s.Version, s.coverage()})
		}
		a.table(table.Row{"standard", "name", "version", "with a playbook"}, rows)
	})
}

func reportStandard(s playbooks.Standard, registry control.Registry) standardReport {
	r := standardReport{Key: s.Key, Name: s.Name, Version: s.Version, Controls: len(s.Controls)}
	for _, e := range s.Controls {
		if _, ok := registry.Get(e.Control); ok {
			r.Covered++
		}
	}
	return r
}

func (r standardReport) coverage() string {
	return fmt.Sprintf("%d of %d (%d %%)", r.Covered, r.Controls, 100*r.Covered/max(1, r.Controls))
}

func (a *app) standard(s playbooks.Standard, registry control.Registry) error {
	list := make([]entryReport, len(s.Controls))
	for i, e := range s.Controls {
		_, ok := registry.Get(e.Control)
		list[i] = entryReport{ID: e.ID, Control: e.Control, Severity: e.Severity, Title: e.Title, Playbook: ok}
	}
	return a.data(list, func() {
		var rows []table.Row
		for _, e := range list {
			mark := painted("no")
			if e.Playbook {
				mark = a.paint(green, "yes")
			}
			rows = append(rows, table.Row{e.ID, e.Control, e.Severity, mark, e.Title})
		}
		a.table(table.Row{"id", "control", "severity", "playbook", "title"}, rows)
		a.say("\n%s: %s controls have a playbook", s.Key, reportStandard(s, registry).coverage())
	})
}
