package policydoc

import "strings"

// covers tells that a pattern matches all that another one does, as IAM matches: *
// stands for any text, also across slashes and colons, ? for one character. It may
// say no where the answer is yes, for patterns that take thought, and never yes
// where it is no. For a text without wildcards it is a match. Capitals count.
func covers(pattern, other string) bool {
	p, o := []rune(pattern), []rune(other)
	star, from, i := -1, 0, 0 // the last * and what it has taken so far
	for j := 0; j < len(o); {
		switch {
		case i < len(p) && p[i] == '*':
			star, from = i, j
			i++
		case i < len(p) && (p[i] == o[j] || p[i] == '?' && o[j] != '*'):
			i, j = i+1, j+1
		case star >= 0: // let the last * take one more
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(string(p[i:]), "*") == ""
}

// meets tells that some text matches both patterns.
func meets(a, b string) bool {
	p, q := []rune(a), []rune(b)
	// from is, by how much of p is left, whether its rest and that of q meet: first
	// of q's end, then of one character more each time.
	from := make([]bool, len(p)+1)
	for j := len(q); j >= 0; j-- {
		next := make([]bool, len(p)+1)
		for i := len(p); i >= 0; i-- {
			switch {
			case i == len(p) && j == len(q):
				next[i] = true
			case i < len(p) && p[i] == '*':
				next[i] = next[i+1] || j < len(q) && from[i]
			case j < len(q) && q[j] == '*':
				next[i] = from[i] || i < len(p) && next[i+1]
			case i < len(p) && j < len(q):
				next[i] = (p[i] == q[j] || p[i] == '?' || q[j] == '?') && from[i+1]
			}
		}
		from = next
	}
	return from[0]
}

// actionOf tells that a pattern of an action matches the action, whatever the capitals.
func actionOf(pattern, action string) bool {
	return covers(strings.ToLower(pattern), strings.ToLower(action))
}
