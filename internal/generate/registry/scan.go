package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// controlPackage is where the type that playbooks return comes from.
const controlPackage = "github.com/salve-security/salve/internal/control"

// service is a folder of playbooks.
type service struct {
	Folder, Alias, Import string
	Functions             []string // that return controls, sorted
}

// scan finds the playbooks below dir, in the order of their folders.
func scan(dir string) ([]service, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.go"))
	if err != nil {
		return nil, fmt.Errorf("look for playbooks in %s: %w", dir, err)
	}
	slices.Sort(files)
	byFolder := map[string][]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		names, err := playbooks(file)
		if err != nil {
			return nil, err
		}
		folder := filepath.Base(filepath.Dir(file))
		byFolder[folder] = append(byFolder[folder], names...)
	}
	var out []service
	for folder, functions := range byFolder {
		if len(functions) > 0 {
			slices.Sort(functions)
			out = append(out, service{Folder: folder, Alias: alias(folder), Functions: functions})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no playbooks in %s: run it from functions/playbooks", dir)
	}
	slices.SortFunc(out, func(a, b service) int { return strings.Compare(a.Folder, b.Folder) })
	return out, nil
}

// alias is a folder's name without what an identifier cannot have.
func alias(folder string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, folder) + "playbooks"
}

// playbooks returns the names of the exported functions of a file that take nothing and return controls.
func playbooks(file string) ([]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read playbook: %w", err)
	}
	tree, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parse playbook: %w", err)
	}
	local := localName(tree)
	var out []string
	for _, d := range tree.Decls {
		f, ok := d.(*ast.FuncDecl)
		if ok && f.Recv == nil && f.Name.IsExported() && returnsControls(f.Type, local) {
			out = append(out, f.Name.Name)
		}
	}
	return out, nil
}

// localName is what the file calls the package control, "" when it does not import it.
func localName(tree *ast.File) string {
	for _, spec := range tree.Imports {
		if imported, err := strconv.Unquote(spec.Path.Value); err != nil || imported != controlPackage {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return "control"
	}
	return ""
}

// returnsControls goes by the written form, without type checking: playbooks are found even while a package
// does not compile.
func returnsControls(f *ast.FuncType, local string) bool {
	if f.TypeParams != nil || len(f.Params.List) > 0 || f.Results == nil || len(f.Results.List) != 1 {
		return false
	}
	list, ok := f.Results.List[0].Type.(*ast.ArrayType)
	if !ok || list.Len != nil || len(f.Results.List[0].Names) > 1 {
		return false
	}
	element, ok := list.Elt.(*ast.SelectorExpr)
	if !ok || element.Sel.Name != "Control" {
		return false
	}
	pkg, ok := element.X.(*ast.Ident)
	return ok && local != "" && pkg.Name == local
}
