package docs

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/salve-security/salve/internal/ran"
)

// proof is where a control is written and what its tests ran on.
type proof struct {
	Package string   // its folder in functions/playbooks
	Source  string   // its file in that folder
	Suites  []string // tests that run the suite of all controls in the lab
	StandIn []string // files of tests in which calls are answered in the place of AWS
	Served  bool     // the suites run with stand-ins beside the emulators
	Skipped []stay   // cases of the suite that the control cannot have, with the reason
	On      []string // what played AWS for the suites where it was not the lab alone, as their record has it
	Shown   []shown  // cases that another control shows for this one

	Mechanism string // how it changes what it changes
}

// readProofs finds the proofs of all controls by the id in their source, and in the record of each package what its
// tests ran; without a record, the source of the tests has to do. A control whose file is not found has an empty one.
func readProofs(root fs.FS) (map[string]proof, error) {
	folders, err := fs.ReadDir(root, ".")
	if err != nil {
		return nil, fmt.Errorf("read the playbooks: %w", err)
	}
	out := map[string]proof{}
	for _, folder := range folders {
		if !folder.IsDir() {
			continue
		}
		if err := readPackage(root, folder.Name(), out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func readPackage(root fs.FS, folder string, out map[string]proof) error {
	names, err := fs.Glob(root, path.Join(folder, "*.go"))
	if err != nil {
		return fmt.Errorf("list %s: %w", folder, err)
	}
	sources, tests, err := trees(root, names)
	if err != nil {
		return err
	}
	record, _, err := ran.Read(root, folder)
	if err != nil {
		return err
	}
	made := declarationsOf(sources)
	var all []string
	for _, name := range sortedKeys(sources) {
		all = append(all, exported(sources[name])...)
	}
	for _, name := range sortedKeys(sources) {
		functions := exported(sources[name])
		if len(functions) == 0 { // a row of a family whose table is in another file
			functions = all
		}
		for _, id := range ids(sources[name]) {
			if _, known := out[id]; !known || len(exported(sources[name])) > 0 {
				p := prove(folder, name, functions, tests).recorded(record, id, tests)
				p.Mechanism = made.mechanism(functionsOf(sources[name]))
				out[id] = p
			}
		}
	}
	return nil
}

// trees are the files of a package by their names, those of its tests apart.
func trees(root fs.FS, names []string) (sources, tests map[string]*ast.File, err error) {
	sources, tests = map[string]*ast.File{}, map[string]*ast.File{}
	for _, name := range names {
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return nil, nil, fmt.Errorf("read playbook: %w", err)
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, nil, fmt.Errorf("parse playbook: %w", err)
		}
		if strings.HasSuffix(name, "_test.go") {
			tests[path.Base(name)] = tree
		} else {
			sources[path.Base(name)] = tree
		}
	}
	return sources, tests, nil
}

// prove looks for the tests that take their control from one of the functions.
func prove(folder, source string, functions []string, tests map[string]*ast.File) proof {
	p := proof{Package: folder, Source: source}
	for _, name := range sortedKeys(tests) {
		tree := tests[name]
		if !slices.ContainsFunc(functions, func(f string) bool { return uses(tree, "playbook", f) }) {
			continue
		}
		if slices.ContainsFunc(standIns(), func(name string) bool { return uses(tree, "playbooktest", name) }) {
			p.StandIn = append(p.StandIn, name)
		}
		for _, d := range tree.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && strings.HasPrefix(f.Name.Name, "Test") && runsSuite(f) {
				p.Suites = append(p.Suites, f.Name.Name)
				p.Skipped = append(p.Skipped, skipped(f)...)
				p.Served = p.Served || uses(f, "playbooktest", "Serving")
			}
		}
	}
	p.Skipped = distinct(p.Skipped)
	return p
}

// runsSuite tells that a test runs the suite of all controls.
func runsSuite(test ast.Node) bool {
	return uses(test, "playbooktest", "Run") || uses(test, "playbooktest", "Family")
}

// standIns are the suite's helpers that answer in the place of AWS. The suite itself is not imported: it brings the
// lab along.
func standIns() []string { return []string{"StandIn", "Answers", "Unanswered"} }

// exported are the functions a registry would call: they take nothing and return controls.
func exported(tree *ast.File) []string {
	var out []string
	for _, d := range tree.Decls {
		f, ok := d.(*ast.FuncDecl)
		if ok && f.Recv == nil && f.Name.IsExported() && f.Type.Params.NumFields() == 0 && f.Type.Results.NumFields() == 1 {
			out = append(out, f.Name.Name)
		}
	}
	return out
}

// ids are the texts of a file that look like a control.
func ids(tree ast.Node) []string {
	var out []string
	ast.Inspect(tree, func(n ast.Node) bool {
		if text, ok := literal(n); ok && controlID.MatchString(text) && !slices.Contains(out, text) {
			out = append(out, text)
		}
		return true
	})
	return out
}

// uses tells whether the code mentions a name of a package.
func uses(tree ast.Node, pkg, name string) bool {
	found := false
	ast.Inspect(tree, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if ok && s.Sel.Name == name {
			x, ok := s.X.(*ast.Ident)
			found = found || ok && x.Name == pkg
		}
		return true
	})
	return found
}

func literal(n ast.Node) (string, bool) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}
