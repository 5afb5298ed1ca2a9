package outcome_test

import (
	"testing"

	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/run"
)

// TestEveryCaseHasOneRow: nothing is left out of the table, nothing is in it twice, and what cannot happen says why.
func TestEveryCaseHasOneRow(t *testing.T) {
	rows := map[outcome.Cell]int{}
	for _, r := range outcome.Rows() {
		for _, c := range r.Cells() {
			rows[c]++
		}
	}
	for _, o := range outcome.Outcomes() {
		for _, by := range outcome.Triggers() {
			for _, written := range []bool{false, true} {
				c := outcome.Cell{Outcome: o, Trigger: by, Written: written}
				if rows[c] != 1 {
					t.Errorf("%+v is in %d rows", c, rows[c])
				}
				if c.Row().Outcome != o {
					t.Errorf("%+v is not found", c)
				}
				delete(rows, c)
			}
		}
	}
	if len(rows) > 0 {
		t.Errorf("cases of no outcome or trigger: %v", rows)
	}
}

// TestEveryStatusIsAnOutcome: a run cannot end in a way that the table does not know.
func TestEveryStatusIsAnOutcome(t *testing.T) {
	known := map[outcome.Outcome]bool{}
	for _, o := range outcome.Outcomes() {
		known[o] = true
	}
	for _, s := range run.Statuses() {
		if !known[outcome.Outcome(s)] {
			t.Errorf("the table has no %s", s)
		}
	}
}

// TestRowsMakeSense: what must hold of each row, whatever it says.
func TestRowsMakeSense(t *testing.T) {
	problems := map[string]func(outcome.Row) bool{
		"cannot happen and has consequences": func(r outcome.Row) bool {
			return r.Never != "" && (r.Finding+r.Kind+r.Metric != "" || r.Alarm || r.Breaker || r.Undo)
		},
		"says when people are told but not how": func(r outcome.Row) bool { return (r.Mail == outcome.Never) == r.Told() },
		"has a status without a note":           func(r outcome.Row) bool { return (r.Finding == "") != (r.Note == "") },
		"counts against the control silently":   func(r outcome.Row) bool { return r.Breaker && !r.Told() },
		"offers an undo of nothing":             func(r outcome.Row) bool { return r.Undo && !r.Written[0] },
		"says nothing of when":                  func(r outcome.Row) bool { return r.Mail == "" },
		"does or does not alarm as others of it": func(r outcome.Row) bool {
			return r.Never == "" && r.Alarm != outcome.Alarms(r.Outcome)
		},
	}
	for _, r := range outcome.Rows() {
		for problem, is := range problems {
			if is(r) {
				t.Errorf("%s by %v, written %v, %s", r.Outcome, r.By, r.Written, problem)
			}
		}
	}
}

// TestEveryOutcomeHasAMeaning: readers of the page know no code.
func TestEveryOutcomeHasAMeaning(t *testing.T) {
	for _, o := range outcome.Outcomes() {
		if o.Means() == "" {
			t.Errorf("nobody says what %s is", o)
		}
	}
}
