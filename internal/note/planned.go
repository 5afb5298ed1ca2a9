package note

import (
	"fmt"
	"strings"

	"github.com/salve-security/salve/internal/plain"
)

// planned says what would change, in at most so many characters: as many changes as there is room for, each of them
// whole, and how many more there are.
func planned(o Outcome, room int) string {
	if len(o.List) == 0 {
		return ""
	}
	head := "Salve would fix " + o.Control + label(", plan ", o.Plan) + ", and has changed nothing." + follow(o.Reason) +
		starting(o) + went(o)
	for n := len(o.List); n > 0; n-- {
		text := head + " It would change: " + strings.Join(o.List[:n], ", ")
		if more := len(o.List) - n; more > 0 {
			text += fmt.Sprintf(", and %d more", more)
		}
		if text = stop(text); plain.Length(text) <= room {
			return text
		}
	}
	// Not even the first one fits: a cut takes its end.
	if len(o.List) == 1 {
		return head + " It would change" + colon(o.List[0])
	}
	return head + fmt.Sprintf(" It would make %d changes, such as", len(o.List)) + colon(o.List[0])
}
