package main

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Measures of the picture, in pixels.
const (
	glyph   = 8.4 // width of a character
	leading = 20  // height of a line
	pad     = 18  // around the text
	bar     = 30  // the window's title
)

// escape is a sequence that changes the colour of what follows.
var escape = regexp.MustCompile(`\x1b\[(\d+)m`)

// words are what stands between columns, which two spaces part.
var words = regexp.MustCompile(`\S+(?: \S+)*`)

// class is the style of what follows a sequence; none is plain.
func class(code string) string {
	return map[string]string{"1": "b", "31": "r", "32": "g", "33": "y"}[code]
}

// The background is the picture's own, so that it reads the same on a light page and on a dark one.
const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">
<title>What make demo prints, shortened</title>
<style>
text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:14px;fill:#d1d7e0}
.b{fill:#ffffff;font-weight:bold}.r{fill:#ff9492}.g{fill:#6bc46d}.y{fill:#e0b252}
</style>
<rect x=".5" y=".5" width="%d" height="%d" rx="8" fill="#151b23" stroke="#59636e"/>
<circle cx="20" cy="16" r="5" fill="#59636e"/><circle cx="38" cy="16" r="5" fill="#59636e"/>` +
	`<circle cx="56" cy="16" r="5" fill="#59636e"/>
`

// draw is a terminal's window with the lines in it.
func draw(lines []string, columns int) string {
	wide, high := int(float64(columns)*glyph)+2*pad, bar+len(lines)*leading+pad
	var b strings.Builder
	fmt.Fprintf(&b, head, wide, high, wide, high, wide-1, high-1)
	for i, line := range lines {
		b.WriteString(pieces(line, bar+i*leading+leading/2+4))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// pieces are the parts of a line. Each says where it begins and how long it is: whatever font there is, columns stay
// columns.
func pieces(line string, y int) string {
	var b strings.Builder
	style, at := "", 0
	write := func(text string) {
		for _, part := range words.FindAllStringIndex(text, -1) {
			begin, shown := at+utf8.RuneCountInString(text[:part[0]]), text[part[0]:part[1]]
			attribute := ""
			if style != "" {
				attribute = fmt.Sprintf(" class=%q", style)
			}
			fmt.Fprintf(&b, "<text x=\"%.1f\" y=\"%d\" textLength=\"%.1f\"%s>%s</text>\n", pad+float64(begin)*glyph, y,
				float64(utf8.RuneCountInString(shown))*glyph, attribute, html.EscapeString(shown))
		}
		at += utf8.RuneCountInString(text)
	}
	for {
		next := escape.FindStringSubmatchIndex(line)
		if next == nil {
			write(line)
			return b.String()
		}
		write(line[:next[0]])
		style, line = class(line[next[2]:next[3]]), line[next[1]:]
	}
}
