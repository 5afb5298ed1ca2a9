package main

import (
	"context"
	"strings"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/ledger"
)

// ruleReport is an entry of the configuration as programs get it.
type ruleReport struct {
	Control string    `json:"control"` // or "standard:" and its key
	Rule    gate.Rule `json:"rule"`
	Version int64     `json:"config_version"`

	was gate.Rule // before
}

// replaced tells that a rule which held somewhere holds no longer.
func (r ruleReport) replaced() bool {
	return r.was.Mode != "" && (r.was.Mode != r.Rule.Mode || len(r.was.Where) == 0 && len(r.Rule.Where) > 0)
}

// subject is what a rule is about: a control with its parameters, or a standard.
type subject struct {
	key      string
	control  control.Control // of a standard none
	standard *standardReport // of a control nil
}

// subjectOf finds a control or a standard by what people call it.
func (c catalogue) subjectOf(name string) (subject, error) {
	if name == "" {
		return subject{}, fault.New(fault.Invalid,
			"nothing is named: name a control such as S3.8 or a standard such as cis-5.0.0")
	}
	key := strings.TrimPrefix(strings.ToLower(name), gate.StandardPrefix)
	found, ok := c.standards.Standard(key)
	switch {
	case !ok && key != strings.ToLower(name):
		return subject{}, unknownStandard(key, c.standards)
	case !ok:
		return c.controlOf(name)
	}
	covered := reportStandard(found, c.controls)
	return subject{key: gate.StandardPrefix + found.Key, standard: &covered}, nil
}

// controlOf finds a control; what is none may be a slip for a standard too.
func (c catalogue) controlOf(name string) (subject, error) {
	found, err := c.playbook(name)
	if err != nil {
		return subject{}, fault.New(fault.Invalid, "%q is neither a control with a playbook here nor a standard: %s", name,
			meant(name, append(c.controlIDs(), c.standards.Keys()...), "see salve controls list and salve standards"))
	}
	return subject{key: found.ID, control: found}, nil
}

func (a *app) configure(name string, w wish) error {
	about, err := a.names.subjectOf(name)
	if err != nil {
		return err
	}
	if about.standard != nil && len(w.params) > 0 {
		return fault.New(fault.Invalid, "parameters belong to single controls: leave out --param, or name a control")
	}
	if err := check(about.key, w.rule); err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	if err := a.proven(h, audit.Line{Control: about.key, Reason: "mode " + string(w.rule.Mode)}); err != nil {
		return err
	}
	r, err := store(a.ctx, h.ledger(), about, w)
	if err != nil {
		return err
	}
	a.ruleSwitched(h, about.key, r.Version, r.was, r.Rule)
	return a.data(r, func() { a.ruleStored(r, about) })
}

func (a *app) ruleStored(r ruleReport, about subject) {
	a.say("%s: mode %s (configuration version %d; in force within half a minute)", r.Control, r.Rule.Mode, r.Version)
	if about.standard != nil {
		a.say("  for its controls with a playbook, %s; a control's own rule wins", about.standard.coverage())
	}
	for i, place := range places(r.Rule.Where) {
		a.say("  %s %s", []string{"only", "or"}[min(i, 1)], place)
	}
	if r.widens() {
		a.say("  this widens: until now it was mode %s only %s", r.was.Mode, everywhere(r.was.Where))
	} else if r.idle() {
		a.say("  as before: a further call adds places, it does not narrow those there are; for that salve disable it first")
	} else if r.replaced() {
		a.say("  instead of mode %s %s", r.was.Mode, everywhere(r.was.Where))
	}
	if len(r.Rule.Where) > 0 {
		a.say("  elsewhere the default and the standards' modes hold: see salve config show")
	}
	a.sayParams(r.Rule.Parameters)
	if asks := asksFirst(about.control); asks != "" && r.Rule.Mode == gate.Auto {
		a.say("  %s: see salve history --open", asks)
	}
}

// store puts the rule into the stored configuration, unless somebody else
// changed that meanwhile.
func store(ctx context.Context, book ledger.Ledger, about subject, w wish) (ruleReport, error) {
	stored := ruleReport{Control: about.key}
	version, err := edit(ctx, book, func(config *gate.Config) (err error) {
		if config.Controls == nil {
			config.Controls = map[string]gate.Rule{}
		}
		stored.was = config.Controls[about.key]
		if stored.Rule, err = w.merge(about.key, stored.was); err != nil {
			return err
		}
		stored.Rule.Parameters = stored.was.Parameters
		// Off works whatever is stored.
		if about.standard == nil && (stored.Rule.Mode != gate.Off || len(w.params) > 0) {
			stored.Rule.Parameters, err = setParams(about.control, stored.was.Parameters, w.params)
		}
		config.Controls[about.key] = stored.Rule
		return err
	})
	stored.Version = version
	return stored, err
}

// edit changes the stored configuration and returns its new version.
func edit(ctx context.Context, book ledger.Ledger, change func(*gate.Config) error) (int64, error) {
	doc, version, err := book.Config(ctx)
	if err != nil {
		return 0, err
	}
	config := gate.Config{Version: gate.Version}
	if doc != "" {
		if config, err = gate.FromJSON([]byte(doc)); err != nil {
			return 0, err
		}
	}
	if err := change(&config); err != nil {
		return 0, err
	}
	text, err := config.JSON()
	if err != nil {
		return 0, err
	}
	return version + 1, book.PushConfig(ctx, string(text), version)
}

// asksFirst says of a control that mode auto does not let it act by itself, "" of
// one that it does.
func asksFirst(c control.Control) string {
	switch {
	case c.Impact == control.ImpactDestructive:
		return "it is destructive, so that it asks for approval each time and does not act by itself"
	case len(c.OneWay) > 0:
		return "some of what it may change cannot be taken back: for that it asks for approval and does not act by itself"
	}
	return ""
}

// check refuses what the gate could not understand: it would then refuse everything.
func check(key string, rule gate.Rule) error {
	return sensible(gate.Config{Version: gate.Version, Controls: map[string]gate.Rule{key: rule}})
}

// sensible lets the gate check a part of a document; the names in it are known to exist.
func sensible(part gate.Config) error {
	return fault.Wrap(fault.Invalid, part.Validate(gate.Known{
		Control: func(string) bool { return true }, Standard: func(string) bool { return true },
	}))
}
