package note

import (
	"strings"

	"github.com/salve-security/salve/internal/plain"
)

// Asking is a note that says at its end whom to ask, where the whole of that has room behind the whole of the rest.
func Asking(text, contact string) string {
	if text == "" || plain.Line(contact) == "" {
		return text
	}
	before := separator
	if strings.HasSuffix(text, ".") { // nothing that people copy
		before = " "
	}
	if asked := text + before + "Questions: " + plain.Line(contact); plain.Length(asked) <= Limit {
		return asked
	}
	return text
}
