package securityhub

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"strings"
)

// document is a finding as JSON. Findings are kept as sent, not as Go types, so that no field is lost that the lab
// does not know. Values are never changed in place, only replaced: a shallow copy is a safe one.
type document map[string]any

// unmarshal parses exactly one JSON value and keeps numbers as they were written.
func unmarshal(data []byte, target any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(target); err != nil {
		return err //nolint:wrapcheck // the caller says what was being read
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON value")
	}
	return nil
}

// clone is a shallow copy.
func (d document) clone() document { return maps.Clone(d) }

// object returns the object under key; an absent one is empty.
func (d document) object(key string) document {
	nested, _ := d[key].(map[string]any)
	return nested
}

// with returns a copy of the object under key with one more entry.
func (d document) with(key, entry string, value any) map[string]any {
	copied := map[string]any{}
	maps.Copy(copied, d.object(key))
	copied[entry] = value
	return copied
}

// text returns the first string at a dotted path, or "".
func (d document) text(path string) string {
	for _, value := range d.values(path) {
		if text, ok := value.(string); ok {
			return text
		}
	}
	return ""
}

// at returns the value at a dotted path through objects only, or nil.
func (d document) at(path string) any {
	head, rest, nested := strings.Cut(path, ".")
	if !nested {
		return d[head]
	}
	return d.object(head).at(rest)
}

// values returns everything found at a dotted path, looking into every element of the lists on the way.
func (d document) values(path string) []any {
	return collect(map[string]any(d), strings.Split(path, "."))
}

// collect walks a path. Scalars end it; lists multiply it without being part of it.
func collect(value any, path []string) []any {
	switch typed := value.(type) {
	case []any:
		var found []any
		for _, element := range typed {
			found = append(found, collect(element, path)...)
		}
		return found
	case map[string]any:
		if len(path) == 0 {
			return []any{typed}
		}
		return collect(typed[path[0]], path[1:])
	case nil:
		return nil
	default:
		if len(path) > 0 {
			return nil
		}
		return []any{typed}
	}
}

// size is the length of the document as JSON. What was parsed from JSON can always be written as JSON.
func (d document) size() int {
	data, err := json.Marshal(d)
	if err != nil {
		return 0
	}
	return len(data)
}
