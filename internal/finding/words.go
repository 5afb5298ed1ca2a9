package finding

import (
	"strings"

	"github.com/salve-security/salve/internal/names"
)

// What a person had written stands between them, at the beginning of a note of ours.
const (
	QuoteHead = `Note before: "`
	QuoteTail = `" `
)

// Words is what a person wrote on a finding: its note, or what a note of ours quotes, which the next one takes the
// place of.
func Words(updatedBy, text string) string {
	if !names.Ours(updatedBy) {
		return text
	}
	rest, quotes := strings.CutPrefix(text, QuoteHead)
	words, _, ends := strings.Cut(rest, QuoteTail)
	if !quotes || !ends {
		return ""
	}
	return words
}
