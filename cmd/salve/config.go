package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/report"
)

type configCmd struct {
	Show     configShow     `cmd:"" help:"Show what is switched on, and where."`
	Validate configValidate `cmd:"" help:"Check a configuration document; needs no hub."`
	Diff     configDiff     `cmd:"" help:"Show what a push of a document would change."`
	Push     configPush     `cmd:"" help:"Store a document; without --yes only the differences are shown."`
	History  configHistory  `cmd:"" help:"Who pushed what, the newest first."`
	Rollback configRollback `cmd:"" help:"Push a version again; without --yes only the differences."`
}

type configShow struct {
	Version int64 `name:"config-version" placeholder:"N" help:"A version that salve config history lists."`
}

// configReport is the stored configuration as programs get it.
type configReport struct {
	Version int64         `json:"config_version"` // of the stored document; 0 while there is none
	Default gate.Mode     `json:"default"`        // where no rule holds
	Config  gate.Config   `json:"config"`
	Stops   []report.Stop `json:"stops"` // that hold now, whatever the document says
	// Disables are what people have switched off by hand, and holds now.
	Disables []report.Disable `json:"disables"`
	// Exceptions of the document, with what each protects; those that have ended too.
	Exceptions []report.Exception `json:"exceptions"`

	stops    []gate.Stop
	disables []gate.Disable
}

// Run prints the stored configuration.
func (c *configShow) Run(a *app) error {
	if c.Version != 0 {
		return a.kept(c.Version)
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	stored, err := h.ledger().Settings(a.ctx)
	if err != nil {
		return err
	}
	r := configReport{
		Version: stored.Version, Default: gate.Manual, Config: gate.Config{Version: gate.Version},
		stops: activeStops(stored.Stops, a.now()), disables: activeDisables(stored.Disables, a.now()),
	}
	r.Stops, r.Disables = a.names.stopReports(r.stops), a.names.disableReports(r.disables)
	config, unread := stored.Config()
	if unread != nil {
		return a.unreadable(r, unread)
	}
	if stored.Doc != "" {
		r.Config = config
	}
	if r.Config.Defaults.Mode != "" {
		r.Default = r.Config.Defaults.Mode
	}
	r.Exceptions = a.exceptionReports(r.Config.Exceptions)
	return a.data(r, func() { a.rules(r) })
}

// unreadable shows the stops, which hold whatever the document says, before it ends with why that cannot be read.
func (a *app) unreadable(r configReport, why error) error {
	if a.format == formatTable { // for programs a document that is not there would look empty
		a.byHand(r)
	}
	return why
}

func (a *app) rules(r configReport) {
	head, rows := table.Row{"control", "mode", "where"}, []table.Row{}
	mapped := len(mappings(r.Config)) > 0
	if mapped {
		head = append(head, "runbook")
	}
	for _, id := range slices.SortedFunc(maps.Keys(r.Config.Controls), func(x, y string) int {
		if control.Less(x, y) {
			return -1
		}
		return 1
	}) {
		rule := r.Config.Controls[id]
		where := everywhere(rule.Where)
		if rule.Mode == "" {
			where = ""
		}
		if rule.After > 0 {
			where += ", " + counted(int(rule.After), "day") + " after it was found"
		}
		if rule.BeginsIn != "" {
			where += ", from ring " + rule.BeginsIn + " on"
		}
		if len(rule.OffIn) > 0 {
			where = strings.TrimPrefix(where+", off "+everywhere(rule.OffIn), ", ")
		}
		row := table.Row{id, rule.Mode, where}
		if mapped {
			row = append(row, documentOfRule(rule))
		}
		rows = append(rows, row)
	}
	a.table(head, rows)
	a.say("\nWhere no rule holds the mode is %s (configuration version %d).", r.Default, r.Version)
	for _, line := range [][2]string{{"Whom to ask", r.Config.Contact}, {"Where to read on", r.Config.Docs}} {
		if line[1] != "" {
			a.say("%s, in every notice: %s", line[0], line[1])
		}
	}
	a.fresh(r.Config)
	a.raised(r.Config.Classes)
	if by := r.Config.ByTag; by != nil {
		a.say("Owners may ask for exceptions from %s by the tag %s, %s, for %s at most.", strings.Join(by.Controls, ", "), by.Tag,
			everywhere(by.Where), counted(by.Days, "day"))
	}
	if len(r.Exceptions) > 0 {
		a.say("\nLeft alone, whoever asks:")
		a.exceptions(r.Exceptions)
	}
	a.byHand(r)
}

// fresh lists controls of this release that entries stand for and do not cover: those act by themselves for the controls
// of the release that they name.
func (a *app) fresh(config gate.Config) {
	for _, key := range config.Keys() {
		rule := config.Controls[key]
		if ids := rule.Fresh(key, a.names.expanded); len(ids) > 0 {
			a.say("\n%s covers the controls of release %s. New, not covered: %s.", key, plain.Short(rule.Release, maxCell),
				strings.Join(ids, ", "))
		}
	}
}

// raised lists the parameters that classes of data set.
func (a *app) raised(classes *gate.Classes) {
	if classes == nil {
		return
	}
	for _, class := range []struct {
		name string
		of   gate.Class
	}{{"red", classes.Red}, {"yellow", classes.Yellow}, {"green", classes.Green}} {
		for _, id := range slices.Sorted(maps.Keys(class.of.Parameters)) {
			a.say("For %s data (tag %s) %s goes by %s, whatever its entry says.", class.name, classes.Tag, id,
				control.Text(class.of.Parameters[id]))
		}
	}
}

// byHand lists what stands beside the document.
func (a *app) byHand(r configReport) {
	if len(r.disables) > 0 {
		a.say("\nDisabled by hand, whatever the mode:")
		a.disables(r.disables)
	}
	if len(r.stops) > 0 {
		a.say("\nStopped, whatever the mode:")
		a.stops(r.stops)
	}
}

// documentOfRule is the runbook that carries a control out, "" where that is Salve's playbook.
func documentOfRule(rule gate.Rule) string {
	if rule.Runbook == nil {
		return ""
	}
	return rule.Runbook.Document
}
