package notice

import (
	"regexp"
	"strings"

	"github.com/salve-security/salve/internal/plain"
)

// This file makes texts of strangers safe, once per sink. Each function cuts after it has escaped, so
// that no escape is cut in two.

// Limits keep what a channel shows readable; Message sees to the 262,144 bytes of SNS. A test floods both.
const (
	maxText    = 300 // a sentence or a name in any channel
	maxName    = 512 // a name that must be whole to be of use to a program
	maxValue   = 120 // a value
	maxMove    = 280 // a change
	maxEffect  = 240 // a sentence that another one follows
	maxStays   = 200 // why undo leaves a change
	maxSubject = 99  // SNS: fewer than 100, ASCII
	maxChanges = 30
	maxEntries = 40
)

// oneLine is the treatment all sinks share: visible characters on one line.
func oneLine(s string, limit int) string { return plain.Short(s, limit) }

// subjectText makes s the subject of an email: ASCII, no line break, at most 99 characters, and
// beginning with a letter, as SNS asks.
func subjectText(s string) string {
	ascii := strings.Map(func(r rune) rune {
		switch {
		case r == '→':
			return '>'
		case r < ' ', r > '~':
			return '?'
		}
		return r
	}, plain.Line(s))
	if len(ascii) > maxSubject {
		ascii = strings.TrimRight(ascii[:maxSubject-3], " ") + "..."
	}
	return ascii
}

// mailText makes s safe in a plain text mail: one line, and nothing a mail program turns into a link.
func mailText(s string) string {
	return plain.Cut(noLinks(plain.Line(s)), maxText)
}

// noLinks breaks what programs turn into links, but for AWS's own documentation.
func noLinks(s string) string {
	const manual = "https://docs.aws.amazon.com/"
	s = strings.NewReplacer("://", "[:]//", "www.", "www[.]").Replace(s)
	return strings.ReplaceAll(s, strings.Replace(manual, "://", "[:]//", 1), manual)
}

// chatText makes s safe where a chat reads markdown. Slack, Teams and Amazon Q differ in what a backslash
// or an entity means, so nothing is escaped: what could mean something gives way to a lookalike.
func chatText(s string, limit int) string {
	s = noLinks(chatMention(plain.Line(s)))
	s = strings.NewReplacer(
		"<", "‹", ">", "›", "&", "＆", "`", "ˋ", "*", "∗", "_", "＿", "~", "∼", "[", "［", "]", "］", "|", "∣",
		"#", "＃", "!", "ǃ", `\`, "＼",
	).Replace(s)
	return plain.Cut(s, limit)
}

// chatCode is s as inline code, for names people copy. What ends the code or makes a mention is replaced.
func chatCode(s string, limit int) string {
	s = strings.NewReplacer("<", "‹", ">", "›", "&", "＆", "`", "ˋ").Replace(chatMention(plain.Line(s)))
	if s == "" {
		return ""
	}
	return "`" + plain.Cut(s, limit) + "`"
}

// chatMention disarms the mentions that wake everybody.
func chatMention(s string) string {
	return regexp.MustCompile(`(?i)@(channel|here|everyone|all|team|general)\b`).ReplaceAllString(s, "＠$1")
}

// jsonText makes s fit for programs. JSON encodes the rest.
func jsonText(s string) string { return plain.Short(s, maxText) }

// jsonName is jsonText for ids and ARNs, which are of no use when cut.
func jsonName(s string) string { return plain.Short(s, maxName) }

// attributeText makes s a value that filter policies can match: no spaces, nothing but ASCII.
func attributeText(s string) string {
	ascii := strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, s)
	return plain.Cut(ascii, maxValue)
}
