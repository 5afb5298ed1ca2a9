package report

import (
	"time"

	"github.com/salve-security/salve/internal/run"
)

// Recurrence is what a later look found of a fix that is undone.
type Recurrence struct {
	At    time.Time `json:"at"`
	Left  []string  `json:"left,omitempty"` // the paths that differ from what the control wants
	Times int       `json:"times"`          // how often that was found for this control on this resource
}

// RecurrenceOf is what was found; nil where nothing was.
func RecurrenceOf(r *run.Recurrence) *Recurrence {
	if r == nil {
		return nil
	}
	return &Recurrence{At: r.At.UTC(), Left: r.Left, Times: r.Times}
}
