package control

import (
	"encoding/json"
	"reflect"
	"strings"
)

// shape is what the type of a state says about a place in its tree: whether it
// is a collection or a record, whose parts change one by one, or one thing that
// comes and goes as a whole. The tree alone cannot tell, because an empty
// collection is absent from it.
type shape struct {
	of   reflect.Type
	open bool
}

func shapeOf[S any]() shape { return shape{of: reflect.TypeFor[S](), open: true} }

// child is the shape below a key. Maps and records within records are open;
// optional records and the entries of a collection are not.
func (s shape) child(key string) shape {
	t := pointee(s.of)
	if t == nil || t.Implements(reflect.TypeFor[json.Marshaler]()) {
		return shape{}
	}
	switch t.Kind() {
	case reflect.Map:
		return shape{of: t.Elem(), open: isMap(t.Elem())}
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(t) {
			if jsonName(f) == key {
				return shape{of: f.Type, open: isMap(f.Type) || f.Type.Kind() == reflect.Struct}
			}
		}
	}
	return shape{}
}

// jsonName is the key a field is written under, "" for one that is not written
// itself.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case !f.IsExported() || name == "-" || f.Anonymous && name == "":
		return ""
	case name == "":
		return f.Name
	}
	return name
}

func pointee(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

func isMap(t reflect.Type) bool { return pointee(t).Kind() == reflect.Map }

// fillMaps puts an empty map wherever a decoded state has none, so that a
// control may add entries without looking first.
func fillMaps(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fillMaps(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				fillMaps(f)
			}
		}
	case reflect.Map:
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		for _, key := range v.MapKeys() {
			entry := reflect.New(v.Type().Elem()).Elem()
			entry.Set(v.MapIndex(key))
			fillMaps(entry)
			v.SetMapIndex(key, entry)
		}
	}
}
