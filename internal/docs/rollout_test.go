package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
)

// TestFirstTenControls: those that the guide begins with do no harm, ask for nothing and can be taken back whole. The
// command and the table are about the same.
func TestFirstTenControls(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "rollout.md"))
	if err != nil {
		t.Fatal(err)
	}
	loop := regexp.MustCompile(`(?m)^for control in (.*); do$`).FindSubmatch(page)
	if loop == nil {
		t.Fatal("the guide switches nothing on")
	}
	var listed []string
	for _, row := range regexp.MustCompile(`(?m)^\| \[(\S+)\]\(controls/(\S+)\.md\) \|`).FindAllSubmatch(page, -1) {
		if listed = append(listed, string(row[1])); string(row[1]) != string(row[2]) {
			t.Errorf("%s links to %s", row[1], row[2])
		}
	}
	first := strings.Fields(string(loop[1]))
	if d := cmp.Diff(first, listed); d != "" || len(slices.Compact(slices.Sorted(slices.Values(first)))) != 10 {
		t.Errorf("%d controls; the table (-command +table):\n%s", len(first), d)
	}
	registry := sources(t).Controls
	for _, id := range first {
		c, ok := registry.Get(id)
		if !ok || c.ID != id {
			t.Errorf("there is no control %s", id)
			continue
		}
		harmless(t, c)
	}
}

func harmless(t *testing.T, c control.Control) {
	t.Helper()
	if c.Impact != control.ImpactNone || len(c.OneWay) > 0 || c.Role != control.RoleRemediation {
		t.Errorf("%s: impact %v, one way %v, role %v", c.ID, c.Impact, c.OneWay, c.Role)
	}
	for _, p := range c.Params {
		if p.Default == nil || p.Default == "" {
			t.Errorf("%s asks for %s", c.ID, p.Name)
		}
	}
}
