package notice

import (
	"strings"

	"github.com/salve-security/salve/internal/plain"
)

// This file shows what people may paste into a shell. What makes other texts safe may cut and change them: a
// command that does not come through as it is gives way to the one that tells all about the run.

// show is the command that tells all about the notice's run, or nothing.
func show(n Notice) string {
	if n.RunID == "" {
		return ""
	}
	return "salve show " + n.RunID
}

func mailCommand(n Notice, text string) string {
	return plain.Whole(text, mailText(text), mailText(show(n)))
}

func jsonCommand(n Notice, text string) string {
	return plain.Whole(text, jsonText(text), jsonText(show(n)))
}

// chatCommand is code where the text is a command as a whole: as text, a chat reads the signs in it.
func chatCommand(n Notice, text string) string {
	instead := chatCode(show(n), maxText)
	if !strings.HasPrefix(text, "salve ") {
		return plain.Whole(text, chatText(text, maxText), instead)
	}
	code := chatCode(text, maxText)
	if code != "`"+text+"`" {
		return instead
	}
	return code
}
