package finding

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Malformed is a message that cannot be read. Sending it again would not help.
type Malformed struct {
	Field   string
	Problem string
	Err     error // of the parser, if it was the parser
}

// Error names the field and what is wrong with it, never its content.
func (m *Malformed) Error() string {
	if m.Err == nil {
		return fmt.Sprintf("malformed event: %s %s", m.Field, m.Problem)
	}
	return fmt.Sprintf("malformed event: %s %s: %v", m.Field, m.Problem, m.Err)
}

// Unwrap gives the parser's error.
func (m *Malformed) Unwrap() error { return m.Err }

var fieldShape = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,63}$`)

// shown is the name of a field as a message may contain it: the sender chooses names, too.
func shown(field string) string {
	if fieldShape.MatchString(field) {
		return field
	}
	return "a field of another name"
}

// uniqueKeys refuses an object that gives a key twice: two readers may settle on different ones. Because
// encoding/json takes a key of another case for the field, case does not count, except in ProductFields,
// whose keys are data. The body must be known to be valid JSON, which also bounds its depth.
func uniqueKeys(body []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := walk(decoder, "body"); err != nil {
		var known *Malformed
		if errors.As(err, &known) {
			return err
		}
		return &Malformed{Field: "body", Problem: "is not the JSON of an event", Err: err}
	}
	return nil
}

// walk reads the one value that stands under a field.
func walk(decoder *json.Decoder, field string) error {
	token, err := decoder.Token()
	if err != nil {
		return fmt.Errorf("read %s: %w", shown(field), err)
	}
	switch token {
	case json.Delim('['):
		for decoder.More() {
			if err := walk(decoder, field); err != nil {
				return err
			}
		}
	case json.Delim('{'):
		if err := walkObject(decoder, field); err != nil {
			return err
		}
	default:
		return nil
	}
	if _, err := decoder.Token(); err != nil { // the closing bracket
		return fmt.Errorf("close %s: %w", shown(field), err)
	}
	return nil
}

func walkObject(decoder *json.Decoder, field string) error {
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return fmt.Errorf("read %s: %w", shown(field), err)
		}
		key := fmt.Sprint(token)
		folded := key
		if field != "ProductFields" {
			folded = strings.ToLower(strings.ToUpper(key)) // upper first: it maps the long s and the Kelvin sign
		}
		if seen[folded] {
			return &Malformed{Field: shown(field), Problem: "gives a key twice"}
		}
		seen[folded] = true
		if key == "Details" || key == "UserDefinedFields" { // large, hostile and never read
			var skipped json.RawMessage
			err = decoder.Decode(&skipped)
		} else {
			err = walk(decoder, key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
