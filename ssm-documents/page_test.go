package ssmdocuments

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

//nolint:gochecknoglobals // flags
var (
	update     = flag.Bool("update", false, "write README.md")
	everyRight = flag.Bool("rights", false, "take every right away, which takes some minutes")
)

// TestThePageOfRunbooks is README.md, from testdata/page.md and what the documents say of themselves.
func TestThePageOfRunbooks(t *testing.T) {
	const file = "README.md"
	frame, err := os.ReadFile(filepath.Join("testdata", "page.md"))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer("<!-- runbooks -->\n", runbooks(t), "<!-- rights -->\n", rights(t)).Replace(string(frame))
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != want {
		t.Errorf("%s is not what the documents say: go test ./ssm-documents -run TestThePage -update (%v)", file, err)
	}
}

// runbooks are the rows of the table of runbooks.
func runbooks(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, d := range all(t) {
		w := read(t, d)
		var parameters, steps []string
		for name := range w.Parameters {
			if name != "AutomationAssumeRole" {
				parameters = append(parameters, "`"+name+"`")
			}
		}
		for _, s := range w.MainSteps {
			if !slices.Contains(w.back(), s.Name) {
				steps = append(steps, s.Name)
			}
		}
		slices.Sort(parameters)
		way, undo := strings.Join(steps, " → "), "–"
		if back := w.back()[1:]; len(back) > 0 {
			way += "; after a failure " + strings.Join(back, ", ")
		}
		if d.Undo != "" {
			undo = "`" + d.Undo + "`"
		}
		controls := strings.Join(d.Controls, ", ")
		if controls == "" {
			controls = "–"
		}
		fmt.Fprintf(&b, "| [`%s`](%s/%s.yaml) | %s | %s | %s | %s | %s | %s | %s |\n", d.Name, d.Service, d.Name, d.Title,
			controls, way, strings.Join(parameters, ", "), d.Wait, undo, d.Proven)
	}
	return b.String()
}

// rights are the rows of the table of families.
func rights(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	families := Families(all(t))
	for _, name := range slices.Sorted(maps.Keys(families)) {
		var rights []string
		for _, p := range families[name] {
			for _, action := range p.Actions {
				if right := p.written(action); !slices.Contains(rights, right) {
					rights = append(rights, right)
				}
			}
		}
		fmt.Fprintf(&b, "| %s | %s |\n", name, strings.Join(rights, ", "))
	}
	return b.String()
}

// written is a right as the page shows it.
func (p Permission) written(action string) string {
	action = "`" + action + "`"
	switch {
	case p.Effect == "Deny":
		return "never " + action + " on `" + strings.Join(p.Resources, "`, `") + "`"
	case p.Unseen:
		return "*" + action + "*"
	case p.OnlyOnFailure:
		return action + " ↩"
	}
	return action
}
