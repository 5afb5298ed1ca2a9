package control

import (
	"reflect"
	"strings"
)

// seal makes the changes at the paths of secrets one way, with the rest of the
// entries they belong to: half an entry put back would be one nobody ever had.
func seal(changes []Change, s shape, secrets []string) {
	for _, secret := range secrets {
		entry := s.entryOf(secret)
		for i, ch := range changes {
			if ch.Stays == "" && (ch.Path == entry || strings.HasPrefix(ch.Path, entry+"/")) {
				changes[i].Stays = sealed
			}
		}
	}
}

// entryOf is the path of the entry or optional record that a path belongs to,
// or the path itself where there is none.
func (s shape) entryOf(path string) string {
	prefix := ""
	for _, key := range splitPath(path) {
		s, prefix = s.child(key), joinPath(prefix, key)
		if !s.open && s.of != nil && pointee(s.of).Kind() == reflect.Struct {
			return prefix
		}
	}
	return path
}

// at is the shape at a path.
func (s shape) at(path string) shape {
	for _, key := range splitPath(path) {
		s = s.child(key)
	}
	return s
}

// hides tells that a value of the shape holds a secret. The type decides, not
// the text: a name that looks like a mark is none.
func (s shape) hides(v any) bool {
	if v == nil || s.of == nil {
		return false
	}
	if pointee(s.of) == reflect.TypeFor[Secret]() {
		return true
	}
	switch x := v.(type) {
	case map[string]any:
		for key, e := range x {
			if s.child(key).hides(e) {
				return true
			}
		}
	case []any:
		for _, e := range x {
			if s.entry().hides(e) {
				return true
			}
		}
	}
	return false
}

// entry is the shape of the elements of a list.
func (s shape) entry() shape {
	if t := pointee(s.of); t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
		return shape{of: t.Elem()}
	}
	return shape{}
}

// secret tells that values of the shape may hold secrets.
func (s shape) secret() bool { return mayHide(s.of, map[reflect.Type]bool{}) }

func mayHide(t reflect.Type, seen map[reflect.Type]bool) bool {
	if t == nil || seen[t] {
		return false
	}
	seen[t] = true
	if t == reflect.TypeFor[Secret]() {
		return true
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Array:
		return mayHide(t.Elem(), seen)
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(t) {
			if mayHide(f.Type, seen) {
				return true
			}
		}
	}
	return false
}
