package notice

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
	for i, part := range briefs(changes) {
		part = strings.TrimPrefix(part, "~ ")
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

// shortName is the last part of an ARN, which people know the resource by. An account is no ARN, and where it is
// named already it needs no second name.
func shortName(n Notice) string {
	if n.Account != "" && n.Resource == "AWS::::Account:"+n.Account {
		return ""
	}
	parts := strings.SplitN(oneLine(n.Resource, maxText), ":", 6)
	return parts[len(parts)-1]
}
