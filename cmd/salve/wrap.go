package main

import (
	"strings"

	"github.com/salve-security/salve/internal/plain"
)

// margin is how far the demo's text is indented under its headings.
const margin = "   "

// width is what a terminal shows without breaking lines.
const width = 96

// prefixLines indents a text and breaks its lines between words. A word that is
// longer than a line, an address mostly, is cut: here it is only looked at.
func prefixLines(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		begin := margin + line[:len(line)-len(strings.TrimLeft(line, " "))]
		room, at := width-len(begin), 0
		if plain.Length(line) <= width-len(margin) {
			b.WriteString(strings.TrimRight(margin+line, " ") + "\n")
			continue
		}
		b.WriteString(begin)
		for _, word := range strings.Fields(line) {
			word = plain.Cut(word, room)
			if at > 0 && at+1+plain.Length(word) > room {
				b.WriteString("\n" + begin)
				at = 0
			}
			if at > 0 {
				b.WriteByte(' ')
				at++
			}
			b.WriteString(word)
			at += plain.Length(word)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
