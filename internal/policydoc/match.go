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

// meets tells that some text matches both a pattern and a kind, which is a text
// that may end in a *.
func meets(pattern, kind string) bool {
	begin, open := strings.CutSuffix(kind, "*")
	if !open {
		return covers(pattern, kind)
	}
	// A part of the pattern has to match the beginning. Whatever its rest is, some
	// text matches that.
	taken := 0
	for i, letter := range pattern + " " {
		if covers(pattern[:i], begin) {
			return true
		}
		if letter != '*' {
			taken++
		}
		if taken > len(begin) {
			return false
		}
	}
	return false
}

// actionOf tells that a pattern of an action matches the action, whatever the capitals.
func actionOf(pattern, action string) bool {
	return covers(strings.ToLower(pattern), strings.ToLower(action))
}
