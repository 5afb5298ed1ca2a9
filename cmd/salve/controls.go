package main

import (
	"runtime/debug"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	controls "github.com/salve-security/salve/functions/playbooks"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/version"
	"github.com/salve-security/salve/playbooks"
)

type controlsCmd struct {
	List controlsList `cmd:"" help:"List the controls that have a playbook."`
	Show controlsShow `cmd:"" help:"Show one control."`
}

// controlReport is a control as programs get it.
type controlReport struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Severity    string   `json:"severity"`
	Impact      string   `json:"impact"`
	Resource    string   `json:"resource"`
	Effect      string   `json:"effect"`
	Actions     []string `json:"actions"`
	UndoActions []string `json:"undo_actions,omitempty"`
	Standards   []string `json:"standards"`

	Parameters []paramReport `json:"parameters,omitempty"`
}

// paramReport is a parameter of a control as programs get it.
type paramReport struct {
	Name    string `json:"name"`
	Meaning string `json:"meaning"`
	Default any    `json:"default"`
}

func reportControls() ([]controlReport, error) {
	registry, err := controls.All()
	if err != nil {
		return nil, err
	}
	standards, err := playbooks.Load()
	if err != nil {
		return nil, err
	}
	var out []controlReport
	for _, c := range registry.All() {
		out = append(out, reportControl(c, standards))
	}
	return out, nil
}

func reportControl(c control.Control, standards *playbooks.Standards) controlReport {
	r := controlReport{
		ID: c.ID, Title: c.Title, Severity: string(c.Severity), Impact: string(c.Impact), Resource: c.Resource,
		Effect: c.Effect, Actions: c.Actions, UndoActions: c.UndoActions,
	}
	for _, p := range c.Params {
		r.Parameters = append(r.Parameters, paramReport{p.Name, p.Meaning, p.Default})
	}
	known, _ := standards.Control(c.ID)
	for _, n := range known.Names {
		r.Standards = append(r.Standards, n.Standard+" "+n.ID)
	}
	return r
}

type controlsList struct{}

// Run lists the controls.
func (*controlsList) Run(a *app) error {
	list, err := reportControls()
	if err != nil {
		return err
	}
	return a.data(list, func() {
		var rows []table.Row
		for _, c := range list {
			rows = append(rows, table.Row{c.ID, c.Severity, c.Impact, c.Title})
		}
		a.table(table.Row{"control", "severity", "impact", "title"}, rows)
	})
}

type controlsShow struct {
	Control string `arg:"" help:"The control, such as S3.8."`
}

// Run shows a control.
func (c *controlsShow) Run(a *app) error {
	known, err := playbook(c.Control)
	if err != nil {
		return err
	}
	standards, err := playbooks.Load()
	if err != nil {
		return err
	}
	r := reportControl(known, standards)
	return a.data(r, func() {
		a.say("%s  %s\n", r.ID, r.Title)
		for _, line := range [][2]string{
			{"severity", r.Severity},
			{"impact", r.Impact},
			{"resource", r.Resource},
			{"effect", r.Effect},
			{"IAM", strings.Join(r.Actions, ", ")},
			{"IAM, undo", strings.Join(r.UndoActions, ", ")},
			{"standards", strings.Join(r.Standards, ", ")},
		} {
			if line[1] != "" {
				a.say("%-10s %s", line[0], line[1])
			}
		}
		for _, p := range r.Parameters {
			a.say("%-10s %s=%s: %s", "parameter", p.Name, control.Text(p.Default), p.Meaning)
		}
	})
}

type versionCmd struct{}

// Run prints what was built from which sources.
func (*versionCmd) Run(a *app) error {
	number, revision := version.String(), "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	return a.data(struct {
		Version  string `json:"version"`
		Revision string `json:"revision"`
	}{number, revision}, func() {
		a.say("salve %s (%s)", number, revision)
	})
}
