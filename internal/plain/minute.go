package plain

import "time"

// Minute writes a time for people, to the minute and with its zone; no time is no text.
func Minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}
