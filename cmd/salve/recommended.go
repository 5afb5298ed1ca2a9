package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/playbooks"
)

// packReport is a set of rules that are stored together, as programs get it.
type packReport struct {
	Pack    string     `json:"pack"` // a standard's key or a pattern
	Rules   []packRule `json:"rules"`
	ByHand  []string   `json:"by_hand,omitempty"` // controls of it without a playbook
	Version int64      `json:"config_version"`
	Stored  bool       `json:"stored"` // false where nobody has agreed
	Reach   *reach     `json:"reach,omitempty"`
	// Assessment is what the rules meet; absent where nothing more may happen, or nobody looked.
	Assessment *looked         `json:"assessment,omitempty"`
	Backfill   *backfillReport `json:"backfill,omitempty"` // what was sent of what is open, or would be

	off []string // what of it is disabled by hand
}

// packRule is one of them.
type packRule struct {
	Control string            `json:"control"`
	Rule    gate.Rule         `json:"rule"`
	After   []string          `json:"after,omitempty"` // what has to be met first
	Kept    bool              `json:"kept"`            // it has a rule already, which stays as it is
	params  map[string]string // asked for
	was     gate.Rule
}

// fresh are the rules that would be stored.
func (r packReport) fresh() []packRule {
	return slices.DeleteFunc(slices.Clone(r.Rules), func(p packRule) bool { return p.Kept })
}

// recommended is what the list of a standard recommends for its controls that have a playbook.
func (c catalogue) recommended(name string) (packReport, error) {
	found, ok := c.standards.Standard(strings.TrimPrefix(strings.ToLower(name), gate.StandardPrefix))
	if !ok {
		return packReport{}, fault.New(fault.Invalid, "--recommended is for a standard, and %q is none: see salve standards",
			name)
	}
	out := packReport{Pack: found.Key}
	for _, e := range found.Controls {
		known, ok := c.controls.Get(e.Control)
		if !ok {
			out.ByHand = append(out.ByHand, e.Control)
			continue
		}
		mode := gate.Mode(e.Recommended(known))
		out.Rules = append(out.Rules, packRule{
			Control: known.ID, Rule: gate.Rule{Mode: mode}, After: e.After, params: e.Params,
		})
	}
	return out, nil
}

// matching are the controls with a playbook that a pattern names now, with a rule each.
func (c catalogue) matching(pattern string, rule gate.Rule) (packReport, error) {
	out := packReport{Pack: pattern}
	for _, id := range c.controlsLike(pattern) {
		known, _ := c.controls.Get(id)
		p := packRule{Control: id, Rule: rule}
		if rule.Mode == gate.Auto && known.Identities {
			p.Rule.Mode = gate.Approve
		}
		out.Rules = append(out.Rules, p)
	}
	if len(out.Rules) == 0 {
		return out, fault.New(fault.Invalid, "no control with a playbook is called %s: see salve controls list", pattern)
	}
	return out, nil
}

// enablePack stores rules for the controls of a pack that have none yet; what is configured stays as it is.
func (a *app) enablePack(r packReport, x extent, how how) error {
	h, e, err := a.edit()
	if err != nil {
		return err
	}
	if err := e.pack(a.names, &r); err != nil {
		return err
	}
	r.off = a.offByHand(e.stored, r)
	var ids []string
	for _, p := range r.fresh() {
		ids = append(ids, p.Control)
	}
	if len(ids) == 0 && !how.backfill {
		return a.data(r, func() { a.packMeans(r, "all of it is configured already: nothing was stored") })
	}
	if len(ids) > 0 {
		r.Reach = a.reached(h, e.step(ids, nil))
	}
	x.controls = r.acting(how.backfill)
	var sent *sending
	if r.Assessment, sent, err = a.meets(h, e, r.Pack, x, how, len(x.controls) > 0); err != nil {
		return err
	}
	r.Backfill = sent.done()
	asked := false
	if !how.yes {
		var agreed bool
		meant := func() { a.packMeans(r, plain.Count(len(ids), "rule")+" would be stored") }
		if asked, agreed = a.asks(meant, "Store them?"); !agreed {
			sent.close()
			return a.notDone(r, asked, meant, "nothing was stored: add --yes")
		}
	}
	return a.storePack(h, e, r, asked, change{how, x, sent})
}

