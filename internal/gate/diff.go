package gate

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/control"
)

// Difference is one entry of the document that differs between two of them; nil means that it is not there.
type Difference struct {
	Path  string `json:"path"` // such as controls.S3.8.mode
	From  any    `json:"from"`
	To    any    `json:"to"`
	Wider bool   `json:"wider"` // Salve may act by itself in more places than before
}

// Lines are the difference as people read it. A runbook that comes or goes with its entry follows it, field by field.
func (d Difference) Lines() []string {
	from, _ := apart(d.Path, d.From)
	to, fields := apart(d.Path, d.To)
	text := d.sign() + " " + d.Path + ":"
	switch d.sign() {
	case "+":
		text += to
	case "-":
		text += from
		_, fields = apart(d.Path, d.From)
	default:
		text += from + " →" + to
	}
	if d.Wider {
		text += " (this lets Salve act by itself in more places)"
	}
	return append([]string{text}, fields...)
}

// apart is a value with a space before it, and the fields of the runbook in it, a line each. Of an entry that has
// nothing but a runbook there is no more to say.
func apart(path string, v any) (text string, fields []string) {
	entry, ok := v.(tree)
	if !ok {
		return " " + word(v), nil
	}
	if strings.HasSuffix(path, "."+runbookField) && entry["document"] != nil {
		return "", leaves("", entry)
	}
	if _, has := entry[runbookField].(tree); !has {
		return " " + word(v), nil
	}
	rest := maps.Clone(entry)
	delete(rest, runbookField)
	if len(rest) > 0 {
		text = " " + word(rest)
	}
	return text, leaves(runbookField+".", entry[runbookField].(tree))
}

// leaves are the values of a tree, a line each.
func leaves(before string, of map[string]any) []string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(of)) {
		switch v := of[key].(type) {
		case tree:
			out = append(out, leaves(before+key+".", v)...)
		case map[string]any:
			out = append(out, leaves(before+key+".", v)...)
		default:
			out = append(out, before+key+": "+word(v))
		}
	}
	return out
}

// runbookField is the field of an entry with its runbook.
const runbookField = "runbook"

// sign tells what comes, what goes and what changes.
func (d Difference) sign() string {
	switch {
	case d.From == nil:
		return "+"
	case d.To == nil:
		return "-"
	}
	return "~"
}

// word is a value without the quotes it can do without.
func word(v any) string {
	if s, ok := v.(string); ok && regexp.MustCompile(`^[A-Za-z0-9-]+$`).MatchString(s) {
		return s
	}
	return control.Text(v)
}

// Diff lists what differs, sorted by path. The order of lists whose order means nothing makes no difference.
func Diff(from, to Config) ([]Difference, error) {
	before, err := treeOf(from)
	if err != nil {
		return nil, err
	}
	after, err := treeOf(to)
	if err != nil {
		return nil, err
	}
	var out []Difference
	compare("", before, after, func(d Difference) {
		d.Wider = widens(d, from, to)
		out = append(out, d)
	})
	slices.SortStableFunc(out, func(a, b Difference) int { // what goes stands before what comes
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(b.sign(), a.sign()))
	})
	return out, nil
}

// compare walks two trees. A thing that is only on one side is one difference, not one for each leaf.
func compare(path string, a, b any, emit func(Difference)) {
	x, xTree := a.(tree)
	y, yTree := b.(tree)
	if xTree && yTree {
		for _, key := range keysOf(x, y) {
			compare(strings.TrimPrefix(path+"."+key, "."), x[key], y[key], emit)
		}
		return
	}
	from, fromSet := a.(set)
	to, toSet := b.(set)
	switch {
	case fromSet && toSet:
		for _, key := range keysOf(from, to) {
			if from[key] == nil || to[key] == nil {
				emit(Difference{Path: path, From: from[key], To: to[key]})
			}
		}
	case fromSet:
		emit(Difference{Path: path, From: a, To: without(path)})
	case toSet:
		emit(Difference{Path: path, From: without(path), To: b})
	case control.Text(a) != control.Text(b):
		emit(Difference{Path: path, From: a, To: b})
	}
}

// everywhere is where an entry without places holds.
const everywhere = "everywhere"

// offIn is the field of an entry with the places where it is off.
const offIn = "off_in"

// without says what a list of places means that is not there.
func without(path string) any {
	if strings.HasSuffix(path, "."+offIn) {
		return nil
	}
	return everywhere
}

// keysOf are the keys of both, in order.
func keysOf[M ~map[string]any](x, y M) []string {
	return slices.Compact(slices.Sorted(slices.Values(
		slices.AppendSeq(slices.Collect(maps.Keys(x)), maps.Keys(y)))))
}
