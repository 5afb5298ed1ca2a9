package house_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// ofDecisions are the folders whose tests, and whatever is written for them, are
// about what Salve decides and says: they have controls of their own, not those
// that Salve ships.
func ofDecisions(folder string) bool {
	for _, room := range []string{"internal/engine", "internal/ledger"} {
		if folder == room || strings.HasPrefix(folder, room+"/") {
			return true
		}
	}
	for _, room := range []string{"hub", "notify", "notice", "note", "gate"} {
		if folder == "internal/"+room {
			return true
		}
	}
	return false
}

// withoutLab are the folders of the engine whose tests need no emulators.
func withoutLab(folder string) bool {
	return strings.HasPrefix(folder, "internal/engine") && folder != "internal/engine/labtest"
}

// shipped tells that an import is of the controls or the standards that Salve ships.
func shipped(name string) bool {
	below, ours := strings.CutPrefix(name, module)
	return ours && (below == "playbooks" || strings.HasPrefix(below, "functions/playbook"))
}

// needsLab tells that an import starts emulators; the lab's Security Hub is Go and starts none.
func needsLab(name string) bool {
	below, ours := strings.CutPrefix(name, module)
	return ours && (below == "internal/lab" || strings.HasPrefix(below, "internal/lab/stage"))
}

// ofCommands are the tests of the command line, but for the one look at what is shipped. They may take the forms of
// standards, and never the controls.
func ofCommands(file string) bool {
	return path.Dir(file) == "cmd/salve" && strings.HasSuffix(file, "_test.go") && path.Base(file) != "released_test.go"
}

// wrong is what a file of decisions must not have.
func wrong(file string, parsed *ast.File) []string {
	var out []string
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		below := strings.TrimPrefix(name, module)
		if err == nil && ofCommands(file) && strings.HasPrefix(below, "functions/playbook") {
			out = append(out, file+" imports "+name)
		}
		if err == nil && ofDecisions(path.Dir(file)) && (shipped(name) || withoutLab(path.Dir(file)) && needsLab(name)) {
			out = append(out, file+" imports "+name)
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if at, ok := n.(*ast.IndexExpr); ok && byPosition(at) {
			out = append(out, file+" addresses a control by its position")
		}
		return true
	})
	return out
}

// byPosition tells that the number of a control in a list of controls is written
// out: controls get in between. Lists of controls are what All returns.
func byPosition(at *ast.IndexExpr) bool {
	number, isNumber := at.Index.(*ast.BasicLit)
	call, isCall := at.X.(*ast.CallExpr)
	if !isNumber || !isCall || number.Kind != token.INT {
		return false
	}
	fun, ok := call.Fun.(*ast.SelectorExpr)
	return ok && fun.Sel.Name == "All"
}

// TestDecisionsHaveControlsOfTheirOwn: a control that is added, renamed or moved in its list is no matter of the
// engine's tests, nor of those around it; and but for labtest the engine's need no emulators.
func TestDecisionsHaveControlsOfTheirOwn(t *testing.T) {
	seen := 0
	look := func(file string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, ".go") || !ofDecisions(path.Dir(file)) && !ofCommands(file) {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, 0)
		if err != nil {
			return err
		}
		seen++
		for _, found := range wrong(file, parsed) {
			t.Error(found)
		}
		return nil
	}
	err := errors.Join(fs.WalkDir(os.DirFS(root), "internal", look), fs.WalkDir(os.DirFS(root), "cmd/salve", look))
	if err != nil || seen < 100 {
		t.Fatalf("%d files, %v", seen, err)
	}
}

// TestDecisionsFindWhatIsWrong: the list of all controls, a playbook, the lab, a number.
func TestDecisionsFindWhatIsWrong(t *testing.T) {
	tests := map[string]struct {
		file, text string
		want       int
	}{
		"all controls":   {"internal/gate/x_test.go", `import "` + module + `functions/playbooks"`, 1},
		"a playbook":     {"internal/engine/work/x_test.go", `import "` + module + `functions/playbooks/s3"`, 1},
		"the standards":  {"internal/note/x_test.go", `import "` + module + `playbooks"`, 1},
		"the lab":        {"internal/engine/x_test.go", `import "` + module + `internal/lab/stage/stagetest"`, 1},
		"in its place":   {"internal/engine/labtest/x_test.go", `import "` + module + `internal/lab/stage/stagetest"`, 0},
		"Security Hub":   {"internal/engine/x_test.go", `import "` + module + `internal/lab/securityhub"`, 0},
		"by position":    {"internal/hub/x_test.go", "var c = r.All()[0]", 1},
		"by its name":    {"internal/hub/x_test.go", `var c = r.Get("Store.3")`, 0},
		"another's list": {"internal/hub/x_test.go", "var c = w.Runs()[0]", 0},
		"a command":      {"cmd/salve/x_test.go", `import "` + module + `functions/playbooks"`, 1},
		"its standards":  {"cmd/salve/x_test.go", `import "` + module + `playbooks"`, 0},
		"the release":    {"cmd/salve/released_test.go", `import "` + module + `functions/playbooks"`, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			parsed, err := parser.ParseFile(token.NewFileSet(), tc.file, "package x\n"+tc.text, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got := wrong(tc.file, parsed); len(got) != tc.want {
				t.Errorf("found %q, want %d", got, tc.want)
			}
		})
	}
}
