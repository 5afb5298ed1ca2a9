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

// String is the difference as people read it.
func (d Difference) String() string {
	text := d.sign() + " " + d.Path + ": "
	switch d.sign() {
	case "+":
		text += word(d.To)
	case "-":
		text += word(d.From)
	default:
		text += word(d.From) + " → " + word(d.To)
	}
	if d.Wider {
		text += " (this lets Salve act by itself in more places)"
	}
	return text
}

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
	if s, ok := v.(string); ok && regexp.MustCompile(`^[a-z0-9-]+$`).MatchString(s) {
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
