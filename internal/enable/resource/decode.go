package resource

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/salve-security/salve/internal/fault"
)

// decode fills a value with what CloudFormation sends, which makes a text of everything but lists and maps. A list may
// come as one text with commas; texts that are empty are no entries, for that is what an empty parameter becomes. What
// is on with all its defaults may be the text true. Names may be written in any case, and one that is not known is
// refused: a plan that is misspelt must not be left out in silence.
func decode(path string, from any, into reflect.Value) error {
	switch into.Kind() {
	case reflect.Pointer:
		return decodePointer(path, from, into)
	case reflect.Struct:
		return decodeStruct(path, from, into)
	case reflect.Slice:
		return decodeList(path, from, into)
	case reflect.String, reflect.Bool, reflect.Int:
		return decodeScalar(path, from, into)
	default:
		return fault.New(fault.Unknown, "%s: nothing of kind %s can be read", path, into.Kind())
	}
}

func decodePointer(path string, from any, into reflect.Value) error {
	if from == nil {
		return nil
	}
	whole := reflect.New(into.Type().Elem())
	if text, ok := from.(string); ok {
		on, err := boolean(path, text)
		if on {
			into.Set(whole)
		}
		return err
	}
	if on, ok := from.(bool); ok {
		if on {
			into.Set(whole)
		}
		return nil
	}
	into.Set(whole)
	return decode(path, from, whole.Elem())
}

func decodeStruct(path string, from any, into reflect.Value) error {
	given, ok := from.(map[string]any)
	if !ok {
		return fault.New(fault.Invalid, "%s: there must be names and values", orTop(path))
	}
	var names []string
	for i := range into.NumField() {
		names = append(names, into.Type().Field(i).Name)
	}
	seen := map[int]string{}
	for _, key := range sorted(given) {
		at := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(name, key) })
		if at < 0 {
			if len(names) == 0 {
				return fault.New(fault.Invalid, "%s is not known: nothing can be chosen there", below(path, key))
			}
			return fault.New(fault.Invalid, "%s is not known: use %s", below(path, key), strings.Join(names, ", "))
		}
		if seen[at] != "" {
			return fault.New(fault.Invalid, "%s stands there twice, as %s too", below(path, key), seen[at])
		}
		seen[at] = key
		if err := decode(below(path, names[at]), given[key], into.Field(at)); err != nil {
			return err
		}
	}
	return nil
}

func decodeList(path string, from any, into reflect.Value) error {
	var entries []any
	switch given := from.(type) {
	case nil:
		return nil
	case []any:
		entries = given
	default:
		for part := range strings.SplitSeq(text(given), ",") {
			entries = append(entries, part)
		}
	}
	list := reflect.MakeSlice(into.Type(), 0, len(entries))
	for i, entry := range entries {
		if t, ok := entry.(string); ok {
			if entry = strings.TrimSpace(t); entry == "" {
				continue
			}
		}
		item := reflect.New(into.Type().Elem()).Elem()
		if err := decode(fmt.Sprintf("%s[%d]", path, i), entry, item); err != nil {
			return err
		}
		list = reflect.Append(list, item)
	}
	into.Set(list)
	return nil
}

func decodeScalar(path string, from any, into reflect.Value) error {
	switch from.(type) {
	case nil:
		return nil
	case map[string]any, []any:
		return fault.New(fault.Invalid, "%s: there must be one value", path)
	}
	given := text(from)
	switch into.Kind() {
	case reflect.Bool:
		on, err := boolean(path, given)
		if err != nil {
			return err
		}
		into.SetBool(on)
	case reflect.Int:
		n, err := strconv.Atoi(given)
		if err != nil {
			return fault.New(fault.Invalid, "%s: %q is no number", path, given)
		}
		into.SetInt(int64(n))
	default:
		into.SetString(given)
	}
	return nil
}

// boolean reads true and false; nothing is false.
func boolean(path, given string) (bool, error) {
	switch strings.ToLower(given) {
	case "true":
		return true, nil
	case "false", "":
		return false, nil
	}
	return false, fault.New(fault.Invalid, "%s: %q is neither true nor false", path, given)
}

// text is a scalar as CloudFormation would have sent it.
func text(v any) string {
	if number, ok := v.(float64); ok {
		return strconv.FormatFloat(number, 'f', -1, 64)
	}
	return strings.TrimSpace(fmt.Sprint(v))
}

func below(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func orTop(path string) string {
	if path == "" {
		return "the properties"
	}
	return path
}
