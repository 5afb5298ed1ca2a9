package deploy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// template is a parsed template: short intrinsics such as !Ref are in their long form, {"Ref": …}.
type template = map[string]any

func parse(t *testing.T, text string) template {
	t.Helper()
	file, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		t.Fatalf("parse template: %v", err)
	}
	if len(file.Docs) != 1 {
		t.Fatalf("template has %d documents, want 1", len(file.Docs))
	}
	tree, ok := value(t, file.Docs[0].Body).(map[string]any)
	if !ok {
		t.Fatal("template is not a map")
	}
	return tree
}

// value converts a node; a kind of YAML that the templates do not use stops the test.
func value(t *testing.T, node ast.Node) any {
	t.Helper()
	switch n := node.(type) {
	case *ast.MappingNode:
		out := map[string]any{}
		for _, pair := range n.Values {
			key := strings.Trim(pair.Key.String(), `"`)
			if _, twice := out[key]; twice {
				t.Fatalf("key %s appears twice", key)
			}
			out[key] = value(t, pair.Value)
		}
		return out
	case *ast.MappingValueNode:
		return map[string]any{strings.Trim(n.Key.String(), `"`): value(t, n.Value)}
	case *ast.SequenceNode:
		out := make([]any, 0, len(n.Values))
		for _, item := range n.Values {
			out = append(out, value(t, item))
		}
		return out
	case *ast.TagNode:
		return intrinsic(n.Start.Value, value(t, n.Value))
	case *ast.LiteralNode:
		return strings.TrimRight(n.Value.Value, "\n")
	case ast.ScalarNode:
		return scalar(n)
	}
	t.Fatalf("unexpected YAML %T: %s", node, node)
	return nil
}

// scalar gives numbers the type that JSON gives them, so that trees compare.
func scalar(n ast.ScalarNode) any {
	switch v := n.GetValue().(type) {
	case uint64:
		return float64(v)
	case int64:
		return float64(v)
	default:
		return v
	}
}

func intrinsic(tag string, v any) any {
	name := strings.TrimPrefix(tag, "!")
	switch name {
	case "Ref", "Condition":
		return map[string]any{name: v}
	case "GetAtt":
		if s, ok := v.(string); ok {
			resource, attribute, _ := strings.Cut(s, ".")
			v = []any{resource, attribute}
		}
	}
	return map[string]any{"Fn::" + name: v}
}

// at follows a path of keys and fails where one is missing.
func at(t *testing.T, tree any, path ...string) any {
	t.Helper()
	for i, key := range path {
		m, ok := tree.(map[string]any)
		if !ok {
			t.Fatalf("%s is not a map", strings.Join(path[:i], "."))
		}
		if tree, ok = m[key]; !ok {
			t.Fatalf("no %s", strings.Join(path[:i+1], "."))
		}
	}
	return tree
}

func object(t *testing.T, tree any, path ...string) map[string]any {
	t.Helper()
	m, ok := at(t, tree, path...).(map[string]any)
	if !ok {
		t.Fatalf("%s is not a map", strings.Join(path, "."))
	}
	return m
}

// texts takes what IAM takes: one text, or a list.
func texts(t *testing.T, v any) []string {
	t.Helper()
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return []string{v}
	case []any:
		out := make([]string, 0, len(v))
		for _, item := range v {
			out = append(out, texts(t, item)...)
		}
		return out
	}
	t.Fatalf("want texts, got %v", v)
	return nil
}

func unmarshal(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}
