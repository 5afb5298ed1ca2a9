package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// writeYAML prints the JSON of a value in block style. Texts stay quoted as
// JSON quotes them, which is YAML as well: nothing is taken for a number, and
// escapes stay escapes. A YAML library would write control characters raw.
func writeYAML(w io.Writer, v any) error {
	raw, err := encode(v)
	if err != nil {
		return err
	}
	var b strings.Builder
	if err := writeBlock(&b, raw, 0, ""); err != nil {
		return err
	}
	_, err = io.WriteString(w, strings.TrimPrefix(b.String(), "\n"))
	return err //nolint:wrapcheck // data says what was being done
}

// entry is a key of an object and its value, in the order of the text.
type entry struct {
	key   string
	value json.RawMessage
}

// writeBlock writes a value; what is written before it tells where it stands:
// behind a key, behind a dash, or alone.
func writeBlock(b *strings.Builder, raw json.RawMessage, depth int, before string) error {
	list, err := entries(raw)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		_, err := fmt.Fprintf(b, "%s%s\n", before, raw)
		return err //nolint:wrapcheck // a builder never fails
	}
	indent := strings.Repeat("  ", depth)
	if before == "- " {
		indent = before // the first entry stands behind the dash
	} else {
		b.WriteString("\n")
	}
	for _, m := range list {
		b.WriteString(indent)
		indent = strings.Repeat("  ", depth)
		after := " "
		if m.key == "-" {
			after = "- "
		} else {
			b.WriteString(m.key + ":")
		}
		if err := writeBlock(b, m.value, depth+1, after); err != nil {
			return err
		}
	}
	return nil
}

// entries splits an object or a list, whose keys are dashes; anything else,
// and what is empty, has none.
func entries(raw json.RawMessage) ([]entry, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	first, err := decoder.Token()
	if err != nil {
		return nil, fmt.Errorf("read value: %w", err)
	}
	bracket, ok := first.(json.Delim)
	if !ok {
		return nil, nil
	}
	var list []entry
	for decoder.More() {
		m := entry{key: "-"}
		if bracket == '{' {
			key, err := decoder.Token()
			if err != nil {
				return nil, fmt.Errorf("read key: %w", err)
			}
			if m.key, err = yamlKey(fmt.Sprint(key)); err != nil {
				return nil, err
			}
		}
		if err := decoder.Decode(&m.value); err != nil {
			return nil, fmt.Errorf("read value: %w", err)
		}
		list = append(list, m)
	}
	return list, nil
}

// yamlKey quotes a key unless it can only be a name.
func yamlKey(key string) (string, error) {
	if regexp.MustCompile(`^[A-Za-z][A-Za-z_]+$`).MatchString(key) && !regexp.MustCompile(
		`^(?i:yes|no|on|off|true|false|null)$`).MatchString(key) {
		return key, nil
	}
	quoted, err := encode(key)
	return string(quoted), err
}
