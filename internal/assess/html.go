package assess

import (
	"bufio"
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
	"iter"
	"strings"
)

//go:embed page.gohtml
var pageText string

// shown is what the page shows: the numbers, and the rows control by control, each read when its turn comes.
type shown struct {
	Summary
	report *Report
}

// Section is a control with its rows.
type Section struct {
	ControlCount
	Rows iter.Seq[Row]
}

// Sections are the rows by control, the gravest first.
func (s shown) Sections() iter.Seq[Section] {
	counts := map[string]ControlCount{}
	for _, c := range s.Controls {
		counts[c.Control] = c
	}
	x, order := &s.report.journal.known, s.report.order
	return func(yield func(Section) bool) {
		for from := 0; from < len(order); {
			to := from
			for to < len(order) && x.units[order[to]].control == x.units[order[from]].control {
				to++
			}
			id := x.names[x.units[order[from]].control]
			if !yield(Section{counts[id], s.report.rows(order[from:to])}) {
				return
			}
			from = to
		}
	}
}

// HTML writes one page that needs nothing else: no script, no style, no picture from anywhere.
func HTML(w io.Writer, s Summary, r *Report) error {
	text, err := template.New("page").Funcs(template.FuncMap{
		"words": Words,
		"join":  strings.Join,
		"date":  func(s Summary) string { return s.Began.UTC().Format("2006-01-02 15:04 UTC") },
	}).Parse(pageText)
	if err != nil {
		return fmt.Errorf("the page: %w", err)
	}
	out := bufio.NewWriter(w)
	if err := text.Execute(out, shown{s, r}); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	if r.Err() != nil {
		return r.Err()
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

// Words says an outcome as people read it.
func Words(c Class) string {
	switch c {
	case Automatic:
		return "would change by itself"
	case Approval:
		return "would change after approval"
	case Refused:
		return "refused"
	case Compliant:
		return "nothing to do"
	case Gone:
		return "gone"
	case Unlooked:
		return "could not look"
	case NoPlaybook:
		return "no playbook"
	}
	return string(c)
}
