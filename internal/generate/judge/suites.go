package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/source"
)

// suite is a package and its tests that run the suite of all controls.
type suite struct {
	folder string
	tests  []string
}

// findSuites looks for the tests of all packages that run the suite, themselves or by what they call.
func findSuites(root fs.FS) ([]suite, error) {
	files, err := fs.Glob(root, "*/*_test.go")
	if err != nil {
		return nil, fmt.Errorf("list the tests: %w", err)
	}
	calls := map[string]map[string][]string{} // folder → function → what it calls
	for _, file := range files {
		folder := path.Dir(file)
		if calls[folder] == nil {
			calls[folder] = map[string][]string{}
		}
		if err := readCalls(root, file, calls[folder]); err != nil {
			return nil, err
		}
	}
	var out []suite
	for _, folder := range slices.Sorted(maps.Keys(calls)) {
		s := suite{folder: folder}
		for _, name := range slices.Sorted(maps.Keys(calls[folder])) {
			if strings.HasPrefix(name, "Test") && reaches(calls[folder], name, map[string]bool{}) {
				s.tests = append(s.tests, name)
			}
		}
		if len(s.tests) > 0 {
			out = append(out, s)
		}
	}
	return out, nil
}

// readCalls adds what the functions of a file call.
func readCalls(root fs.FS, file string, calls map[string][]string) error {
	text, err := fs.ReadFile(root, file)
	if err != nil {
		return fmt.Errorf("read tests: %w", err)
	}
	tree, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("parse tests: %w", err)
	}
	for _, d := range tree.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
			calls[f.Name.Name] = source.Mentioned(f)
		}
	}
	return nil
}

// reaches tells that a function runs the suite.
func reaches(calls map[string][]string, name string, seen map[string]bool) bool {
	if name == "playbooktest.Run" || name == "playbooktest.Family" {
		return true
	}
	if seen[name] {
		return false
	}
	seen[name] = true
	return slices.ContainsFunc(calls[name], func(next string) bool { return reaches(calls, next, seen) })
}
