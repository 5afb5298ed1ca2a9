package notice

import "strings"

// briefs are changes in a few words each. Why undo will not restore one is said once: a plan may have twenty of
// a kind, and the reason is longer than the change.
func briefs(changes []Change) []string {
	said := map[string]bool{}
	lines := make([]string, len(changes))
	for i, c := range changes {
		kind, _, reasoned := strings.Cut(c.Lasting, ": ")
		if reasoned && said[c.Lasting] {
			c.Lasting = kind + ", same reason"
		} else {
			said[c.Lasting] = true
		}
		lines[i] = c.brief()
	}
	return lines
}

// brief is one change in a few words, and what whoever approves it has to know.
func (c Change) brief() string {
	if c.Lasting == "" {
		return oneLine(c.Move, maxMove)
	}
	return oneLine(c.Move, maxMove) + " (" + oneLine(c.Lasting, maxValue) + ")"
}

// cutChanges returns the changes a channel shows and how many it leaves out.
func cutChanges(changes []Change, limit int) ([]Change, int) {
	shown := min(len(changes), limit)
	return changes[:shown], len(changes) - shown
}
