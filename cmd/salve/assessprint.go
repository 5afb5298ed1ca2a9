package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/assess"
)

// shownReasons is how many reasons a terminal shows: the page and programs have them all.
const shownReasons = 15

// assessed prints an assessment. What is long is written row by row, as it is read.
func (a *app) assessed(sum assess.Summary, r *assess.Report) error {
	switch a.format {
	case formatJSON:
		return a.assessedJSON(sum, r)
	case formatCSV:
		return a.assessedCSV(r)
	case formatYAML:
		sum.Work = slices.AppendSeq([]assess.Row{}, r.Rows())
	}
	return a.data(sum, func() { a.sayAssessed(sum) })
}

// assessedJSON writes the object that JSON has for the summary, its last field row by row.
func (a *app) assessedJSON(sum assess.Summary, r *assess.Report) error {
	head, err := encode(sum)
	if err != nil {
		return err
	}
	text, ok := strings.CutSuffix(string(head), "null}")
	if !ok {
		return fmt.Errorf("print as %s: the rows are not the last field", a.format)
	}
	out := bufio.NewWriter(a.out)
	printf(out, "%s[", text)
	between := "\n"
	for row := range r.Rows() {
		one, err := encode(row)
		if err != nil {
			return err
		}
		printf(out, "%s%s", between, one)
		between = ",\n"
	}
	printf(out, "\n]}\n")
	if err := out.Flush(); err != nil {
		return fmt.Errorf("print as %s: %w", a.format, err)
	}
	return nil
}

// assessedCSV writes a line a row.
func (a *app) assessedCSV(r *assess.Report) error {
	names, fields := fieldsOf(reflect.TypeFor[assess.Row]())
	out := csv.NewWriter(a.out)
	_ = out.Write(names) // the first error is kept and comes from Error below
	for row := range r.Rows() {
		cells := make([]string, len(fields))
		for i, field := range fields {
			one, err := cell(reflect.ValueOf(row).FieldByIndex(field).Interface())
			if err != nil {
				return err
			}
			cells[i] = one
		}
		_ = out.Write(cells)
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("print as %s: %w", a.format, err)
	}
	return nil
}

// sayAssessed prints what people read first.
func (a *app) sayAssessed(sum assess.Summary) {
	t := sum.Total
	a.say("%s, %s: nothing was changed", counted(t.Findings, "open finding"), counted(t.Work, "resource"))
	a.sayCounts(t, sum.Disbelieved)
	if t.Work == 0 {
		return
	}
	a.say("")
	var rows []table.Row
	for _, c := range sum.Controls {
		n := c.Count
		rows = append(rows, table.Row{
			c.Control, c.Severity, n.Work, n.Automatic, n.Approval, n.Interrupts, n.Refused, n.Compliant + n.Gone, n.Unlooked,
			n.NoPlaybook,
		})
	}
	a.table(table.Row{
		"control", "severity", "resources", "auto", "approval", "noticed", "refused", "nothing to do", "not looked",
		"no playbook",
	}, rows)
	a.sayReasons(sum.Controls, sum.Reasons)
	a.sayScores(sum.Scores, sum.LeftOut)
}

// sayCounts prints how many have which outcome.
func (a *app) sayCounts(t assess.Count, disbelieved int) {
	for _, one := range []struct {
		n    int
		what string
	}{
		{t.Automatic, "would change by themselves on mode auto"},
		{t.Approval, "would change after approval"},
		{t.Interrupts, "of these changes people notice"},
		{t.Refused, "would be refused"},
		{t.Compliant, "are compliant by now"},
		{t.Gone, "are gone"},
		{t.Unlooked, "could not be looked at"},
		{t.NoPlaybook, "are of controls without a playbook"},
		{disbelieved, "findings contradict themselves and are left out"},
	} {
		if one.n > 0 {
			a.say("  %s %s", painted(fmt.Sprintf("%7s", thousands(one.n))), one.what)
		}
	}
}

// sayReasons prints why not, or why not at once, and whom it interrupts.
func (a *app) sayReasons(controls []assess.ControlCount, reasons []assess.Because) {
	var rows []table.Row
	for _, c := range controls {
		if c.Count.Interrupts > 0 {
			rows = append(rows, table.Row{c.Control, c.Impact, c.Count.Interrupts, c.Effect})
		}
	}
	if len(rows) > 0 {
		a.say("")
		a.table(table.Row{"noticed", "impact", "resources", "what people notice"}, rows)
	}
	rows = nil
	for _, why := range reasons[:min(len(reasons), shownReasons)] {
		rows = append(rows, table.Row{assess.Words(why.Outcome), why.Work, strings.Join(why.Of, ", "), why.Reason})
	}
	if len(rows) > 0 {
		a.say("")
		a.table(table.Row{"outcome", "resources", "controls", "why"}, rows)
	}
	if more := len(reasons) - shownReasons; more > 0 {
		a.say("%s more: --html FILE, or -o json", counted(more, "reason"))
	}
}

// sayScores prints the scores, and what they do not know.
func (a *app) sayScores(scores []assess.Score, leftOut []string) {
	if len(scores) == 0 {
		return
	}
	a.say("")
	var rows []table.Row
	for _, s := range scores {
		per := func(n int) string { return fmt.Sprintf("%d %%", n) }
		rows = append(rows, table.Row{
			s.Standard, s.Controls, s.Passed, s.Failed, s.Unsure, per(s.Now), per(s.Automatic), per(s.Approved),
		})
	}
	a.table(table.Row{
		"standard", "controls", "passed", "failed", "unsure", "score", "after auto", "after approvals",
	}, rows)
	for _, text := range leftOut {
		a.say("%s", text)
	}
}
