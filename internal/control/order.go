package control

import (
	"cmp"
	"fmt"
	"strings"
)

// natural compares texts with the numbers in them as numbers: "tcp 9" comes before "tcp 10".
func natural(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		m, n := digits(x), digits(y)
		if m == 0 || n == 0 {
			if x[0] != y[0] {
				return cmp.Compare(x[0], y[0])
			}
			x, y = x[1:], y[1:]
			continue
		}
		p, q := strings.TrimLeft(x[:m], "0"), strings.TrimLeft(y[:n], "0")
		if c := cmp.Or(cmp.Compare(len(p), len(q)), cmp.Compare(p, q)); c != 0 {
			return c
		}
		x, y = x[m:], y[n:]
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(a, b))
}

// digits is how many digits a text begins with.
func digits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }

// Count says how many entries changes add and remove, and how many values they change:
// "43 to add, 1 to remove". Nothing for no changes.
func Count(changes []Change) string {
	var add, remove, change int
	for _, c := range changes {
		switch c.String()[0] {
		case '+':
			add++
		case '-':
			remove++
		default:
			change++
		}
	}
	var parts []string
	for _, part := range []struct {
		n    int
		verb string
	}{{add, "add"}, {remove, "remove"}, {change, "change"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d to %s", part.n, part.verb))
		}
	}
	return strings.Join(parts, ", ")
}
