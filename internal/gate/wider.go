package gate

import (
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/control"
)

// widens tells whether Salve may act by itself in more places because of a difference. It is about entries, not
// about findings: in doubt it says yes.
func widens(d Difference, from, to Config) bool {
	entry, ok := strings.CutPrefix(d.Path, "controls.")
	if !ok {
		return anyAuto(to) && thaws(d.Path, from, to) // the default is never auto
	}
	key := keyOf(entry, from, to)
	before, after := from.Controls[key], to.Controls[key]
	loosens := lets(key, before, after) && autoStandard(to)
	switch entry {
	case key:
		return turnsAuto(before, after) || loosens || frees(before, after, to)
	case key + ".mode":
		return turnsAuto(before, after) || loosens
	case key + ".after":
		return after.Mode == Auto && after.After < before.After
	case key + ".begins_in":
		return after.Mode == Auto && to.Rings.at(after.BeginsIn) > max(0, from.Rings.at(before.BeginsIn))
	case key + "." + offIn:
		return frees(before, after, to)
	case key + ".where":
		return spreads(d, before, after, loosens)
	case key + ".covers":
		return after.Mode == Auto && slices.ContainsFunc(after.Covers, func(id string) bool { return before.lacks(key, id) })
	}
	return freer(entry, key, before, after, to) // parameters say how, not where
}

// freer tells that a difference of a runbook lets it start where it waited, was refused, or was not there. What a
// pattern accepts, and what the playbook says of its impact, nobody can tell here.
func freer(entry, key string, before, after Rule, to Config) bool {
	field, ok := strings.CutPrefix(entry, key+".runbook")
	switch {
	case !ok || after.Runbook == nil || after.Mode != Auto && !autoStandard(to):
		return false
	case field == ".no_way_back":
		return after.Runbook.NoWayBack != ""
	case field == ".when_changed":
		return after.Runbook.WhenChanged != ""
	case field == ".impact":
		was := before.Runbook.Impact
		return after.Runbook.Impact != control.ImpactDestructive &&
			was != control.ImpactNone && was != control.ImpactInterrupts
	}
	return field == "" || field == ".resource"
}

// spreads tells that the places of an entry let Salve act in more of them.
func spreads(d Difference, before, after Rule, loosens bool) bool {
	switch {
	case d.To != nil && after.Mode == Auto && before.Mode == Auto:
		return !allCovered(after.Where, before.Where)
	case d.From == nil:
		return false // one more place that is held back
	}
	return loosens
}

func turnsAuto(before, after Rule) bool { return after.Mode == Auto && before.Mode != Auto }

// frees tells that an entry leaves places where it was off, and something may act by itself there.
func frees(before, after Rule, to Config) bool {
	if after.Mode == Off && len(after.Where) == 0 || after.Mode != Auto && !autoStandard(to) {
		return false
	}
	return slices.ContainsFunc(before.OffIn, func(was Where) bool {
		return !slices.ContainsFunc(after.OffIn, func(is Where) bool { return is.Covers(was) })
	})
}

// lets tells that an entry which held something back does so no longer, or in fewer places, or brings a runbook. That
// of a control holds elsewhere too, as long as it is there; of the standards the strictest counts.
func lets(key string, before, after Rule) bool {
	if before.Runbook == nil && after.Runbook != nil {
		return true // it was nothing that Salve could do
	}
	if before.Mode == "" || after.Mode == Auto {
		return false
	}
	if !several(key) {
		return after.Mode == ""
	}
	return before.Mode != Auto && (after.Mode == "" || !allCovered(before.Where, after.Where))
}

// keyOf is the entry that a path below controls is about. Keys hold dots, as paths do: the longest one is it.
func keyOf(entry string, configs ...Config) string {
	longest := ""
	for _, c := range configs {
		for key := range c.Controls {
			if (entry == key || strings.HasPrefix(entry, key+".")) && len(key) > len(longest) {
				longest = key
			}
		}
	}
	return longest
}

