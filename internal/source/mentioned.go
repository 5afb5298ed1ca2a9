// Package source reads Go source for what is generated from it.
package source

import "go/ast"

// Mentioned are the names in a declaration, each as often as it stands there; those of other packages with theirs too:
// "kind.Few", and "kind" and "Few".
func Mentioned(n ast.Node) []string {
	var out []string
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok {
				out = append(out, x.Name+"."+n.Sel.Name)
			}
		case *ast.Ident:
			out = append(out, n.Name)
		}
		return true
	})
	return out
}
