package report

import (
	"encoding/json"

	"github.com/salve-security/salve/internal/control"
)

// Change is one changed path, as reports and audit lines have it.
type Change struct {
	// Path is the name that people read in plans, notes and mails, keys joined by dots. Keys may hold dots: it is there
	// to be compared, not to be taken apart.
	Path string `json:"path"`
	From any    `json:"from"` // nil: not there
	To   any    `json:"to"`
	// Got is what the resource showed after the write, where that is not To.
	Got json.RawMessage `json:"got,omitempty"`
	// Unsure tells that an interrupted run found a value that may be somebody else's.
	Unsure bool `json:"unsure,omitempty"`
	// Stays says why undo leaves the path as it is; "" where it restores it.
	Stays string `json:"stays,omitempty"`
}

// ChangeOf is the form of a change.
func ChangeOf(c control.Change) Change {
	out := Change{Path: c.Name(), From: c.From, To: c.To, Got: c.Got, Unsure: c.Unsure, Stays: c.Lasting()}
	if c.Missed {
		out.Got, _ = json.Marshal(c.From) // it came from JSON
	}
	return out
}

// Changes is the form of a list of changes; none is an empty list, not nil.
func Changes(list []control.Change) []Change {
	out := make([]Change, len(list))
	for i, c := range list {
		out[i] = ChangeOf(c)
	}
	return out
}
