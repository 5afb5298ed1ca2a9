package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/report"
)

// The values of -o.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatYAML  = "yaml"
	formatCSV   = "csv"
)

// data prints a value for programs, or calls text for people. All formats for
// programs have the same fields under the same names.
func (a *app) data(v any, text func()) error {
	var err error
	switch a.format {
	case formatJSON:
		err = writeJSON(a.out, v)
	case formatYAML:
		err = writeYAML(a.out, v)
	case formatCSV:
		err = writeCSV(a.out, v)
	default:
		text()
	}
	if err != nil {
		return fmt.Errorf("print as %s: %w", a.format, err)
	}
	return nil
}

// encode is the JSON of a value with everything escaped that a terminal could
// take for a command or that does not show.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // policies are full of < and &
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	var out bytes.Buffer
	for _, r := range b.String() {
		switch {
		case r == '\n' || unicode.IsPrint(r):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

func writeJSON(w io.Writer, v any) error {
	raw, err := encode(v)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return fmt.Errorf("indent: %w", err)
	}
	_, err = fmt.Fprintln(w, b.String())
	return err //nolint:wrapcheck // data says what was being done
}

// writeCSV prints a list as a row an element, and anything else as one row.
func writeCSV(w io.Writer, v any) error {
	list := reflect.ValueOf(v)
	kind := list.Type()
	if kind.Kind() == reflect.Slice {
		kind = kind.Elem()
	} else {
		one := reflect.MakeSlice(reflect.SliceOf(kind), 0, 1)
		list = reflect.Append(one, list)
	}
	return writeRows(w, list, kind, true)
}

// writeCSVRow prints a value as one row, under a header where it is the first.
func writeCSVRow(w io.Writer, v any, first bool) error {
	one := reflect.Append(reflect.MakeSlice(reflect.SliceOf(reflect.TypeOf(v)), 0, 1), reflect.ValueOf(v))
	return writeRows(w, one, reflect.TypeOf(v), first)
}

func writeRows(w io.Writer, list reflect.Value, kind reflect.Type, header bool) error {
	names, fields := fieldsOf(kind)
	out := csv.NewWriter(w)
	if header {
		_ = out.Write(names) // the first error is kept and comes from Error below
	}
	for i := range list.Len() {
		row := make([]string, len(fields))
		for j, field := range fields {
			value, err := list.Index(i).FieldByIndexErr(field)
			if err != nil {
				continue // it stands in something that is not there
			}
			if row[j], err = cell(value.Interface()); err != nil {
				return err
			}
		}
		_ = out.Write(row)
	}
	out.Flush()
	return out.Error() //nolint:wrapcheck // data says what was being done
}

// fieldsOf are the fields of a struct that its JSON has. What is embedded stands beside the others there, and what has
// the same name further out in its place.
func fieldsOf(kind reflect.Type) (names []string, fields [][]int) {
	if kind.Kind() != reflect.Struct {
		return nil, nil
	}
	depth := map[string]int{}
	visible := reflect.VisibleFields(kind)
	nameOf := func(f reflect.StructField) string {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() {
			return ""
		}
		return name
	}
	for _, f := range visible {
		name := nameOf(f)
		if was, known := depth[name]; !known || len(f.Index) < was {
			depth[name] = len(f.Index)
		}
	}
	for _, f := range visible {
		if name := nameOf(f); name != "" && depth[name] == len(f.Index) {
			names, fields = append(names, name), append(fields, f.Index)
		}
	}
	return names, fields
}

// cell is a text as it is and the JSON of everything else.
func cell(v any) (string, error) {
	if list, ok := v.([]control.Change); ok {
		v = report.Changes(list) // as the JSON of an audit line has them
	}
	raw, err := encode(v)
	if err != nil {
		return "", err
	}
	text := string(raw)
	if strings.HasPrefix(text, `"`) {
		// Escapes stay where unquoting would bring back what they keep out.
		text = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(text[1 : len(text)-1])
	}
	switch text {
	case "null", `0001-01-01T00:00:00Z`:
		return "", nil
	}
	// A spreadsheet would run a name that begins like a formula.
	if strings.ContainsAny(text[:min(1, len(text))], "=+-@") {
		text = "'" + text
	}
	return text, nil
}
