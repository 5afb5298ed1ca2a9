package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/gate"
)

// everywhere says in one line where a rule held.
func everywhere(where []gate.Where) string {
	if len(where) == 0 {
		return "everywhere"
	}
	return "for " + strings.Join(places(where), ", or for ")
}

// places says in words where a rule holds; nothing means everywhere.
func places(where []gate.Where) []string {
	var out []string
	for _, w := range where {
		var parts []string
		for _, p := range []struct {
			what   string
			values []string
		}{
			{"account", w.Accounts},
			{"OU", w.OUs},
			{"Region", w.Regions},
			{"resource", w.Resources},
			{"severity", w.Severities},
		} {
			if len(p.values) > 0 {
				parts = append(parts, p.what+" "+strings.Join(p.values, " or "))
			}
		}
		for _, key := range slices.Sorted(maps.Keys(w.Tags)) {
			parts = append(parts, "tag "+key+"="+strings.Join(w.Tags[key], " or "))
		}
		for _, key := range slices.Sorted(maps.Keys(w.AccountTags)) {
			parts = append(parts, "account tag "+key+"="+strings.Join(w.AccountTags[key], " or "))
		}
		text := cmp.Or(strings.Join(parts, ", "), "everywhere")
		if len(w.Except) > 0 {
			text += ", but not in " + strings.Join(places(w.Except), ", or in ")
		}
		out = append(out, text)
	}
	return out
}
