package note

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// Of is what the note on a run's findings tells.
func Of(r *run.Run) Outcome { return told(r, r.ID, "") }

// OfBatch is Of in words that hold for all runs of the batch.
func OfBatch(r *run.Run) Outcome { return told(r, run.Batch(r.ID), " --resource ARN") }

func told(r *run.Run, id, which string) Outcome {
	o := Outcome{Cell: outcome.Of(r), Control: r.Key.Control, Changes: brief(r), RunID: id, VerifiedAt: r.Finished}
	o.Claim, o.With, o.LeftOut = claim(r), with(r), leftOut(r)
	o.Approved = approved(r)
	if o.Row().Undo {
		o.Undo = undoCommand(r, id+which)
	}
	switch o.Outcome { //nolint:exhaustive // the others have no more to say, or no run says so of itself
	case outcome.Unverified:
		o.Cause, o.Hangs, o.ToDo = r.Reason, hangs(r), lookCommand(r, id, which)
		o.Changes = briefOf(made(r.Changes())) // the cause names the others
	case outcome.Failed, outcome.Denied, outcome.Unproven:
		o.Cause, o.Left, o.ToDo = r.Reason, left(r), cmp.Or(r.ToDo, showCommand(id))
	case outcome.Refused:
		o.Reason, o.ToDo = r.Reason, cmp.Or(r.ToDo, showCommand(id))
	case outcome.AwaitingApproval:
		o.By = "whoever may work as " + names.OperatorRole + " in the hub's account"
		o.Runbook, o.ToDo = starts(r), ApplyCommand(r, showCommand(id))
		if r.Answerable {
			o.By, o.ToDo = "whom the configuration names as approvers", "salve approve "+id+which
		}
	case outcome.Undone:
		o.By, o.Reason, o.Until = By(r), r.Reason, heldUntil(r)
	case outcome.UndoneInPart:
		o.By, o.Cause, o.Until = By(r), r.Reason, heldUntil(r)
		o.Left, o.ToDo = left(r), cmp.Or(r.ToDo, showCommand(id))
	case outcome.Disputed:
		o.ToDo = "salve verify " + id + which
		o.Reason = Differs(r, r.LastChecked()) +
			" Salve changed nothing this time; it was fixed before by run " + r.Previous + "."
	case outcome.Compliant:
		o.Reason = fixedBefore(r)
	case outcome.Parked:
		o.Reason, o.ToDo = r.Reason, showCommand(id)
	case outcome.Planned:
		o.planned(r, id)
	}
	return o
}

// hangs tells that what a run started has not come to its end: it may have changed anything or nothing.
func hangs(r *run.Run) bool { return r.Execution != nil && r.Execution.Ended.IsZero() }

// lookCommand is how somebody finds out what became of a change that was not seen: what goes on can only be watched.
func lookCommand(r *run.Run, id, which string) string {
	if hangs(r) {
		return showCommand(id)
	}
	return "salve verify " + id + which
}

// claim is the output of a runbook that a run rests on where nothing of Salve's reads the resource.
func claim(r *run.Run) string {
	if r.Status != run.StatusVerified || r.Mapping == nil || r.Mapping.Proof == nil {
		return ""
	}
	return r.Mapping.Proof.Output
}

// By is who asked for a run, in words: a click carries no name.
func By(r *run.Run) string {
	if r.Trigger == run.TriggerClick {
		return "somebody who clicked"
	}
	return r.Actor
}

// planned tells what would change, and how to have it changed.
func (o *Outcome) planned(r *run.Run, id string) {
	o.Reason, o.ToDo = r.Reason, cmp.Or(r.ToDo, ApplyCommand(r, showCommand(id)))
	o.List, o.Runbook = parts(r.Changes()), starts(r)
	if r.Plan != nil {
		o.Plan = r.Plan.Hash[:min(len(r.Plan.Hash), maxPlan)]
	}
}

// starts is the runbook that a plan starts, "" of one that starts none.
func starts(r *run.Run) string {
	if r.Plan == nil || r.Plan.Runbook == nil {
		return ""
	}
	return r.Plan.Runbook.Document + " version " + r.Plan.Runbook.Version
}

// heldUntil is how long an undo keeps the engine off.
func heldUntil(r *run.Run) time.Time {
	if r.Hold == nil {
		return time.Time{}
	}
	return r.Hold.Until
}

func fixedBefore(r *run.Run) string {
	if r.Previous == "" {
		return ""
	}
	return "Fixed before by run " + r.Previous + "."
}

// Differs says both readings, where Security Hub sees as failed what a run of ours read as met.
func Differs(r *run.Run, checked time.Time) string {
	return "Salve read it as met on " + plain.Minute(r.Finished) + ", Security Hub's check of " + plain.Minute(checked) +
		" sees it as failed."
}

// left says in what state a run leaves the resource that did not come to its goal.
func left(r *run.Run) string {
	switch {
	case r.Blind:
		return "" // nobody can tell
	case r.BeforeHash == "":
		return "Nothing was changed"
	case !r.Changed():
		return "The resource is as it was"
	case r.AfterHash == "", len(r.Changes()) == 0:
		return "The resource may be changed in part"
	}
	return leftOf(r)
}

// leftOf says which changes of a plan were made, and which were not.
func leftOf(r *run.Run) string {
	made, not := "made", "not made"
	if r.Undoes != "" {
		made, not = "put back", "not put back"
	}
	var missing []string
	for _, c := range r.Changes() {
		if !c.Made() {
			missing = append(missing, c.Name())
		}
	}
	all := len(r.Changes())
	switch {
	case all == 1 && len(missing) == 1:
		return "Its one change was " + not + ": " + missing[0]
	case all == 1:
		return "Its one change was " + made
	}
	text := fmt.Sprintf("It %s %d of %d changes", made, all-len(missing), all)
	if more := len(missing) - namedLeft; more > 0 {
		missing = append(missing[:namedLeft], fmt.Sprintf("%d more", more))
	}
	if len(missing) > 0 {
		text += ", " + not + ": " + strings.Join(missing, ", ")
	}
	return text
}

// namedLeft is how many changes are named that were not made.
const namedLeft = 3

// brief is a plan in one line.
func brief(r *run.Run) string { return briefOf(r.Changes()) }

func briefOf(list []control.Change) string { return strings.Join(parts(list), ", ") }

// made are the changes that a fresh read shows.
func made(list []control.Change) []control.Change {
	return slices.DeleteFunc(slices.Clone(list), func(c control.Change) bool { return !c.Made() })
}

// parts are the changes of a plan in brief. What reads shortest stands first, because a note
// cuts the end, and why undo leaves a path is said once.
func parts(changes []control.Change) []string {
	list := slices.Clone(changes)
	slices.SortStableFunc(list, func(a, b control.Change) int { return cmp.Compare(len(a.String()), len(b.String())) })
	said := map[string]bool{}
	var parts []string
	for _, c := range list {
		text := strings.TrimPrefix(c.String(), "~ ")
		if why := c.Lasting(); why != "" && said[why] {
			kind, _, _ := strings.Cut(why, ": ")
			text = strings.Replace(text, "("+why+")", "("+kind+")", 1)
		} else {
			said[why] = true
		}
		parts = append(parts, text)
	}
	return parts
}
