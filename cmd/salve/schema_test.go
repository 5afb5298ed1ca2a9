package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/salve-security/salve/internal/run"
)

const schemas = "../../docs/schema"

// schemaNode is a part of a schema.
type schemaNode struct {
	Schema      string `json:"$schema"`
	Ref         string `json:"$ref"`
	Type        string
	Description string
	Properties  map[string]schemaNode
	Required    []string
	Enum        []string
	Items       *schemaNode
	Examples    []any
	Defs        map[string]schemaNode `json:"$defs"`
	Additional  json.RawMessage       `json:"additionalProperties"`
}

// readSchema reads a schema, or a place in one.
func readSchema(t *testing.T, name string) schemaNode {
	t.Helper()
	file, place, _ := strings.Cut(name, "#/$defs/")
	raw, err := os.ReadFile(filepath.Join(schemas, file))
	if err != nil {
		t.Fatal(err)
	}
	var node schemaNode
	if err := json.Unmarshal(raw, &node); err != nil {
		t.Fatal(err)
	}
	if place != "" {
		return node.Defs[place]
	}
	return node
}

// TestEveryCommandHasAForm: one that prints data has a schema, and a script in which it prints it.
func TestEveryCommandHasAForm(t *testing.T) {
	parser, err := kong.New(&cli{}, helpTexts())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	scripts, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range scripts {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.Split(string(text), "\n")...)
	}
	var commands []string
	for _, leaf := range parser.Model.Leaves(true) {
		commands = append(commands, words(leaf))
	}
	for _, command := range commands {
		_, data := forms()[command]
		if data == slices.Contains(silent(), command) {
			t.Errorf("salve %s: it must be one of those that print data, or of those that do not", command)
		}
		if data && !slices.ContainsFunc(lines, func(line string) bool { return mentions(line, command) }) {
			t.Errorf("no script asks salve %s for json or yaml", command)
		}
	}
	for command := range forms() {
		if !slices.Contains(commands, command) {
			t.Errorf("there is no command salve %s", command)
		}
	}
}

// TestSchemasAreWhole: each names its version of JSON Schema, describes all it names, allows nothing else, and its
// examples are examples of it.
func TestSchemasAreWhole(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(schemas, "*.json"))
	if err != nil || len(files) < 5 {
		t.Fatalf("%d schemas: %v", len(files), err)
	}
	for _, path := range files {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			whole := readSchema(t, name)
			if whole.Schema != "https://json-schema.org/draft/2020-12/schema" {
				t.Errorf("it is of version %q", whole.Schema)
			}
			examples := len(whole.Examples)
			exemplary(t, path, whole.Examples)
			described(t, "", whole)
			for part, node := range whole.Defs {
				examples += len(node.Examples)
				exemplary(t, path+"#/$defs/"+part, node.Examples)
				described(t, part, node)
			}
			if examples == 0 {
				t.Error("it has no example")
			}
		})
	}
}

// exemplary fails unless the examples are valid.
func exemplary(t *testing.T, place string, examples []any) {
	t.Helper()
	schema, err := compiler().Compile(place)
	if err != nil {
		t.Fatal(err)
	}
	for _, example := range examples {
		raw, err := json.Marshal(example)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", place, err)
		}
	}
}

// described fails unless an object and all in it are described, and it allows nothing it does not name.
func described(t *testing.T, place string, node schemaNode) {
	t.Helper()
	if node.Description == "" {
		t.Errorf("%q is not described", place)
	}
	if node.Properties != nil && string(node.Additional) != "false" {
		t.Errorf("%q allows what it does not name", place)
	}
	for _, name := range node.Required {
		if _, ok := node.Properties[name]; !ok {
			t.Errorf("%q requires %s and does not name it", place, name)
		}
	}
	for name, property := range node.Properties {
		described(t, place+"."+name, property)
		if property.Items != nil && property.Items.Properties != nil {
			described(t, place+"."+name+".items", *property.Items)
		}
	}
}

// TestSchemasKnowEveryStatus: programs switch on them.
func TestSchemasKnowEveryStatus(t *testing.T) {
	statuses := []run.Status{
		run.StatusCompliant, run.StatusPlanned, run.StatusAwaitingApproval, run.StatusVerified, run.StatusUnverified,
		run.StatusFailed, run.StatusDenied, run.StatusRefused, run.StatusDeferred, run.StatusGone, run.StatusParked,
		run.StatusUndone, run.StatusUndoneInPart,
	}
	for _, schema := range []string{runForm, "audit-v1.json"} {
		var want []string
		for _, s := range statuses {
			want = append(want, string(s))
		}
		if d := cmp.Diff(want, readSchema(t, schema).Properties["status"].Enum); d != "" {
			t.Errorf("%s: %s", schema, d)
		}
	}
}

// TestThePageOfFormsIsWhole: docs/json.md names every schema, and its example is one.
func TestThePageOfFormsIsWhole(t *testing.T) {
	raw, err := os.ReadFile("../../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(raw)
	files, err := filepath.Glob(filepath.Join(schemas, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if !strings.Contains(page, "](schema/"+filepath.Base(path)+")") {
			t.Errorf("the page does not name %s", filepath.Base(path))
		}
	}
	_, example, _ := strings.Cut(page, "\n```json\n")
	example, _, found := strings.Cut(example, "\n```\n")
	if !found {
		t.Fatal("the page has no example")
	}
	if err := conforms(schemas, "plan", formatJSON, []byte(example)); err != nil {
		t.Error(err)
	}
}
