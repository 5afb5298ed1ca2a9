package main

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/salve-security/salve/internal/plain"
)

// margin is how far the demo's text is indented under its headings.
const margin = "   "

const (
	piped = 96  // how wide prose is where nobody knows how wide it may be
	wide  = 100 // longer lines are hard to read
)

// proseWidth is how wide prose may be.
func (a *app) proseWidth() int {
	if a.columns == 0 {
		return piped
	}
	return min(a.columns, wide)
}

// prefixLines indents a text and breaks its lines between words.
func prefixLines(text string, width int) string {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		begin := margin + line[:len(line)-len(strings.TrimLeft(line, " "))]
		if plain.Length(line) <= width-len(margin) {
			b.WriteString(strings.TrimRight(margin+line, " ") + "\n")
			continue
		}
		for _, part := range wrapWords(line, width-len(begin)) {
			b.WriteString(begin + part + "\n")
		}
	}
	return b.String()
}

// wrapWords breaks a text between words into lines; at least one. A word that is longer than a line, an address mostly,
// is broken where the line ends.
func wrapWords(s string, width int) []string {
	width = max(width, 1)
	var lines []string
	line, at := "", 0
	for _, word := range strings.Fields(s) {
		size := text.StringWidthWithoutEscSequences(word)
		if at > 0 && at+1+size > width {
			lines, line, at = append(lines, line), "", 0
		}
		if at > 0 {
			line, at = line+" ", at+1
		}
		for size > width {
			head := headOf(word, width)
			lines, word = append(lines, head), word[len(head):]
			size = text.StringWidthWithoutEscSequences(word)
		}
		line, at = line+word, at+size
	}
	return append(lines, line)
}

// headOf is as much of a word as fits, one character at least.
func headOf(word string, width int) string {
	at := 0
	for i, r := range word {
		if at += text.RuneWidth(r); at > width && i > 0 {
			return word[:i]
		}
	}
	return word
}
