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
		o.Undo, o.Cause = "salve undo "+id+which+" --yes", r.Reason
		if r.Status == run.StatusUnverified {
			o.ToDo = "salve show " + id
		}
	case run.StatusFailed, run.StatusDenied:
		o.Cause, o.Left, o.ToDo = r.Reason, left(r, id+which), cmp.Or(r.ToDo, "salve show "+id)
	case run.StatusRefused:
		o.Reason, o.ToDo = r.Reason, "salve show "+id
	case run.StatusAwaitingApproval:
		o.By = "whoever may act as Salve in the hub"
		o.ToDo = "salve apply " + r.Key.Control + " " + r.Key.Resource + " --account " + r.Key.Account + " --yes"
	case run.StatusUndone:
		o.By = r.Actor
		if r.Hold != nil {
			o.Until = r.Hold.Until
		}
	case run.StatusCompliant:
		if r.Previous != "" {
			o.Reason = "Fixed before by run " + r.Previous + "."
		}
	case run.StatusParked:
		o.ToDo = "salve show " + id
	case run.StatusGone, run.StatusPlanned, run.StatusDeferred:
	}
	return o
}

// left says in what state a failed run leaves the resource.
func left(r *run.Run, undo string) string {
	if r.BeforeHash == "" {
		return "Nothing was changed"
	}
	if r.AfterHash == "" || r.AfterHash != r.BeforeHash {
		return "The resource may be changed in part; salve undo " + undo + " --yes takes it back"
	}
	return "The resource is as it was"
}

// brief is a plan in one line.
func brief(r *run.Run) string {
	var parts []string
	for _, c := range r.Changes() {
		parts = append(parts, strings.TrimPrefix(c.String(), "~ "))
	}
	return strings.Join(parts, ", ")
}
