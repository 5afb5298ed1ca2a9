package control

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
)

// Change is one path of a state and what happens to it: the unit of approval,
// drift and undo. Values are in normal form; nil means absent.
type Change struct {
	Path string `json:"path"`
	From any    `json:"from"`
	To   any    `json:"to"`
	// Got is what the resource showed after the write where that is not To
	// (AWS may normalise a value); empty when it is, and where it is still From.
	Got json.RawMessage `json:"got,omitempty"`
	// Missed tells that the last look saw the path still at From.
	Missed bool `json:"missed,omitempty"`
	// Unsure tells that an interrupted run found a value that needs no change but
	// is neither From nor To: AWS's form of ours, or somebody else's. Undo refuses it.
	Unsure bool `json:"unsure,omitempty"`
	// Stays says why undo leaves this path as it is; empty when undo restores it.
	Stays string `json:"stays,omitempty"`
	// Theirs tells that somebody else had changed the path before it was written:
	// what is there is not of this change, and undo leaves it.
	Theirs bool `json:"theirs,omitempty"`
}

// loses tells that something is gone for good after the change.
func (c Change) loses() bool { return c.Stays != "" && c.From != nil }

// Made tells that the last look saw the path where it was to go. That nobody has
// looked yet counts as made: what was written may be there.
func (c Change) Made() bool { return len(c.Got) == 0 && !c.Unsure && c.Moved() }

// Moved tells that the path is not as it was before, and not by somebody else; it
// counts as moved too until somebody has looked.
func (c Change) Moved() bool { return !c.Missed && !c.Theirs }

// ours tells whether v is what this change left behind.
func (c Change) ours(v any) bool {
	if c.Theirs {
		return false
	}
	if equal(v, c.To) {
		return true
	}
	if len(c.Got) == 0 {
		return false
	}
	got, err := decodeTree(c.Got)
	return err == nil && equal(v, got)
}

// UnmarshalJSON reads a stored change and brings its values into normal form.
// It does so from their text: as floats, large numbers would be other numbers.
func (c *Change) UnmarshalJSON(raw []byte) error {
	type plain Change
	var stored struct {
		plain
		From json.RawMessage `json:"from"`
		To   json.RawMessage `json:"to"`
	}
	if err := json.Unmarshal(raw, &stored); err != nil {
		return fmt.Errorf("decode change: %w", err)
	}
	*c = Change(stored.plain)
	for _, side := range []struct {
		raw  json.RawMessage
		into *any
	}{{stored.From, &c.From}, {stored.To, &c.To}} {
		if len(side.raw) == 0 {
			continue
		}
		v, err := decodeTree(side.raw)
		if err != nil {
			return err
		}
		*side.into = v
	}
	return nil
}

// diff lists what differs between two normal trees of a shape, sorted by path as people
// sort: numbers in it by what they are worth.
// A thing that is only on one side is one change, not one per leaf.
func diff(from, to any, s shape, oneWay map[string]string) []Change {
	var out []Change
	var secrets []string
	walk("", from, to, s, func(p string, s shape, a, b any) {
		out = append(out, Change{Path: p, From: a, To: b, Stays: stays(p, oneWay)})
		if s.hides(a) {
			secrets = append(secrets, p)
		}
	})
	seal(out, s, secrets)
	slices.SortFunc(out, func(a, b Change) int { return natural(a.Path, b.Path) })
	return out
}

func walk(prefix string, a, b any, s shape, emit func(path string, s shape, from, to any)) {
	x, xMap := a.(map[string]any)
	y, yMap := b.(map[string]any)
	if s.open {
		xMap, yMap = xMap || a == nil, yMap || b == nil
	}
	if !xMap || !yMap {
		if !equal(a, b) {
			emit(prefix, s, a, b)
		}
		return
	}
	for k, e := range x {
		walk(joinPath(prefix, k), e, y[k], s.child(k), emit)
	}
	for k, e := range y {
		if _, both := x[k]; !both {
			walk(joinPath(prefix, k), nil, e, s.child(k), emit)
		}
	}
}

// stays returns the reason of the first glob that matches, in their order, so
// that equal plans have equal hashes.
func stays(p string, oneWay map[string]string) string {
	for _, glob := range slices.Sorted(maps.Keys(oneWay)) {
		if ok, err := path.Match(glob, p); err == nil && ok {
			return oneWay[glob]
		}
	}
	return ""
}