// endsSooner tells that an exception is gone, or ends earlier than before.
func endsSooner(key string, from, to Config) bool {
	for _, old := range from.Exceptions {
		name := old.Control + " " + old.Resource
		if key != name && !strings.HasPrefix(key, name+".") && !strings.HasPrefix(key, name+" ") {
			continue
		}
		if !slices.ContainsFunc(to.Exceptions, func(e Exception) bool {
			return e.Control == old.Control && e.Resource == old.Resource && !e.Expires.Day.Before(old.Expires.Day)
		}) {
			return true
		}
	}
	return false
}

// thaws tells that less keeps off what happens by itself: an exception, a freeze, a calendar, or the hours of a window;
// what a window no longer is about is open always.
func thaws(path string, from, to Config) bool {
	if key, ok := strings.CutPrefix(path, "exceptions."); ok {
		return endsSooner(key, from, to)
	}
	switch path {
	case "exceptions_by_tag":
		return from.ByTag != nil
	case "rings.order":
		return from.Rings != nil // somewhere a control may act now that has not come there
	case "rings.advance_after":
		return from.Rings != nil && to.Rings.After() < from.Rings.After()
	case "windows":
		return len(from.Windows) > 0
	case "classes":
		return from.Classes != nil && (to.Classes == nil || !reflect.DeepEqual(from.Classes.modes(), to.Classes.modes()))
	case "calendars":
		return slices.ContainsFunc(from.Calendars, func(was Calendar) bool {
			return !slices.ContainsFunc(to.Calendars, func(is Calendar) bool { return reflect.DeepEqual(was, is) })
		})
	case "freezes":
		return slices.ContainsFunc(from.Freezes, func(was Freeze) bool {
			return !slices.ContainsFunc(to.Freezes, func(is Freeze) bool { return reflect.DeepEqual(was, is) })
		})
	}
	return false
}

func anyAuto(c Config) bool {
	return slices.ContainsFunc(c.Keys(), func(key string) bool { return c.Controls[key].Mode == Auto })
}

func autoStandard(c Config) bool {
	return slices.ContainsFunc(c.Keys(), func(key string) bool {
		return c.Controls[key].Mode == Auto && several(key)
	})
}

// allCovered tells that each place lies within one of the others; no places mean everywhere.
func allCovered(places, within []Where) bool {
	if len(within) == 0 || len(places) == 0 {
		return len(within) == 0
	}
	return !slices.ContainsFunc(places, func(w Where) bool {
		return !slices.ContainsFunc(within, func(outer Where) bool { return outer.Covers(w) })
	})
}

// Covers tells that whatever matches the other place matches this one.
func (w Where) Covers(inner Where) bool {
	for _, out := range w.Except { // in doubt it does not
		if !slices.ContainsFunc(inner.Except, func(too Where) bool { return too.Covers(out) }) {
			return false
		}
	}
	same := func(a, b string) bool { return a == b }
	// A pattern that matches another as text matches whatever that one does.
	pattern := func(a, b string) bool { ok, err := path.Match(a, b); return err == nil && ok }
	if !coversTags(w.Tags, inner.Tags) || !coversTags(w.AccountTags, inner.AccountTags) {
		return false
	}
	return within(inner.Accounts, w.Accounts, same) && within(inner.OUs, w.OUs, same) &&
		within(inner.Regions, w.Regions, pattern) && within(inner.Resources, w.Resources, glob) &&
		within(inner.Severities, w.Severities, same)
}

// coversTags tells that what has some tags as one place wants them has them as another does.
func coversTags(tags, inner map[string][]string) bool {
	same := func(a, b string) bool { return a == b }
	for tag, values := range tags {
		if len(inner[tag]) == 0 || !within(inner[tag], values, same) {
			return false
		}
	}
	return true
}

// within tells that each of the items is one of the list; no list means any.
func within(items, list []string, is func(of, item string) bool) bool {
	if len(list) == 0 {
		return true
	}
	return len(items) > 0 && !slices.ContainsFunc(items, func(item string) bool {
		return !slices.ContainsFunc(list, func(of string) bool { return is(of, item) })
	})
}
