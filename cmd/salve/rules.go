package main

import (
	"errors"
	"strings"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/report"
)

// ruleReport is an entry of the configuration as programs get it.
type ruleReport struct {
	Control string    `json:"control"` // or "standard:" and its key
	Rule    gate.Rule `json:"rule"`
	Version int64     `json:"config_version"`
	Stored  bool      `json:"stored"` // false where nobody has agreed
	Reach   *reach    `json:"reach,omitempty"`
	// Assessment is what the change meets where it is made; absent where nothing more may happen, or nobody looked.
	Assessment *looked         `json:"assessment,omitempty"`
	Backfill   *backfillReport `json:"backfill,omitempty"` // what was sent of what is open there, or would be
	// Taken back with it is what was disabled by hand there.
	Taken []report.Disable `json:"taken,omitempty"`

	was   gate.Rule      // before
	wider bool           // it lets Salve do more than before
	still []gate.Disable // that hold in spite of it
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
	missing  error           // of a control without a playbook, unless the configuration has a runbook for it
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
	if id, listed := c.standards.Canonical(name); err != nil && listed {
		return subject{key: id, missing: fault.New(fault.Invalid, "control %s has no playbook here, and no runbook in the "+
			"configuration: see salve controls list", id)}, nil
	}
	if err != nil {
		return subject{}, fault.New(fault.Invalid, "%q is neither a control with a playbook here nor a standard: %s", name,
			notOne(name, meant(name, append(c.controlIDs(), c.standards.Keys()...),
				"see salve controls list and salve standards")))
	}
	return subject{key: found.ID, control: found}, nil
}

func (a *app) configure(name string, w wish, how how) error {
	about, err := a.names.subjectOf(name)
	if err != nil {
		return err
	}
	if err := about.check(w); err != nil {
		return err
	}
	h, e, err := a.edit()
	if err != nil {
		return err
	}
	r, err := e.rule(a, about, w)
	if err != nil {
		return a.orLift(err, e, about.key)
	}
	a.frees(e, &r, w)
	if err := about.takes(r.Rule); err != nil {
		return err
	}
	if r.wider, err = e.widens(r.was, r.Rule); err != nil {
		return err
	}
	r.wider = r.wider || len(activeDisables(e.lifted, a.now())) > 0
	if r.wider {
		r.Reach = a.reached(h, e.step(about.controls(a.names), w.rule.Where))
	}
	c := change{how: how, extent: extent{controls: about.controls(a.names), where: w.rule.Where, off: r.Rule.OffIn}}
	if len(c.where) == 0 {
		c.where = r.Rule.Where
	}
	if r.Assessment, c.sent, err = a.meets(h, e, about.key, c.extent, how, r.more()); err != nil {
		return err
	}
	r.Backfill = c.sent.done()
	return a.decided(h, e, r, about, c)
}

// more tells that more comes of findings that are reported than before.
func (r ruleReport) more() bool { return r.wider && actsOn(r.Rule.Mode) }

// change is how a change is made, and what it is about.
type change struct {
	how
	extent
	sent *sending // what is listed to be sent; nil where nobody asked for that
}

// actsOn tells that under a mode something comes of a finding that is reported.
func actsOn(m gate.Mode) bool { return m == gate.Auto || m == gate.Approve || m == gate.Plan }

// meets looks at what a change would do, and lists what a backfill would send, as far as that is asked for.
func (a *app) meets(
	h hub, e *configEdit, about string, x extent, how how, wider bool,
) (l *looked, s *sending, err error) {
	if !how.blind && (wider || how.backfill) {
		if l, err = a.look(h, e, x); err != nil {
			return nil, nil, err
		}
	}
	if how.backfill {
		s, err = a.listed(h, e, about, x)
	}
	return l, s, err
}

// check refuses what makes no sense, before anybody is asked for credentials.
func (s subject) check(w wish) error {
	if s.standard != nil && len(w.params) > 0 {
		return fault.New(fault.Invalid, "parameters belong to single controls: leave out --param, or name a control")
	}
	if err := check(s.key, w.rule); err != nil || w.keep {
		return err
	}
	return s.takes(w.rule)
}

// takes refuses what a control never does by itself.
func (s subject) takes(rule gate.Rule) error {
	if rule.Mode != gate.Auto || !s.control.Identities {
		return nil
	}
	return fault.New(fault.Invalid, "%s decides who may do what, and has no mode auto: write --mode approve, for "+
		"findings to ask, or --mode manual, for people to start it", s.key)
}

