package main

import (
	"runtime/debug"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/version"
	"github.com/salve-security/salve/playbooks"
)

type controlsCmd struct {
	List controlsList `cmd:"" help:"List the controls that have a playbook."`
	Show controlsShow `cmd:"" help:"Show one control."`
}

// controlReport is a control as programs get it.
type controlReport struct {
	ID          string   `json:"control"`
	Title       string   `json:"title"`
	Severity    string   `json:"severity"`
	Impact      string   `json:"impact"`
	Resources   []string `json:"resource_types"` // of ASFF
	Effect      string   `json:"effect"`
	Fails       string   `json:"fails,omitempty"` // when AWS counts it as failed
	Rule        string   `json:"rule,omitempty"`  // what decides that
	Own         bool     `json:"own,omitempty"`   // a playbook of Salve's own, which no standard knows
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

// reports are all controls and playbooks of Salve's own.
func (c catalogue) reports() []controlReport {
	var out []controlReport
	for _, known := range c.controls.All() {
		out = append(out, reportControl(known, c.standards))
	}
	return out
}

func reportControl(c control.Control, standards *playbooks.Standards) controlReport {
	r := controlReport{
		ID: c.ID, Title: c.Title, Severity: string(c.Severity), Impact: string(c.Impact), Resources: c.Resources,
		Effect: c.Effect, Actions: c.Actions, UndoActions: c.UndoActions, Own: control.Own(c.ID),
	}
	if !r.Own {
		r.Fails, r.Rule = c.Fails.When, c.Fails.Behind()
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

type controlsList struct {
	Pattern string `arg:"" optional:"" name:"control" patterns:"" help:"Only these, such as S3.*."`
}

// Run lists the controls.
func (c *controlsList) Run(a *app) error {
	list := a.names.reports()
	if c.Pattern != "" {
		list = slices.DeleteFunc(list, func(r controlReport) bool { return !plain.Like(c.Pattern, r.ID) })
		if len(list) == 0 {
			return fault.New(fault.Invalid, "no control with a playbook is called %s: leave it out to see all", c.Pattern)
		}
	}
	return a.listControls(list)
}

func (a *app) listControls(list []controlReport) error {
	return a.data(list, func() {
		ours, listed := apart(list)
		a.controls("control", listed)
		if len(ours) > 0 {
			a.say("\nSalve's own, which no standard knows:\n")
			a.controls("playbook", ours)
		}
	})
}

// apart takes the playbooks of Salve's own out of a list.
func apart(list []controlReport) (ours, listed []controlReport) {
	for _, c := range list {
		if c.Own {
			ours = append(ours, c)
		} else {
			listed = append(listed, c)
		}
	}
	return ours, listed
}

// controls prints a table of controls.
func (a *app) controls(what string, list []controlReport) {
	var rows []table.Row
	for _, c := range list {
		rows = append(rows, table.Row{c.ID, c.Severity, c.Impact, c.Title})
	}
	a.table(table.Row{what, "severity", "impact", "title"}, rows)
}

type controlsShow struct {
	Control string `arg:"" patterns:"" help:"The control, such as S3.8, or several: S3.*."`
}

// Run shows a control, or several one after the other.
func (c *controlsShow) Run(a *app) error {
	if pattern(c.Control) {
		return a.showControls(c.Control)
	}
	known, err := a.names.playbook(c.Control)
	if err != nil {
		return err
	}
	r := reportControl(known, a.names.standards)
	return a.data(r, func() { a.showControl(r) })
}

// showControls shows all controls with a playbook that a pattern means.
func (a *app) showControls(pattern string) error {
	var list []controlReport
	for _, id := range a.names.controlsLike(pattern) {
		known, _ := a.names.controls.Get(id)
		list = append(list, reportControl(known, a.names.standards))
	}
	if len(list) == 0 {
		return fault.New(fault.Invalid, "no control with a playbook is called %s: see salve controls list", pattern)
	}
	return a.data(list, func() {
		for i, r := range list {
			if i > 0 {
				a.say("")
			}
			a.showControl(r)
		}
	})
}

func (a *app) showControl(r controlReport) {
	a.say("%s  %s\n", r.ID, r.Title)
	for _, line := range [][2]string{
		{"severity", r.Severity},
		{"impact", r.Impact},
		{"resource", strings.Join(r.Resources, ", ")},
		{"effect", r.Effect},
		{"fails when", r.Fails},
		{"decided by", r.Rule},
		{"IAM", strings.Join(r.Actions, ", ")},
		{"IAM, undo", strings.Join(r.UndoActions, ", ")},
		{"standards", strings.Join(r.Standards, ", ")},
	} {
		if line[1] != "" {
			a.labelled(line[0], line[1])
		}
	}
	for _, p := range r.Parameters {
		a.labelled("parameter", p.Name+"="+control.Text(p.Default)+": "+p.Meaning)
	}
}

// labelled prints a text beside its label, in as many lines as a terminal needs.
func (a *app) labelled(label, text string) {
	lines := []string{text}
	if a.columns > 0 {
		lines = wrapWords(text, min(a.columns, wide)-len("0123456789 "))
	}
	for i, line := range lines {
		if i > 0 {
			label = ""
		}
		a.say("%-10s %s", label, line)
	}
}

type versionCmd struct{}

// Run prints what was built from which sources.
func (*versionCmd) Run(a *app) error {
	number, revision := built()
	return a.data(struct {
		Version  string `json:"version"`
		Revision string `json:"revision"`
	}{number, revision}, func() {
		if revision == noRevision { // a release is known by its version alone
			a.say("salve %s", number)
			return
		}
		a.say("salve %s (%s)", number, revision)
	})
}

// noRevision stands for sources whose revision is not known.
const noRevision = "unknown"

// built is the version, and the revision of the sources where it is known.
func built() (number, revision string) {
	number, revision = version.String(), noRevision
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	return number, revision
}
