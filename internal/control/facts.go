package control

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// The tag that marks the fields of a state which a control weighs and never writes.
const (
	factTag = "salve"
	fact    = "fact"
)

// look is what one read showed: the part that the control writes, and the facts
// it only weighs. Both are normal trees.
type look struct{ written, facts any }

// whole is the state as the control's own functions know it.
func (l look) whole() any {
	facts, ok := l.facts.(map[string]any)
	if !ok {
		return l.written
	}
	written, _ := l.written.(map[string]any)
	out := maps.Clone(facts)
	maps.Copy(out, written)
	return out
}

// with is the look with another written part.
func (l look) with(written any) look { return look{written, l.facts} }

// facts are the keys of the fields that are facts, sorted.
func (s shape) facts() []string {
	t := s.of
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	var out []string
	for _, f := range reflect.VisibleFields(t) {
		if name := jsonName(f); name != "" && f.Tag.Get(factTag) == fact {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// isFact tells that a path lies in a fact.
func (s shape) isFact(path string) bool {
	keys := splitPath(path)
	return len(keys) > 0 && slices.Contains(s.facts(), keys[0])
}

// split takes the facts out of a normal tree.
func (s shape) split(tree any) look {
	keys := s.facts()
	all, ok := tree.(map[string]any)
	if len(keys) == 0 || !ok {
		return look{written: tree}
	}
	written, facts := maps.Clone(all), map[string]any{}
	for _, key := range keys {
		if v, there := all[key]; there {
			facts[key] = v
			delete(written, key)
		}
	}
	return look{normalMap(written), normalMap(facts)}
}

// sameWritten tells that what is written to one shape can be read as the other:
// the types are the same but for their facts.
func (s shape) sameWritten(o shape) bool {
	if s.of == o.of {
		return true
	}
	return s.of.Kind() == reflect.Struct && o.of.Kind() == reflect.Struct && maps.Equal(s.written(), o.written())
}

// written are the types of the fields of a record that are no facts, by key.
func (s shape) written() map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(s.of) {
		if name := jsonName(f); name != "" && f.Tag.Get(factTag) != fact {
			out[name] = f.Type
		}
	}
	return out
}

// checkFacts finds tags that would not do what their author thinks.
func (s shape) checkFacts() error {
	if s.of.Implements(reflect.TypeFor[json.Marshaler]()) && len(s.facts()) > 0 {
		return fmt.Errorf("%s writes its own JSON and cannot have facts", s.of)
	}
	return misplaced(place{s.of, true}, map[place]bool{})
}

// place is a type at the top of a state, or below it.
type place struct {
	of  reflect.Type
	top bool
}

// misplaced looks for tags on anything but named fields of the state itself.
func misplaced(p place, seen map[place]bool) error {
	t := p.of
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Array:
		return misplaced(place{t.Elem(), false}, seen)
	case reflect.Struct:
	default:
		return nil
	}
	if seen[p] {
		return nil
	}
	seen[p] = true
	for f := range t.Fields() {
		tag, tagged := f.Tag.Lookup(factTag)
		if tagged && (tag != fact || !p.top || jsonName(f) == "") {
			return fmt.Errorf("field %s of %s: the tag %s:%q belongs on an exported field of the state itself, as %s:%q",
				f.Name, t, factTag, tag, factTag, fact)
		}
		if err := misplaced(place{f.Type, p.top && f.Anonymous && jsonName(f) == ""}, seen); err != nil {
			return err
		}
	}
	return nil
}