// decided stores the rule where nothing is widened, or somebody agrees.
func (a *app) decided(h hub, e *configEdit, r ruleReport, about subject, c change) error {
	asked := false
	if (r.wider || c.backfill) && !c.yes {
		var agreed bool
		meant := func() { a.ruleMeant(r, about) }
		if asked, agreed = a.asks(meant, "Store it?"); !agreed {
			c.sent.close()
			return a.notDone(r, asked, meant, "nothing was stored: add --yes")
		}
	}
	if err := a.storeRule(h, e, &r, about.key); err != nil {
		return err
	}
	r.Assessment.forget()
	var failed error
	r.Backfill, failed = a.backfilled(h, e, c.sent, asked && r.more(), about.key, c.extent)
	return errors.Join(failed, a.data(r, func() { a.ruleStored(r, about, asked) }))
}

// ruleStored says what holds now; who was asked has seen most of it.
func (a *app) ruleStored(r ruleReport, about subject, seen bool) {
	a.say("%s: %s (configuration version %d; in force within half a minute)", r.Control, ruleMode(r.Rule), r.Version)
	if seen {
		a.sayBackfill(r.Backfill)
		return
	}
	a.ruleMeans(r, about)
	if r.Backfill == nil && r.more() {
		a.say("  what is open there waits for its next report; to send it now: salve enable %s --backfill", r.Control)
	}
}

// storeRule puts a rule in place of the one of before; the same again, of which only the backfill is meant, is there.
func (a *app) storeRule(h hub, e *configEdit, r *ruleReport, key string) error {
	if r.Backfill != nil && len(e.lifted) == 0 && len(ruleChanges(r.was, r.Rule)) == 0 {
		r.Stored = true
		return nil
	}
	if err := a.proven(h, audit.Line{Control: key, Reason: ruleMode(r.Rule)}); err != nil {
		return err
	}
	var err error
	if r.Version, err = e.store(a, h, "enable "+key); err != nil {
		return err
	}
	r.Stored = true
	a.ruleSwitched(h, key, r.Version, r.was, r.Rule)
	_, err = a.takenBack(h, e.lifted) // where it fails the rule is stored, and the control still off
	return err
}

// ruleMeant says what would hold.
func (a *app) ruleMeant(r ruleReport, about subject) {
	a.say("%s: %s would hold", r.Control, ruleMode(r.Rule))
	a.ruleMeans(r, about)
}

// ruleMode is the mode of a rule, which may be about places where it is off alone.
func ruleMode(r gate.Rule) string {
	if r.Mode == "" {
		return "no mode of its own"
	}
	return "mode " + string(r.Mode)
}

// ruleMeans says where a rule holds, and what is different from before.
func (a *app) ruleMeans(r ruleReport, about subject) {
	if about.standard != nil {
		a.say("  for its controls with a playbook, %s; a control's own rule wins", about.standard.coverage())
	}
	for i, place := range places(r.Rule.Where) {
		a.say("  %s %s", []string{"only", "or"}[min(i, 1)], place)
	}
	for _, place := range places(r.Rule.OffIn) {
		a.say("  off for %s, clicks included", place)
	}
	a.sayFreed(r)
	switch {
	case r.wider:
		was := ruleWas(r.was)
		if len(r.Taken) > 0 {
			was += ", and disabled by hand"
		}
		a.say("  this widens: until now it was %s", was)
	case r.idle():
		a.say("  as before: a further call adds places, it does not narrow those there are; for that push a document")
	case r.replaced():
		a.say("  instead of %s", ruleWas(r.was))
	}
	a.sayReach(r.Reach)
	a.sayLooked(r.Assessment)
	a.sayBackfill(r.Backfill)
	if len(r.Rule.Where) > 0 || r.Rule.Mode == "" {
		a.say("  elsewhere the default and the standards' modes hold: see salve config show")
	}
	a.sayParams(r.Rule.Parameters, nil)
	if asks := asksFirst(about.control); asks != "" && r.Rule.Mode == gate.Auto {
		a.say("  %s: see salve history --open", asks)
	}
}

// ruleWas is the rule of before in words.
func ruleWas(r gate.Rule) string {
	text := "what the default and the standards say"
	if r.Mode != "" {
		text = ruleMode(r) + " " + everywhere(r.Where)
	}
	if len(r.OffIn) > 0 {
		text += ", off " + everywhere(r.OffIn)
	}
	return text
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
