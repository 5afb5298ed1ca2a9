package engine

import (
	"cmp"
	"strings"

	"github.com/salve-security/salve/internal/hub"
	"github.com/salve-security/salve/internal/run"
)

// outcome is what the note on a run's findings tells.
func outcome(r *run.Run) hub.Outcome { return told(r, r.ID, "") }

// shared is outcome in words that hold for all runs of the batch.
func shared(r *run.Run) hub.Outcome { return told(r, run.Batch(r.ID), " --resource ARN") }

func told(r *run.Run, id, which string) hub.Outcome {
	o := hub.Outcome{
		Status: hub.Status(r.Status), Control: r.Key.Control, Changes: brief(r), RunID: id, VerifiedAt: r.Finished,
	}
	switch r.Status {
	case run.StatusVerified, run.StatusUnverified:
		o.Cause, o.Undo = r.Reason, undoCommand(r, id+which)
		if r.Status == run.StatusUnverified {
			o.ToDo = showCommand(id)
		}
	case run.StatusFailed, run.StatusDenied:
		o.Cause, o.Left, o.ToDo = r.Reason, left(r), cmp.Or(r.ToDo, showCommand(id))
		o.Undo = undoOfFailed(r, id+which)
	case run.StatusRefused:
		o.Reason, o.ToDo = r.Reason, cmp.Or(r.ToDo, showCommand(id))
	case run.StatusAwaitingApproval:
		o.By = "whoever may act as Salve in the hub"
		o.ToDo = applyCommand(r, showCommand(id))
	case run.StatusUndone:
		o.By, o.Reason = r.Actor, r.Reason
		if r.Hold != nil {
			o.Until = r.Hold.Until
		}
	case run.StatusCompliant:
		if r.Previous != "" {
			o.Reason = "Fixed before by run " + r.Previous + "."
		}
	case run.StatusParked:
		o.Reason, o.ToDo = r.Reason, showCommand(id)
	case run.StatusGone, run.StatusPlanned, run.StatusDeferred:
	}
	return o
}

// left says in what state a failed run leaves the resource.
func left(r *run.Run) string {
	switch {
	case r.BeforeHash == "":
		return "Nothing was changed"
	case partly(r):
		return "The resource may be changed in part"
	}
	return "The resource is as it was"
}

// partly tells that a run wrote and did not leave the resource as it was.
func partly(r *run.Run) bool {
	return r.BeforeHash != "" && (r.AfterHash == "" || r.AfterHash != r.BeforeHash)
}

// brief is a plan in one line.
func brief(r *run.Run) string {
	var parts []string
	for _, c := range r.Changes() {
		parts = append(parts, strings.TrimPrefix(c.String(), "~ "))
	}
	return strings.Join(parts, ", ")
}
