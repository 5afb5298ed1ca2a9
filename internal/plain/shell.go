package plain

import (
	"regexp"
	"strings"
	"unicode"
)

// Shell returns s as one word of a shell command: as it is where no character of it means anything to a
// shell, else in single quotes. What does not show is left out, so that nobody pastes what he cannot see.
func Shell(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return -1
	}, strings.ToValidUTF8(s, ""))
	if regexp.MustCompile(`^[A-Za-z0-9:/._@+=,-]+$`).MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Command returns words, of which some may come from strangers, as a command that people can paste. It is
// false where a line of text cannot show one of the words whole: the command would be about something else.
func Command(words ...string) (string, bool) {
	whole := true
	quoted := make([]string, 0, len(words))
	for _, word := range words {
		whole = whole && Line(word) == word
		quoted = append(quoted, Shell(word))
	}
	return strings.Join(quoted, " "), whole
}

// Whole returns shown, which is how text can be shown somewhere, unless a command in text was cut or changed
// by that: half a command is another command. Then it returns instead.
func Whole(text, shown, instead string) string {
	if shown != text && strings.Contains(text, program) {
		return instead
	}
	return shown
}

// program is what commands begin with.
const program = "salve "
