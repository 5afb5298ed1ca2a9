package main

import (
	"slices"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
)

// wish is what a call of enable or disable wants of a rule.
type wish struct {
	rule       gate.Rule
	params     map[string]string
	everywhere bool // said in so many words
	keep       bool // mode and places, where there is a rule: only parameters are given
	off        bool // only further places where it is off
}

// merge puts the wish over the stored rule. Places of a second call are further
// places; that a rule leaves its places altogether has to be said.
func (w wish) merge(key string, old gate.Rule) (gate.Rule, error) {
	rule := w.rule
	switch {
	case w.off, w.keep && old.Mode != "":
		rule.Mode, rule.Where = old.Mode, old.Where
	case len(old.Where) == 0 || w.everywhere || rule.Mode == gate.Off:
	case len(rule.Where) == 0:
		return rule, fault.New(fault.Invalid, "%s has mode %s only %s: repeat the places that %s is meant for, or "+
			"write --everywhere", key, old.Mode, everywhere(old.Where), rule.Mode)
	case rule.Mode == old.Mode:
		rule.Where = joined(old.Where, rule.Where)
	}
	var err error
	rule.OffIn, err = w.offIn(key, old)
	return rule, err
}

// offIn is where the rule is off after the wish. Who names a place as a whole wants it there; within one that is off
// nothing holds.
func (w wish) offIn(key string, old gate.Rule) ([]gate.Where, error) {
	if w.rule.Mode == gate.Off {
		return nil, nil
	}
	kept := old.OffIn
	if w.everywhere {
		kept = nil
	}
	if !w.off {
		kept = slices.DeleteFunc(slices.Clone(kept), func(off gate.Where) bool { return covered(off, w.rule.Where) })
	}
	for _, place := range w.rule.Where {
		if covered(place, kept) {
			return nil, fault.New(fault.Invalid, "%s is off %s: repeat that place as a whole, or write --everywhere", key,
				everywhere(kept))
		}
	}
	return joined(kept, w.rule.OffIn), nil
}

// joined are places, and those of more that they do not cover; nil for none.
func joined(places, more []gate.Where) []gate.Where {
	out := slices.Clone(places)
	for _, place := range more {
		if !covered(place, out) {
			out = append(out, place)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// covered tells that a rule for the places holds in another one already.
func covered(place gate.Where, by []gate.Where) bool {
	return slices.ContainsFunc(by, func(w gate.Where) bool { return w.Covers(place) })
}

// idle tells that places were asked for which the rule has already.
func (r ruleReport) idle() bool {
	return len(r.was.Where)+len(r.was.OffIn) > 0 && len(ruleChanges(r.was, r.Rule)) == 0
}
