package note_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/note"
)

// TestAsking: whom to ask stands at the end of a note as a whole, or not at all: nothing gives way to it.
func TestAsking(t *testing.T) {
	const contact = "security@example.org"
	for name, tc := range map[string]struct{ text, contact, want string }{
		"a command": {
			"Fixed. Undo: salve undo r1 --yes", contact, "Fixed. Undo: salve undo r1 --yes | Questions: " + contact,
		},
		"a sentence": {"It is off.", contact, "It is off. Questions: " + contact},
		"nobody":     {"It is off.", "", "It is off."},
		"nothing":    {"", contact, ""},
		"hostile":    {"It is off.", "a\n\u202eb", "It is off. Questions: a b"},
		"just fits":  {strings.Repeat("x", 478) + ".", contact, strings.Repeat("x", 478) + ". Questions: " + contact},
		"no room":    {strings.Repeat("x", 480) + ".", contact, strings.Repeat("x", 480) + "."},
	} {
		t.Run(name, func(t *testing.T) {
			if got := note.Asking(tc.text, tc.contact); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}
