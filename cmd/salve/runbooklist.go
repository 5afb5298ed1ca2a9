package main

import (
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/runbook"
	ssmdocuments "github.com/salve-security/salve/ssm-documents"
)

type runbooksList struct {
	Configured bool `help:"Those of the stored configuration alone; needs the hub."`
}

// runbookReport is a runbook as programs get it.
type runbookReport struct {
	Document string   `json:"document"`
	Title    string   `json:"title,omitempty"`
	Controls []string `json:"controls"` // that start it
	UndoneBy string   `json:"undone_by,omitempty"`
	Takes    string   `json:"takes,omitempty"`
	Family   string   `json:"family,omitempty"` // whose role it runs as
	Role     string   `json:"role,omitempty"`   // of the configuration
	Hash     string   `json:"content_hash,omitempty"`
}

// Run lists the runbooks of this release, or those that the configuration names.
func (c *runbooksList) Run(a *app) error {
	if c.Configured {
		config, err := a.stored()
		if err != nil {
			return err
		}
		list := mappings(config)
		return a.data(list, func() {
			var rows []table.Row
			for _, r := range list {
				rows = append(rows, table.Row{strings.Join(r.Controls, ", "), r.Document, r.Role})
			}
			a.table(table.Row{"control", "runbook", "role"}, rows)
		})
	}
	list, err := a.names.runbooks()
	if err != nil {
		return err
	}
	return a.data(list, func() {
		var rows []table.Row
		for _, r := range list {
			rows = append(rows, table.Row{r.Document, strings.Join(r.Controls, ", "), r.UndoneBy, r.Title})
		}
		a.table(table.Row{"runbook", "control", "undone by", "what it does"}, rows)
	})
}

// runbooks are Salve's own.
func (c catalogue) runbooks() ([]runbookReport, error) {
	all, err := ssmdocuments.Documents()
	if err != nil {
		return nil, err
	}
	list := make([]runbookReport, 0, len(all))
	for _, d := range all {
		r := runbookReport{
			Document: d.Name, Title: d.Title, Controls: []string{}, UndoneBy: d.Undo, Takes: d.Wait, Family: d.Family,
			Hash: runbook.Document{Name: d.Name, Content: d.Content}.Hash(),
		}
		for _, known := range c.controls.All() {
			if slices.Contains(known.Runbooks, d.Name) {
				r.Controls = append(r.Controls, known.ID)
			}
		}
		list = append(list, r)
	}
	return list, nil
}

// mappings are the runbooks that a configuration names.
func mappings(config gate.Config) []runbookReport {
	list := []runbookReport{}
	for _, key := range config.Keys() {
		if m := config.Controls[key].Runbook; m != nil {
			list = append(list, runbookReport{Document: m.Document, Controls: []string{key}, Role: m.Role, Hash: m.Content})
		}
	}
	return list
}

// stored is the configuration of the hub.
func (a *app) stored() (gate.Config, error) {
	h, err := a.hub()
	if err != nil {
		return gate.Config{}, err
	}
	return a.configured(h)
}

func (a *app) configured(h hub) (gate.Config, error) {
	settings, err := h.ledger().Settings(a.ctx)
	if err != nil {
		return gate.Config{}, err
	}
	return settings.Config()
}
