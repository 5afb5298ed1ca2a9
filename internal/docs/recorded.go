package docs

import (
	"go/ast"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/ran"
)

// shown are cases that did not run for a control, because another one of its family shows them.
type shown struct {
	By    string
	Cases []string
}

// theLab is what every suite runs on that says nothing else.
const theLab = "the lab"

// recorded is the proof with what the tests wrote down in the place of what their source looks like. A package, or a
// control of it, that nothing is written down of stays as it is.
func (p proof) recorded(all ran.Record, id string, tests map[string]*ast.File) proof {
	of, there := all[id]
	if !there {
		return p
	}
	p.Suites, p.Skipped, p.Served, p.On, p.Shown = nil, nil, false, nil, nil
	by := map[string][]string{}
	for _, name := range sortedKeys(of.Suites) {
		suite := of.Suites[name]
		test, _, _ := strings.Cut(name, "/")
		p.Suites = append(p.Suites, test)
		if suite.On != theLab {
			p.On = append(p.On, suite.On)
		}
		for _, c := range sortedKeys(suite.Left) {
			p.Skipped = append(p.Skipped, stay{Path: c, Why: suite.Left[c]})
		}
		for first, cases := range suite.Shown {
			by[first] = append(by[first], cases...)
		}
	}
	p.Suites, p.On, p.Skipped = once(p.Suites), once(p.On), distinct(p.Skipped)
	for _, first := range sortedKeys(by) {
		p.Shown = append(p.Shown, shown{By: first, Cases: once(by[first])})
	}
	// Beside those that the source names: a stand-in that a test adds by hand is not recorded.
	for _, test := range of.Answered {
		p.StandIn = append(p.StandIn, fileOf(test, tests))
	}
	p.StandIn = once(p.StandIn)
	return p
}

// once is a list sorted, with everything in it once.
func once(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// fileOf is the file of a test; its own name where there is no such test any more, which no link then leads to.
func fileOf(test string, tests map[string]*ast.File) string {
	for _, name := range sortedKeys(tests) {
		for _, d := range tests[name].Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == test {
				return name
			}
		}
	}
	return test
}
