package main

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/version"
	"github.com/salve-security/salve/playbooks"
)

// configEdit is a change of the stored configuration, before it is stored.
type configEdit struct {
	stored gate.Settings
	config gate.Config // as it is stored
	next   gate.Config // as it is meant
	lifted []gate.Disable
	given  []gate.Given // exceptions by hand, which no change touches
}

// edit begins a change with what the hub has stored.
func (a *app) edit() (hub, *configEdit, error) {
	h, err := a.hub()
	if err != nil {
		return h, nil, err
	}
	stored, err := h.ledger().Settings(a.ctx)
	if err != nil {
		return h, nil, err
	}
	config, err := stored.Config()
	if err != nil {
		return h, nil, err
	}
	if stored.Doc == "" {
		config.Version = gate.Version
	}
	next := config
	next.Controls = maps.Clone(config.Controls)
	if next.Controls == nil {
		next.Controls = map[string]gate.Rule{}
	}
	given, err := h.ledger().Given(a.ctx)
	return h, &configEdit{stored: stored, config: config, next: next, given: given}, err
}

// rule puts a wish over the entry of a control or standard.
func (e *configEdit) rule(a *app, about subject, w wish) (ruleReport, error) {
	r := ruleReport{Control: about.key, Version: e.stored.Version, was: e.config.Controls[about.key]}
	if about.missing != nil && r.was.Runbook == nil {
		return r, about.missing
	}
	var err error
	if r.Rule, err = w.merge(about.key, r.was); err != nil {
		return r, err
	}
	r.Rule.Parameters, r.Rule.Runbook = r.was.Parameters, r.was.Runbook
	if about.standard != nil && r.Rule.Mode == gate.Auto { // what a later release adds to it has to be asked for
		r.Rule.Release, r.Rule.Covers = version.String(), a.names.expanded(about.key)
	}
	// Off works whatever is stored.
	if about.standard == nil && (r.Rule.Mode != gate.Off && !w.off || len(w.params) > 0) {
		r.Rule.Parameters, err = setParams(about.control, r.was.Parameters, w.params)
	}
	e.next.Controls[about.key] = r.Rule
	return r, err
}

// widens tells that the change lets Salve do more than before: by itself, in more places, or by click where something
// was off.
func (e *configEdit) widens(was, is gate.Rule) (bool, error) {
	list, err := gate.Diff(e.config, e.next)
	if err != nil {
		return false, err
	}
	return was.Mode == gate.Off && is.Mode != gate.Off ||
		slices.ContainsFunc(list, func(d gate.Difference) bool { return d.Wider }), nil
}

// step is the change as a count of findings needs it, without stops: they end.
func (e *configEdit) step(controls []string, where []gate.Where) step {
	left := slices.DeleteFunc(slices.Clone(e.stored.Disables), func(d gate.Disable) bool {
		return slices.ContainsFunc(e.lifted, func(l gate.Disable) bool { return l.Stored == d.Stored })
	})
	return step{
		from:     stance{e.config, e.stored.Over(nil, e.stored.Disables).With(e.given)},
		to:       stance{e.next, e.stored.Pushed(e.next).Over(nil, left).With(e.given)},
		controls: controls, accounts: accountsOf(where),
	}
}

// accountsOf are the accounts that places are about; none for any.
func accountsOf(where []gate.Where) []string {
	var out []string
	for _, w := range where {
		if len(w.Accounts) == 0 {
			return nil
		}
		out = append(out, w.Accounts...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// store puts the change in place of what it was made from, and returns its version.
func (e *configEdit) store(a *app, h hub, how string) (int64, error) {
	text, err := e.next.JSON()
	if err != nil {
		return 0, err
	}
	err = h.ledger().PushConfig(a.ctx, a.pushing(h, gate.Push{Doc: string(text), Over: e.stored.Version, How: how}))
	if errors.Is(err, gate.ErrConflict) {
		return 0, conflict(e.stored.Version)
	}
	return e.stored.Version + 1, err
}

// acting are the controls that a configuration does more with than wait for a person.
func (c catalogue) acting(config gate.Config) []string {
	ids := c.controlIDs()
	for _, id := range config.Keys() {
		if config.Controls[id].Runbook != nil && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return slices.DeleteFunc(ids, func(id string) bool { return !c.acts(config, id) })
}

// acts tells that the default, or an entry of the control or of a standard that lists it, has such a mode.
func (c catalogue) acts(config gate.Config, id string) bool {
	listed, _ := c.standards.Control(id)
	waits := func(m gate.Mode) bool { return m == "" || m == gate.Off || m == gate.Manual }
	if !waits(config.Defaults.Mode) {
		return true
	}
	for key, rule := range config.Controls {
		standard, is := strings.CutPrefix(strings.ToLower(key), gate.StandardPrefix)
		about := strings.EqualFold(key, id) || gate.Pattern(key) && plain.Like(key, id) || is && slices.ContainsFunc(listed.Names, func(n playbooks.Membership) bool {
			return n.Standard == standard
		})
		if about && !waits(rule.Mode) {
			return true
		}
	}
	return false
}

// controls are the ids of those that a rule is about.
func (s subject) controls(c catalogue) []string {
	if s.standard == nil {
		return []string{s.key}
	}
	var out []string
	found, _ := c.standards.Standard(s.standard.Key)
	for _, e := range found.Controls {
		if _, ok := c.controls.Get(e.Control); ok {
			out = append(out, e.Control)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
