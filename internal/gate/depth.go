package gate

import "bytes"

// maxDepth is far more than any document needs. The parser's time grows with the square of it.
const maxDepth = 64

// tooDeep is the first line with more open lists and maps than any document needs; 0 if there is none. It looks
// at characters, quoted or not: a text with that many of them is none that people wrote.
func tooDeep(document []byte) int {
	number, depth := 0, 0
	for line := range bytes.Lines(document) {
		number++
		if bytes.Count(line, []byte("- ")) > maxDepth || bytes.Count(line, []byte("? ")) > maxDepth {
			return number
		}
		for _, c := range line {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(0, depth-1)
			}
			if depth > maxDepth {
				return number
			}
		}
	}
	return 0
}
