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

// actionOf tells that a pattern of an action matches the action, whatever the capitals.
func actionOf(pattern, action string) bool {
	return covers(strings.ToLower(pattern), strings.ToLower(action))
}
