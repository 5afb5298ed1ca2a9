package source_test

import (
	"go/parser"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/source"
)

func TestMentioned(t *testing.T) {
	tree, err := parser.ParseExpr("kind.Few(all).Text(more)")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"kind.Few", "kind", "Few", "all", "Text", "more"}
	if d := cmp.Diff(want, source.Mentioned(tree)); d != "" {
		t.Error(d)
	}
}
