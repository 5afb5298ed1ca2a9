package outcome_test

import (
	"fmt"
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
	for _, r := range outcome.Rows() {
		name := fmt.Sprintf("%s by %v, written %v", r.Outcome, r.By, r.Written)
		nothing := r.Finding == "" && r.Kind == "" && r.Metric == "" && !r.Alarm && !r.Breaker && !r.Undo
		for problem, is := range map[string]bool{
			"cannot happen and has consequences":     r.Never != "" && !nothing,
			"says when people are told but not how":  (r.Mail == outcome.Never) == r.Told(),
			"has a status without a note":            (r.Finding == "") != (r.Note == ""),
			"counts against the control silently":    r.Breaker && !r.Told(),
			"offers an undo of nothing":              r.Undo && !r.Written[0],
			"does or does not alarm as others of it": r.Never == "" && r.Alarm != outcome.Alarms(r.Outcome),
			"says nothing of when":                   r.Mail == "",
		} {
			if is {
				t.Errorf("%s %s", name, problem)
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
