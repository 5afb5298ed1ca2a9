package docs

import (
	"go/ast"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/source"
)

// own is the mechanism of a control that reads and writes by itself.
const own = "its own read and write"

// mechanisms are what a control is made of, by how its source names it.
func mechanisms() map[string]string {
	return map[string]string{
		"kind.Setting":    "one setting",
		"kind.Attributes": "attributes",
		"kind.Entries":    "entries of a list",
		"kind.Whole":      "replaced as a whole",
		"kind.Ensure":     "what it needs is made first",
		"policydoc.State": "policy document",
		"runbook.Runbook": "runbook",
		"policydoc.Shut":  "policy document",
		"policydoc.Read":  "policy document",
	}
}

// declarations are what the functions, methods and values of a package mention, by their names.
type declarations map[string][]string

// declarationsOf reads those of all files of a package.
func declarationsOf(sources map[string]*ast.File) declarations {
	out := declarations{}
	for _, tree := range sources {
		for _, d := range tree.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				out[d.Name.Name] = append(out[d.Name.Name], source.Mentioned(d)...)
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if v, ok := spec.(*ast.ValueSpec); ok {
						out[v.Names[0].Name] = append(out[v.Names[0].Name], source.Mentioned(v)...)
					}
				}
			}
		}
	}
	return out
}

// functionsOf are the functions and methods of a file.
func functionsOf(tree *ast.File) []string {
	var out []string
	for _, d := range tree.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			out = append(out, f.Name.Name)
		}
	}
	return out
}

// mechanism names what the functions are made of, and whatever of the package they call.
func (d declarations) mechanism(functions []string) string {
	found, seen := map[string]bool{}, map[string]bool{}
	var look func(name string)
	look = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		if called := mechanisms()[name]; called != "" {
			found[called] = true
		}
		for _, next := range d[name] {
			look(next)
		}
	}
	for _, f := range functions {
		look(f)
	}
	if len(found) == 0 {
		return own
	}
	return strings.Join(slices.Clip(sortedKeys(found)), ", ")
}
