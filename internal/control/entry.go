package control

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// said marks fields that only repeat, for Write, what the key of their entry
// says to people: a field From with the JSON name _From. Texts leave them out,
// and show the values of the others without their names.
const said = "_"

// entryText is an entry behind its key; nothing, where the key says it all.
func entryText(v any) string {
	entry, _ := v.(map[string]any)
	rest, named := unsaid(entry)
	switch {
	case !named:
		return " " + Text(v)
	case rest == "":
		return ""
	}
	return " " + rest
}

// unsaid is what the key of an entry does not say. It is false for an entry
// whose type marks nothing.
func unsaid(entry map[string]any) (text string, named bool) {
	var parts []string
	for _, field := range slices.Sorted(maps.Keys(entry)) {
		if strings.HasPrefix(field, said) {
			named = true
			continue
		}
		parts = append(parts, short(entry[field]))
	}
	return strings.Join(parts, " "), named
}

// short is Text, and a map without the quotes it can do without.
func short(v any) string {
	m, ok := v.(map[string]any)
	if !ok {
		return Text(v)
	}
	parts := make([]string, 0, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		value, isText := m[key].(string)
		if !isText {
			parts = append(parts, word(key)+": "+Text(m[key]))
			continue
		}
		parts = append(parts, word(key)+": "+word(value))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// word quotes what could be taken for more than one word.
func word(s string) string {
	if regexp.MustCompile(`^[A-Za-z0-9_./@+=-]+$`).MatchString(s) {
		return s
	}
	return strconv.Quote(s)
}
