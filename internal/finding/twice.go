package finding

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// uniqueKeys refuses a value that gives a field twice which is read into T: two readers may settle on different
// ones. Because encoding/json takes a key of another case for the field, case does not count. What is not read is
// not looked at: the keys of tags and details are the customer's, who may have Name and name. The value must be
// known to be valid JSON, which also bounds its depth.
func uniqueKeys[T any](value []byte, field string) error {
	err := walk(json.NewDecoder(bytes.NewReader(value)), reflect.TypeFor[T](), field)
	if known := new(Malformed); err != nil && !errors.As(err, &known) {
		return &Malformed{Field: field, Problem: "is not the JSON of an event", Err: err}
	}
	return err
}

// walk reads the one value that stands under a field and is read into t.
func walk(decoder *json.Decoder, t reflect.Type, field string) error {
	if !looksInto(t) {
		var skipped json.RawMessage
		if err := decoder.Decode(&skipped); err != nil {
			return fmt.Errorf("pass over a value of %s: %w", field, err)
		}
		return nil
	}
	token, err := decoder.Token()
	if err != nil {
		return fmt.Errorf("read %s: %w", field, err)
	}
	switch token {
	case json.Delim('['):
		for decoder.More() {
			if err := walk(decoder, t.Elem(), field); err != nil {
				return err
			}
		}
	case json.Delim('{'):
		if err := walkObject(decoder, t, field); err != nil {
			return err
		}
	default: // null
		return nil
	}
	if _, err := decoder.Token(); err != nil { // the closing bracket
		return fmt.Errorf("close %s: %w", field, err)
	}
	return nil
}

// looksInto tells whether what is read into t has fields or elements that are read.
func looksInto(t reflect.Type) bool {
	kind := t.Kind()
	return kind == reflect.Struct || kind == reflect.Map ||
		kind == reflect.Slice && t != reflect.TypeFor[json.RawMessage]()
}

func walkObject(decoder *json.Decoder, t reflect.Type, field string) error {
	fields, seen := fieldsOf(t), map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return fmt.Errorf("read %s: %w", field, err)
		}
		name, into := fmt.Sprint(token), reflect.TypeFor[json.RawMessage]()
		read := t.Kind() == reflect.Map // whose keys are data
		if f, known := fields[folded(name)]; known {
			name, into, read = f.name, f.into, true
		}
		if read && seen[name] {
			return &Malformed{Field: field, Problem: "gives a key twice"}
		}
		seen[name] = true
		if err := walk(decoder, into, name); err != nil {
			return err
		}
	}
	return nil
}

// jsonField is a field of a struct by its name in JSON.
type jsonField struct {
	name string
	into reflect.Type
}

// fieldsOf are the fields of a struct by their folded names; none of anything else.
func fieldsOf(t reflect.Type) map[string]jsonField {
	fields := map[string]jsonField{}
	if t.Kind() != reflect.Struct {
		return fields
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields[folded(name)] = jsonField{name, f.Type}
	}
	return fields
}

// folded is a key without its case, as encoding/json compares it. Upper first: it maps the long s and the Kelvin sign.
func folded(key string) string { return strings.ToLower(strings.ToUpper(key)) }
