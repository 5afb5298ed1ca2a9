package plain

import "strings"

// maxEdits is how far a word may be from what was meant: further off a guess is as good as any.
const maxEdits = 2

// Nearest returns the name that is nearest to a misspelt word, in any case of letters, and how many letters to
// insert, delete or replace lie between them. It is "" where none is near.
func Nearest(word string, names []string) (name string, distance int) {
	distance = maxEdits + 1
	for _, n := range names {
		if d := edits(strings.ToLower(word), strings.ToLower(n)); d < distance {
			name, distance = n, d
		}
	}
	return name, distance
}

// edits counts the letters to insert, delete or replace between two words.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
