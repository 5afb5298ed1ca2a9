package control

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// String is the plan as people read it: a line a change, and a line for what is left alone.
func (p Plan) String() string {
	var b strings.Builder
	for _, c := range p.Changes {
		b.WriteString("  " + c.String() + "\n")
	}
	if p.Runbook != nil {
		b.WriteString("  by " + p.Runbook.String() + "\n")
	}
	for _, text := range p.Mentions {
		b.WriteString("  left alone: " + visible(text) + "\n")
	}
	return b.String()
}

// String is the change as people read it. Entries of collections come and go,
// marked + and -; everything else changes, marked ~, in a fix as in its undo.
func (c Change) String() string {
	if tail := c.Lasting(); tail != "" {
		return c.Move() + " (" + tail + ")"
	}
	return c.Move()
}

// Move is String without what undo makes of it.
func (c Change) Move() string {
	name := name(c.Path)
	switch {
	case c.From == nil && isEntry(c.To):
		return "+ " + name + entryText(c.To)
	case c.To == nil && isEntry(c.From):
		return "- " + name + entryText(c.From)
	}
	return fmt.Sprintf("~ %s: %s → %s", name, Text(c.From), Text(c.To))
}

// Lasting says why undo will not restore the path; empty where it does.
func (c Change) Lasting() string {
	switch {
	case c.Stays == "":
		return ""
	case c.loses():
		return "one way: " + c.Stays
	}
	return "undo leaves it: " + c.Stays
}

// Name is the changed path as people read it.
func (c Change) Name() string { return name(c.Path) }

func isEntry(v any) bool { _, ok := v.(map[string]any); return ok }

// name is a path as people read it. Keys are names that somebody chose, so what
// could disguise a plan on a terminal is escaped.
func name(path string) string { return visible(strings.Join(splitPath(path), ".")) }

// Text is a value as people read it in plans and notes.
func Text(v any) string {
	switch x := v.(type) {
	case nil:
		return "none"
	case string:
		return strconv.Quote(x)
	case map[string]any:
		if rest, named := unsaid(x); named {
			return cmp.Or(rest, "present")
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // policies are full of < and &
	if err := e.Encode(v); err != nil {
		return visible(fmt.Sprint(v))
	}
	return visible(strings.TrimSpace(b.String()))
}

// visible writes characters that do not show as their escapes.
func visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
	}
	return b.String()
}
