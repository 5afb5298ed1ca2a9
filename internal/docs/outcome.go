package docs

import (
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/outcome"
)

// outcomeView is an outcome with the rows of the table that are about it.
type outcomeView struct {
	ID      outcome.Outcome
	Means   string
	Follows []followView
	Never   []neverView
}

type followView struct{ By, Written, Finding, Note, Mail, Kind, Metric, Alarm, Breaker, Undo string }

type neverView struct{ By, Written, Why string }

func viewOutcomes() []outcomeView {
	var out []outcomeView
	for _, o := range outcome.Outcomes() {
		v := outcomeView{ID: o, Means: o.Means()}
		for _, r := range outcome.Rows() {
			switch {
			case r.Outcome != o:
			case r.Never != "":
				v.Never = append(v.Never, neverView{By: triggers(r), Written: beside(r), Why: r.Never})
			default:
				v.Follows = append(v.Follows, viewRow(r))
			}
		}
		out = append(out, v)
	}
	return out
}

func viewRow(r outcome.Row) followView {
	v := followView{
		By: triggers(r), Written: whether(r), Finding: or(r.Finding, "as it is"), Note: or(r.Note, "–"), Mail: string(r.Mail),
		Kind: or(r.Kind, "–"), Metric: or(r.Metric, "–"), Alarm: yes(r.Alarm), Breaker: yes(r.Breaker), Undo: yes(r.Undo),
	}
	if r.KeepsResolved {
		v.Finding += ", unless RESOLVED"
		if slices.Contains(r.By, outcome.Click) {
			v.Finding += ": then a click gets the note alone"
		}
	}
	return v
}

func triggers(r outcome.Row) string {
	names := make([]string, len(r.By))
	for i, t := range r.By {
		names[i] = string(t)
	}
	return strings.Join(names, ", ")
}

func whether(r outcome.Row) string {
	switch {
	case len(r.Written) > 1:
		return "either"
	case r.Written[0]:
		return "something"
	}
	return "nothing"
}

// beside is whether for a row of what cannot happen; nothing where it can happen in no case.
func beside(r outcome.Row) string {
	if len(r.Written) > 1 {
		return ""
	}
	return ", " + whether(r) + " written"
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "–"
}
