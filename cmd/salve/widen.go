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
}

// merge puts the wish over the stored rule. Places of a second call are further
// places; that a rule leaves its places altogether has to be said.
func (w wish) merge(key string, old gate.Rule) (gate.Rule, error) {
	rule := w.rule
	switch {
	case w.keep && old.Mode != "":
		rule.Mode, rule.Where = old.Mode, old.Where
	case len(old.Where) == 0 || w.everywhere || rule.Mode == gate.Off:
	case len(rule.Where) == 0:
		return rule, fault.New(fault.Invalid, "%s has mode %s only %s: repeat the places that %s is meant for, or "+
			"write --everywhere", key, old.Mode, everywhere(old.Where), rule.Mode)
	case rule.Mode == old.Mode:
		where := slices.Clone(old.Where)
		for _, place := range rule.Where {
			if !covered(place, where) {
				where = append(where, place)
			}
		}
		rule.Where = where
	}
	return rule, nil
}

// covered tells that a rule for the places holds in another one already.
func covered(place gate.Where, by []gate.Where) bool {
	return slices.ContainsFunc(by, func(w gate.Where) bool { return w.Covers(place) })
}

// widens tells that the rule holds in more places than before, in the same mode.
func (r ruleReport) widens() bool {
	if len(r.was.Where) == 0 || r.Rule.Mode == gate.Off {
		return false
	}
	return len(r.Rule.Where) == 0 || slices.ContainsFunc(r.Rule.Where, func(w gate.Where) bool {
		return !covered(w, r.was.Where)
	})
}

// idle tells that places were asked for which the rule has already.
func (r ruleReport) idle() bool {
	return len(r.was.Where) > 0 && len(ruleChanges(r.was, r.Rule)) == 0
}
