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
	o := note.Of(r)
	n := Notice{
		Kind: Kind(o.Row().Kind), Control: r.Key.Control, Account: r.Key.Account, AccountName: r.AccountName,
		Region: r.Region, Resource: r.Key.Resource, Said: r.Said, Rule: r.Rule, Why: r.Reason,
		Changes: changes(r.Changes()), Written: o.Written, Who: r.Asker(), Actor: r.Actor, When: r.Finished,
		RunID: r.ID, Undoes: r.Undoes,
	}
	n.Undo, n.ToDo, n.Left, n.Until, n.Claim, n.Hangs = o.Undo, o.ToDo, o.Left, o.Until, o.Claim, o.Hangs
	if r.Undoes != "" {
		n.Said = "" // the finding was why of the run that it takes back
	}
	switch o.Outcome { //nolint:exhaustive // the others have no more to say
	case outcome.Disputed:
		n.Why = o.Reason
	case outcome.Undone:
		n.Why, n.Left = "Run "+r.Undoes+" was taken back.", r.Reason
	case outcome.UndoneInPart:
		n.Why = "Run " + r.Undoes + " was taken back in part: " + r.Reason
	case outcome.AwaitingApproval:
		n.Approvers = o.By
	}
	if r.Despite != "" {
		n.Rule = "asked for in spite of this: " + r.Despite
	}
	if keys := slices.SortedFunc(maps.Keys(r.Findings), finding.Key.Compare); len(keys) > 0 {
		n.Finding, n.FindingIn = keys[0].ID, r.Findings[keys[0]].Region
	}
	return n
}

func changes(list []control.Change) []Change {
	out := make([]Change, len(list))
	for i, c := range list {
		out[i] = Change{
			Path: c.Name(), Move: c.Move(), Was: c.From, Is: c.To, Lasting: c.Lasting(),
		}
	}
	return out
}
