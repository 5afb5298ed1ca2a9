package main

import (
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
)

// frees notes what is disabled by hand and is taken back with a rule: what lies within the places that it names. Who
// names a parameter alone means no place.
func (a *app) frees(e *configEdit, r *ruleReport, w wish) {
	for _, d := range e.stored.Disables {
		switch {
		case !d.Within(r.Control, nil):
		case !w.keep && d.Within(r.Control, w.rule.Where):
			e.lifted = append(e.lifted, d)
		case d.Active(a.now()):
			r.still = append(r.still, d)
		}
	}
	r.Taken = a.names.disableReports(activeDisables(e.lifted, a.now()))
}

// sayFreed says what a rule takes back, and what holds in spite of it.
func (a *app) sayFreed(r ruleReport) {
	for _, d := range r.Taken {
		where := everywhere(placesOf(gate.Disable{Where: d.Where}))
		a.say("  no longer disabled by hand %s, as %s had it since %s", where, d.By, plain.Minute(d.Since))
	}
	for _, d := range r.still {
		a.say("  beware: %s (%s) goes on to hold; to take it back: %s", d.Sentence(r.Control), everywhere(placesOf(d)),
			d.Lift(r.Control))
	}
}

// orLift says beside an error how to take back what is disabled by hand and no more.
func (a *app) orLift(err error, e *configEdit, key string) error {
	held := slices.ContainsFunc(activeDisables(e.stored.Disables, a.now()), func(d gate.Disable) bool {
		return d.Within(key, nil)
	})
	if !held || fault.Of(err) != fault.Invalid {
		return err
	}
	return fault.New(fault.Invalid, "%w; to take back what salve disable did, and no more: salve enable %s --lift", err,
		key)
}

// offByHand is what of a pack is disabled by hand, by controls and standards.
func (a *app) offByHand(stored gate.Settings, r packReport) []string {
	var out []string
	for _, d := range activeDisables(stored.Disables, a.now()) {
		standard, is := strings.CutPrefix(strings.ToLower(d.Control), gate.StandardPrefix)
		about := is && standard == strings.ToLower(r.Pack) || d.Control == "" ||
			slices.ContainsFunc(r.Rules, func(p packRule) bool { return strings.EqualFold(p.Control, d.Control) })
		if name := a.names.knownID(d.Control); about && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}
