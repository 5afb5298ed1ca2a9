package main

import (
	"context"
	"reflect"
	"slices"
	"strings"

	controls "github.com/salve-security/salve/functions/playbooks"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/playbooks"
)

// ruleReport is an entry of the configuration as programs get it.
type ruleReport struct {
	Control string    `json:"control"` // or "standard:" and its key
	Rule    gate.Rule `json:"rule"`
	Version int64     `json:"version"`

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
func subjectOf(name string) (subject, error) {
	if name == "" {
		return subject{}, fault.New(fault.Invalid,
			"nothing is named: name a control such as S3.8 or a standard such as cis-5.0.0")
	}
	standards, err := playbooks.Load()
	if err != nil {
		return subject{}, err
	}
	key := strings.TrimPrefix(strings.ToLower(name), gate.StandardPrefix)
	found, ok := standards.Standard(key)
	switch {
	case !ok && key != strings.ToLower(name):
		return subject{}, unknownStandard(key, standards)
	case !ok:
		return controlOf(name)
	}
	registry, err := controls.All()
	if err != nil {
		return subject{}, err
	}
	covered := reportStandard(found, registry)
	return subject{key: gate.StandardPrefix + found.Key, standard: &covered}, nil
}

// controlOf finds a control; what is none may be a slip for a standard too.
func controlOf(name string) (subject, error) {
	c, err := playbook(name)
	if err != nil {
		return subject{}, fault.New(fault.Invalid, "%q is neither a control with a playbook here nor a standard: %s", name,
			meant(name, append(controlNames(), standardNames()...), "see salve controls list and salve standards"))
	}
	return subject{key: c.ID, control: c}, nil
}

func (a *app) configure(name string, rule gate.Rule, params map[string]string) error {
	about, err := subjectOf(name)
	if err != nil {
		return err
	}
	if about.standard != nil && len(params) > 0 {
		return fault.New(fault.Invalid, "parameters belong to single controls: leave out --param, or name a control")
	}
	if err := check(about.key, rule); err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	r, err := store(a.ctx, h.ledger(), about, rule, params)
	if err != nil {
		return err
	}
	return a.data(r, func() { a.ruleStored(r, about) })
}

func (a *app) ruleStored(r ruleReport, about subject) {
	a.say("%s: mode %s (configuration version %d; in force within half a minute)", r.Control, r.Rule.Mode, r.Version)
	if about.standard != nil {
		a.say("  for its controls with a playbook, %s; a control's own rule wins", about.standard.coverage())
	}
	for _, place := range places(r.Rule.Where) {
		a.say("  only %s", place)
	}
	if r.replaced() {
		a.say("  instead of mode %s %s", r.was.Mode, everywhere(r.was.Where))
	}
	if len(r.Rule.Where) > 0 {
		a.say("  elsewhere the default and the standards' modes hold: see salve config show")
	}
	a.sayParams(r.Rule.Parameters)
}

// store puts the rule into the stored configuration, unless somebody else
// changed that meanwhile.
func store(ctx context.Context, book ledger.Ledger, about subject, rule gate.Rule, params map[string]string) (
	ruleReport, error,
) {
	stored := ruleReport{Control: about.key}
	version, err := edit(ctx, book, func(config *gate.Config) (err error) {
		if config.Controls == nil {
			config.Controls = map[string]gate.Rule{}
		}
		stored.was = config.Controls[about.key]
		rule = merge(stored.was, rule)
		rule.Parameters = stored.was.Parameters
		if rule.Mode != gate.Off && about.standard == nil { // off works whatever is stored
			rule.Parameters, err = setParams(about.control, stored.was.Parameters, params)
		}
		config.Controls[about.key] = rule
		return err
	})
	stored.Rule, stored.Version = rule, version
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

// merge makes a second place one more place, not another place instead.
func merge(old, rule gate.Rule) gate.Rule {
	if rule.Mode != gate.Auto || old.Mode != gate.Auto || len(rule.Where) == 0 || len(old.Where) == 0 {
		return rule
	}
	where := slices.Clone(old.Where)
	for _, place := range rule.Where {
		if !slices.ContainsFunc(where, func(w gate.Where) bool { return reflect.DeepEqual(w, place) }) {
			where = append(where, place)
		}
	}
	rule.Where = where
	return rule
}
