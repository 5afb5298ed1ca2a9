package notify

import (
	"strconv"
	"strings"

	"github.com/salve-security/salve/internal/plain"
)

// Summary renders changes briefly, on one line of at most limit characters: "A: false → true, B added: x".
// Changes that do not fit are counted at the end, never silently left out.
func Summary(changes []Change, limit int) string {
	const reserve = 12 // ", 9999 more"
	var text string
	for i, c := range changes {
		part := c.brief()
		if i > 0 {
			part = ", " + part
		}
		room := limit
		if i < len(changes)-1 {
			room -= reserve
		}
		if plain.Length(text)+plain.Length(part) <= room {
			text += part
			continue
		}
		if i == 0 {
			text, i = plain.Cut(part, room), 1
		}
		if left := len(changes) - i; left > 0 {
			text += ", " + strconv.Itoa(left) + " more"
		}
		break
	}
	return plain.Cut(text, limit)
}

// brief is one change in a few words, and what whoever approves it has to know.
func (c Change) brief() string {
	if c.Lasting == "" {
		return c.move()
	}
	return c.move() + " (" + oneLine(c.Lasting, maxValue) + ")"
}

func (c Change) move() string {
	path, from, to := oneLine(c.Path, maxValue), oneLine(c.From, maxValue), oneLine(c.To, maxValue)
	switch {
	case from == "" && to == "":
		return path
	case from == "":
		return path + " added: " + to
	case to == "":
		return path + " removed: " + from
	}
	return path + ": " + from + " → " + to
}

// cutChanges returns the changes a channel shows and how many it leaves out.
func cutChanges(changes []Change, limit int) ([]Change, int) {
	shown := min(len(changes), limit)
	return changes[:shown], len(changes) - shown
}

// count is a number with its word.
func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}

// shortName is the last part of an ARN, which people know the resource by.
func shortName(resource string) string {
	parts := strings.SplitN(oneLine(resource, maxText), ":", 6)
	return parts[len(parts)-1]
}
