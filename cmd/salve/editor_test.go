package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/salve-security/salve/internal/gate"
)

// editorSchema is what editors complete the configuration document by.
const editorSchema = "document-v1.json"

// forEditors holds a document against the schema.
func forEditors(t *testing.T, document string) error {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(document), &value); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		t.Fatal(err)
	}
	return form{schema: editorSchema, one: true}.check(schemas, value)
}

// documents are those of scripts and pages, which the program takes as well.
func documents(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```yaml\n(version: 1\n.*?)```").FindSubmatch(page)
	if shown == nil {
		t.Fatal("docs/operations.md shows no document")
	}
	out := map[string]string{"docs/operations.md": string(shown[1])}
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range scripts {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split(string(text), "\n-- ")[1:] {
			file, document, _ := strings.Cut(part, " --\n")
			if strings.HasSuffix(file, ".yaml") && strings.HasPrefix(document, "version: 1\n") {
				out[filepath.Base(name)+" "+file] = document
			}
		}
	}
	return out
}

// TestEditorsTakeWhatTheProgramTakes: the schema refuses no document that makes sense.
func TestEditorsTakeWhatTheProgramTakes(t *testing.T) {
	taken := 0
	for name, document := range documents(t) {
		config, err := gate.Parse([]byte(document))
		if err != nil || config.Validate(gate.Known{
			Control: func(string) bool { return true }, Standard: func(string) bool { return true },
		}) != nil {
			continue // one that is to be refused
		}
		if strings.Contains(document, "HASH") {
			continue // the script puts one in
		}
		taken++
		if err := forEditors(t, document); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if taken < 5 {
		t.Errorf("%d documents were looked at", taken)
	}
}

// TestEditorsMarkMistakes: those that a person makes while he writes.
func TestEditorsMarkMistakes(t *testing.T) {
	for name, document := range map[string]string{
		"a field":        "version: 1\ncontrol: {S3.8: {mode: auto}}",
		"a mode":         "version: 1\ncontrols: {S3.8: {mode: sometimes}}",
		"auto for all":   "version: 1\ndefaults: {mode: turbo}",
		"no list":        "version: 1\ncontrols: {S3.8: {mode: auto, where: {accounts: [\"222222222222\"]}}}",
		"an account":     "version: 1\ncontrols: {S3.8: {mode: auto, where: [{accounts: [12]}]}}",
		"no owner":       "version: 1\nexceptions: [{control: S3.8, resource: a, reason: b, expires: 2027-01-01}]",
		"another form":   "version: 2",
		"no form at all": "controls: {}",
	} {
		if forEditors(t, document) == nil {
			t.Errorf("%s: nothing is marked", name)
		}
	}
}

// TestEditorsKnowAllFields: each field of the document that this release takes is in the schema, with a description.
func TestEditorsKnowAllFields(t *testing.T) {
	node := readSchema(t, configForm+"document")
	of := reflect.TypeFor[gate.Config]()
	seen := 0
	for i := range of.NumField() {
		name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		part, there := node.Properties[name]
		switch {
		case name == "" || name == "-":
		case !there:
			t.Errorf("field %s: in the schema %v", name, there)
		case there && part.Description == "":
			t.Errorf("field %s: nothing says what it means", name)
		default:
			seen++
		}
	}
	if seen < len(node.Properties) {
		t.Errorf("%d fields, the schema has %d", seen, len(node.Properties))
	}
}
