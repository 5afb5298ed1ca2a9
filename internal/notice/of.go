package notice

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

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
	if r.Recurrence != nil {
		recur(&n, r)
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

// recur makes a notice one of a fix that a later look found undone. What it says comes from the look, not from the run.
func recur(n *Notice, r *run.Run) {
	found := *r.Recurrence
	n.Kind, n.When, n.Undo, n.Left, n.Until = Recurred, found.At, "", "", time.Time{}
	n.Why = fmt.Sprintf("Read again on %s, it does not meet %s any more: %s.", found.At.UTC().Format(time.DateOnly),
		r.Key.Control, strings.Join(found.Left, ", "))
	if found.Times > 1 {
		n.Why += fmt.Sprintf(" Its fixes were found undone %d times.", found.Times)
	}
	if found.Place > 1 {
		n.Why += fmt.Sprintf(" This week that is so of %d fixes of %s in the account.", found.Place, r.Key.Control)
	}
	n.ToDo = "Security Hub reports it by itself, and Salve then does what the configuration says."
	if found.Often() {
		n.ToDo += " Something changes fixes back, such as a template or a pipeline: change it there, or make an exception. " +
			"After three fixes in 7 days Salve leaves a resource alone for 7 days."
	}
}
