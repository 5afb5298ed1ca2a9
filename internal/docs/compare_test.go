package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestComparisonHasSources: what is said of others names where it stands, and no source is there for nothing.
func TestComparisonHasSources(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "compare.md"))
	if err != nil {
		t.Fatal(err)
	}
	said, sources, _ := strings.Cut(string(page), "\n## Sources\n")
	var named, there []string
	for _, found := range regexp.MustCompile(`\[([A-Z]\d)\]`).FindAllStringSubmatch(said, -1) {
		named = append(named, found[1])
	}
	for _, row := range regexp.MustCompile(`(?m)^\| ([A-Z]\d(?:, [A-Z]\d)*) \|`).FindAllStringSubmatch(sources, -1) {
		there = append(there, strings.Split(row[1], ", ")...)
	}
	slices.Sort(named)
	slices.Sort(there)
	if d := cmp.Diff(there, slices.Compact(named)); d != "" || len(there) < 10 {
		t.Errorf("%d sources (-sources +named):\n%s", len(there), d)
	}
}
