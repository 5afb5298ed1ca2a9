// Package plain makes text of strangers fit to be shown: names, tags and messages that somebody in a
// member account chose, and that end in notes, mails, chats, logs and terminals.
package plain

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Ellipsis ends a text that was cut.
const Ellipsis = "…"

// Line returns s as one line of visible text. Control characters, terminal escapes, invisible format
// characters (bidirectional overrides, zero-width, tags) and private or broken code points disappear;
// runs of white space, line breaks among them, become one space.
func Line(s string) string {
	visible := strings.Map(func(r rune) rune {
		switch {
		case r > ' ' && r < 0x7f: // nearly all there is, without a look at the tables
			return r
		case unicode.IsSpace(r):
			return ' '
		case r == unicode.ReplacementChar, unicode.In(r, unicode.C):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(visible), " ")
}

// Length counts s in UTF-16 units. AWS documents "characters" and means units in some services and code
// points in others; there are never more points than units, so a text measured here fits both.
func Length(s string) int {
	n := 0
	for _, r := range s {
		n += width(r)
	}
	return n
}

// Cut shortens s to limit units as Length counts them, between code points, and marks that it did.
func Cut(s string, limit int) string {
	if limit <= 0 {
		return ""
	}
	// No unit is longer than three bytes and none shorter than one: most texts need no count.
	if len(s) <= limit || Length(s) <= limit {
		return s
	}
	units := Length(Ellipsis)
	for i, r := range s {
		if units += width(r); units > limit {
			return strings.TrimRight(s[:i], " ") + Ellipsis
		}
	}
	return s
}

// Short is Line and Cut in one step, the usual treatment of a name.
func Short(s string, limit int) string {
	return Cut(Line(s), limit)
}

// width is the number of units of one code point; a broken byte counts as one.
func width(r rune) int {
	if n := utf16.RuneLen(r); n > 0 {
		return n
	}
	return 1
}

// Count is a number of things: 1 account, 2 accounts.
func Count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}