// acting are the controls of the rules that are stored now, or of all of them, of which something comes by itself.
func (r packReport) acting(all bool) (out []string) {
	for _, p := range r.Rules {
		if (all || !p.Kept) && actsOn(p.Rule.Mode) {
			out = append(out, p.Control)
		}
	}
	return out
}

// pack puts the rules of a pack beside those that are stored.
func (e *configEdit) pack(names catalogue, r *packReport) error {
	r.Version = e.stored.Version
	for i, p := range r.Rules {
		if rule, there := e.configured(names, p.Control); there {
			r.Rules[i].Kept, r.Rules[i].Rule, r.Rules[i].params = true, rule, nil
			continue
		}
		known, _ := names.controls.Get(p.Control)
		var err error
		if p.Rule.Parameters, err = setParams(known, nil, p.params); err != nil {
			return err
		}
		r.Rules[i].Rule, e.next.Controls[p.Control] = p.Rule, p.Rule
	}
	return nil
}

// configured is the rule of a control that a pack leaves as it is: its own, which wins, or that of a standard which
// turns it off.
func (e *configEdit) configured(names catalogue, id string) (gate.Rule, bool) {
	if rule, there := e.own(id); there {
		return rule, true
	}
	listed, _ := names.standards.Control(id)
	for key, rule := range e.config.Controls {
		standard, is := strings.CutPrefix(strings.ToLower(key), gate.StandardPrefix)
		lists := slices.ContainsFunc(listed.Names, func(n playbooks.Membership) bool { return n.Standard == standard })
		if is && lists && rule.Mode == gate.Off {
			return rule, true
		}
	}
	return gate.Rule{}, false
}

// own is the rule of a control itself.
func (e *configEdit) own(id string) (gate.Rule, bool) {
	for key, rule := range e.config.Controls {
		if strings.EqualFold(key, id) {
			return rule, true
		}
	}
	return gate.Rule{}, false
}

func (a *app) storePack(h hub, e *configEdit, r packReport, asked bool, c change) error {
	if len(r.fresh()) > 0 {
		if err := a.storeRules(h, e, &r); err != nil {
			return err
		}
	}
	r.Assessment.forget()
	var failed error
	r.Backfill, failed = a.backfilled(h, e, c.sent, asked && len(c.controls) > 0, r.Pack, c.extent)
	done := fmt.Sprintf("%s stored (configuration version %d; in force within half a minute)",
		plain.Count(len(r.fresh()), "rule"), r.Version)
	err := a.data(r, func() {
		if asked { // the rest was all said
			a.say("%s: %s", r.Pack, done)
			a.sayBackfill(r.Backfill)
			return
		}
		a.packMeans(r, done)
	})
	return errors.Join(failed, err)
}

// storeRules stores the rules that are new.
func (a *app) storeRules(h hub, e *configEdit, r *packReport) error {
	for _, p := range r.fresh() {
		if err := a.proven(h, audit.Line{Control: p.Control, Reason: ruleMode(p.Rule)}); err != nil {
			return err
		}
	}
	var err error
	if r.Version, err = e.store(a, h, "enable "+r.Pack); err != nil {
		return err
	}
	r.Stored = true
	for _, p := range r.fresh() {
		a.ruleSwitched(h, p.Control, r.Version, p.was, p.Rule)
	}
	return nil
}

// packMeans shows the rules of a pack, and what is left to people.
func (a *app) packMeans(r packReport, head string) {
	var rows []table.Row
	for _, p := range r.Rules {
		mode := string(p.Rule.Mode)
		if p.Kept {
			mode = "as it is: " + ruleMode(p.Rule)
		}
		var with []string
		for _, name := range slices.Sorted(maps.Keys(p.params)) {
			with = append(with, name+"="+p.params[name])
		}
		rows = append(rows, table.Row{p.Control, mode, strings.Join(with, ", "), strings.Join(p.After, ", ")})
	}
	a.table(table.Row{"control", "mode", "parameters", "after"}, rows)
	a.say("\n%s: %s", r.Pack, head)
	a.sayReach(r.Reach)
	a.sayLooked(r.Assessment)
	a.sayBackfill(r.Backfill)
	if len(r.off) > 0 {
		a.say("  beware, disabled by hand and not taken back with this: %s", some(r.off))
	}
	if len(r.ByHand) > 0 {
		a.say("  %s without a playbook: %s", plain.Count(len(r.ByHand), "control"), some(r.ByHand))
	}
}
