package docs

import (
	"go/ast"
	"regexp"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/control"
)

// controlID is Security Hub's ids, and those of Salve's own.
var controlID = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9]*\.[1-9][0-9]*|Salve\.[A-Z][A-Za-z0-9]*)$`)

// skipped finds the cases that a test leaves out: an element of a map, or an assignment to one, whose key is a
// case of the suite and whose value is the reason.
func skipped(test ast.Node) []stay {
	var out []stay
	add := func(key, value ast.Expr) {
		s, ok := key.(*ast.SelectorExpr)
		if !ok || !strings.HasPrefix(s.Sel.Name, "Case") {
			return
		}
		one := stay{Path: caseNames()[s.Sel.Name]}
		if one.Why, ok = literal(value); ok && !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	ast.Inspect(test, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			add(n.Key, n.Value)
		case *ast.AssignStmt:
			if index, ok := n.Lhs[0].(*ast.IndexExpr); ok {
				add(index.Index, n.Rhs[0])
			}
		}
		return true
	})
	return out
}

// spare adds the cases that a control cannot have because of what it is about, as the suite leaves them out by itself.
func spare(all []stay, i control.Info) []stay {
	var spared []stay
	if i.OfAccount() {
		spared = append(spared,
			stay{Path: caseNames()["CaseGone"], Why: "an account that reports findings is there"},
			stay{Path: caseNames()["CaseNarrow"], Why: "the resource is the account, and no session reaches another"})
	}
	if i.Removes {
		spared = append(spared,
			stay{caseNames()["CaseDrift"], "nobody can change what is gone, and there is nothing to take back"},
			stay{caseNames()["CaseUnrelated"], "what others changed of the resource goes with it"},
			stay{caseNames()["CaseFacts"], "what was weighed goes with the resource, and what is started weighs it itself"})
	}
	out := slices.Clone(all)
	for _, one := range spared {
		if !slices.ContainsFunc(all, func(said stay) bool { return said.Path == one.Path }) {
			out = append(out, one)
		}
	}
	return out
}

// distinct leaves out what another suite of the control said already.
func distinct(all []stay) []stay {
	var out []stay
	for _, one := range all {
		if !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

// caseNames are the suite's constants. The suite itself is not imported: it brings the lab along.
func caseNames() map[string]string {
	return map[string]string{
		"CaseGone":      "gone",
		"CaseDrift":     "undo after somebody changed it is refused",
		"CaseUnrelated": "undo keeps what others changed",
		"CaseFacts":     "a changed fact is no drift",
		"CaseNarrow":    "session is denied on another resource",
	}
}
