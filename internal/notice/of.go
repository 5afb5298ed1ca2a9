package notice

import (
	"maps"
	"slices"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/run"
)

// Of is what people are told of a finished run.
func Of(r *run.Run) Notice {
	n := Notice{
		Kind: Kind(outcome.Of(r).Row().Kind), Control: r.Key.Control, Account: r.Key.Account, Region: r.Region,
		Resource: r.Key.Resource, Why: r.Reason, Changes: changes(r.Changes()), Who: r.Actor, When: r.Finished,
		RunID: r.ID,
	}
	o := note.Of(r)
	if r.Disputed() {
		n.Why = o.Reason
	}
	n.Undo, n.ToDo, n.Left, n.Until, n.Approvers = o.Undo, o.ToDo, o.Left, o.Until, o.By
	if keys := slices.SortedFunc(maps.Keys(r.Findings), finding.Key.Compare); len(keys) > 0 {
		n.Finding, n.FindingIn = keys[0].ID, r.Findings[keys[0]].Region
	}
	return n
}

func changes(list []control.Change) []Change {
	out := make([]Change, len(list))
	for i, c := range list {
		out[i] = Change{
			Path: c.Name(), From: control.Text(c.From), To: control.Text(c.To), Was: c.From, Is: c.To, Lasting: c.Lasting(),
		}
	}
	return out
}
