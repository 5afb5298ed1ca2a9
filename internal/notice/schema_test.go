package notice_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/outcome"
)

// schema returns a check of a text against the published schema.
func schema(t *testing.T) func(*testing.T, string) {
	t.Helper()
	raw, err := os.ReadFile("../../docs/schema/notice-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("notice.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("notice.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T, text string) {
		t.Helper()
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(value); err != nil {
			t.Errorf("%v in %.300s", err, text)
		}
	}
}

func TestMachineFollowsTheSchema(t *testing.T) {
	check := schema(t)
	for name, n := range story() {
		t.Run(name, func(t *testing.T) {
			text, err := notice.Machine(n)
			if err != nil {
				t.Fatal(err)
			}
			check(t, text)
		})
	}
}

func TestSchemaNamesEveryKind(t *testing.T) {
	raw, err := os.ReadFile("../../docs/schema/notice-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Properties struct {
			Kind struct{ Enum []notice.Kind }
		}
	}
	if err := json.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	published := map[notice.Kind]bool{}
	for _, kind := range document.Properties.Kind.Enum {
		published[kind] = true
	}
	for _, row := range outcome.Rows() {
		if row.Kind != "" && !published[notice.Kind(row.Kind)] {
			t.Errorf("the schema has no kind %q, which %s is told as", row.Kind, row.Outcome)
		}
	}
	told := map[notice.Kind]bool{}
	for name, n := range story() {
		told[n.Kind] = true
		if !published[n.Kind] {
			t.Errorf("%s: the schema has no kind %q", name, n.Kind)
		}
	}
	if len(published) != len(told) {
		t.Errorf("%d kinds in the schema, %d have a story here", len(published), len(told))
	}
}
