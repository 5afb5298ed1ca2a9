package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

type sample struct {
	Name string         `json:"name"`
	Skip string         `json:"-"`
	Tags map[string]any `json:"tags,omitempty"`
	List []any          `json:"list"`
	Flag bool           `json:"flag"`
	None *int           `json:"none"`
}

func samples() map[string]sample {
	return map[string]sample{
		"plain":   {Name: "arn:aws:s3:::a", List: []any{"x", true, nil}, Flag: true},
		"empty":   {List: []any{}},
		"hostile": {Name: hostile, Tags: map[string]any{hostile: hostile, "": "~", "on": "off"}, List: []any{hostile}},
		"like yaml": {
			Name: "- a: b # c", Tags: map[string]any{"yes": "no", "1": "2", "a b": "null", "key": "1e3"},
			List: []any{"true", "~", "- x", "|", "'", `"`, `\`},
		},
		"nested": {List: []any{
			[]any{"a", []any{"b"}}, map[string]any{"k": map[string]any{"l": []any{"m"}, "n": map[string]any{}}},
		}},
	}
}

// TestYAMLSaysWhatJSONSays reads both back, the YAML with a parser that is not ours.
func TestYAMLSaysWhatJSONSays(t *testing.T) {
	for name, s := range samples() {
		t.Run(name, func(t *testing.T) {
			var asJSON, asYAML bytes.Buffer
			list := []sample{s, s}
			if err := writeJSON(&asJSON, list); err != nil {
				t.Fatal(err)
			}
			if err := writeYAML(&asYAML, list); err != nil {
				t.Fatal(err)
			}
			var want, got any
			if err := json.Unmarshal(asJSON.Bytes(), &want); err != nil {
				t.Fatal(err)
			}
			if err := yaml.Unmarshal(asYAML.Bytes(), &got); err != nil {
				t.Fatalf("%v\n%s", err, &asYAML)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s\n%s", diff, &asYAML)
			}
		})
	}
}

func TestCSV(t *testing.T) {
	for name, tc := range map[string]struct {
		v    any
		want [][]string
	}{
		"list": {[]sample{{Name: "a", Flag: true}, {Name: `say "b", c`, List: []any{"x"}}}, [][]string{
			{"name", "tags", "list", "flag", "none"}, {"a", "", "", "true", ""}, {`say "b", c`, "", `["x"]`, "false", ""},
		}},
		"one":  {sample{Name: "a"}, [][]string{{"name", "tags", "list", "flag", "none"}, {"a", "", "", "false", ""}}},
		"none": {[]sample{}, [][]string{{"name", "tags", "list", "flag", "none"}}},
		"embedded": {[]row{{ID: "i", sample: sample{Name: "a", Flag: true}, Name: "b"}}, [][]string{
			{"id", "tags", "list", "flag", "none", "name"}, {"i", "", "", "true", "", "b"},
		}},
		"formula": {[]runKey{{"=cmd()"}, {"+1"}, {"-1"}, {"@x"}}, [][]string{{"k"}, {"'=cmd()"}, {"'+1"}, {"'-1"}, {"'@x"}}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := writeCSV(&out, tc.v); err != nil {
				t.Fatal(err)
			}
			got, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

type runKey struct {
	K string `json:"k"`
}

// row has what stands in another, but for a name of its own.
type row struct {
	ID string `json:"id"`
	sample
	Name string `json:"name"`
}

// TestCSVHasAColumnForEachField: -o csv leaves out nothing that -o json has at its first level, for all that is written.
func TestCSVHasAColumnForEachField(t *testing.T) {
	for schema, kind := range written() {
		t.Run(schema, func(t *testing.T) {
			var out bytes.Buffer
			if err := writeCSV(&out, reflect.MakeSlice(reflect.SliceOf(kind), 1, 1).Interface()); err != nil {
				t.Fatal(err)
			}
			rows, err := csv.NewReader(&out).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			want := slices.Sorted(maps.Keys(readSchema(t, schema).Properties))
			if schema == "audit-v1.json" { // whose version the line's own JSON writes
				want = slices.DeleteFunc(want, func(name string) bool { return name == "version" })
			}
			if len(rows) != 2 || len(rows[1]) != len(rows[0]) {
				t.Fatalf("rows: %v", rows)
			}
			if diff := cmp.Diff(want, slices.Sorted(slices.Values(rows[0]))); diff != "" {
				t.Errorf("columns (-JSON +CSV):\n%s", diff)
			}
		})
	}
}
