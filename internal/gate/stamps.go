package gate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Unread is the stamp of work that waits because how much of a limit was used cannot be read: no push ends that, and it
// looks again by itself.
const Unread = "unread"

// Timetable is a stamp of what of the document says when something may happen. Work that waits for a window, for a
// calendar, or for the end of a freeze looks again once it is another one.
func (c Config) Timetable() string {
	if c.index != nil {
		return c.index.timetable
	}
	return c.timetable()
}

func (c Config) timetable() string {
	text, _ := json.Marshal([]any{c.Windows, c.Freezes, c.Calendars}) // texts and lists of them: that never fails
	sum := sha256.Sum256(text)
	return "times#" + hex.EncodeToString(sum[:8])
}

// Stamps are those of all that work can wait for under this document: what waits under another one looks again.
func (c Config) Stamps() []string {
	stamps := []string{Unread, c.Timetable()}
	for _, b := range c.Budgets("", "") {
		stamps = append(stamps, b.Stamp)
	}
	return stamps
}

// stampOf is the stamp of a limit that work waits for.
func stampOf(limit string, perHour int) string { return fmt.Sprintf("%s#%d", limit, perHour) }
