package outcome

import (
	"slices"

	"github.com/salve-security/salve/internal/finding"
)

// When is when people are told.
type When string

// The times.
const (
	Never  When = "none"
	AtOnce When = "at once" // those of a wave that are too many for a mailbox wait for the digest
	Digest When = "digest"
	Daily  When = "once a day"
)

// Row says what follows from an outcome, for whoever led to it and whether or not something was written.
type Row struct {
	Outcome Outcome
	By      []Trigger
	Written []bool // false: the resource is as it was before

	Never string // why it cannot happen; then nothing follows from it

	Finding       string // workflow status that its findings get, with a note; empty: they stay as they are
	Note          string // what the note says, in brief
	KeepsResolved bool   // a finding that is RESOLVED keeps its proof and how to undo it

	Mail   When   // chat and events are told with it
	Kind   string // of the notice
	Metric string // that counts it
	Alarm  bool   // it counts as NotFixed, which the alarm looks at
	// Breaker tells that it counts against the control; too many within an hour stop it.
	Breaker bool
	Undo    bool // note and notice name the command that takes it back, if any of it can be
}

func (r Row) covers(c Cell) bool {
	return r.Outcome == c.Outcome && slices.Contains(r.By, c.Trigger) && slices.Contains(r.Written, c.Written)
}

// Cells are the cases that the row is about.
func (r Row) Cells() []Cell {
	var out []Cell
	for _, by := range r.By {
		for _, written := range r.Written {
			out = append(out, Cell{Outcome: r.Outcome, Trigger: by, Written: written})
		}
	}
	return out
}

// Resolves tells that the row makes findings RESOLVED.
func (r Row) Resolves() bool { return r.Finding == finding.Resolved }

// Told tells that people hear of it.
func (r Row) Told() bool { return r.Never == "" && r.Kind != "" }

// Outcomes are all outcomes, in the order of the table.
func Outcomes() []Outcome { return those(func(Row) bool { return true }) }

// Counted are the outcomes that count against a control, in the order of the table.
func Counted() []Outcome { return those(func(r Row) bool { return r.Breaker }) }

// Alarms tells that an outcome counts as NotFixed, whoever led to it.
func Alarms(o Outcome) bool {
	return slices.ContainsFunc(rowsOf(o), func(r Row) bool { return r.Outcome == o && r.Alarm })
}

// those are the outcomes with such a row.
func those(is func(Row) bool) []Outcome {
	var out []Outcome
	for _, r := range Rows() {
		if is(r) && !slices.Contains(out, r.Outcome) {
			out = append(out, r.Outcome)
		}
	}
	return out
}
