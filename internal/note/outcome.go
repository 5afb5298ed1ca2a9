// Package note holds what Salve says on a finding: its workflow status and its note.
package note

import (
	"time"

	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/run"
)

// Outcome is what a note tells. All of it but Wrote comes from the run, nothing from the single finding or the
// moment of writing: the findings of one run have one note and share a call, unless a person wrote on them.
type Outcome struct {
	outcome.Cell
	Control    string    // S3.8
	Changes    string    // what changed or would change, in brief
	Plan       string    // what the plan is known by
	Runbook    string    // what would be started for it, as its plan names it; empty where Salve writes it itself
	With       string    // the parameters that are not the defaults, and who set them
	Approved   string    // who has approved it
	LeftOut    string    // what it does not go by: parameters of Security Hub, a tag
	List       []string  // what would change, in brief, change by change
	RunID      string    // the run, or the part of its id that the runs of a batch share
	VerifiedAt time.Time // when the state was read that the outcome rests on
	Claim      string    // the output by which a runbook of others says itself that it is met; empty where Salve read it
	Hangs      bool      // what was started has not come to its end
	Undo       string    // command that takes the run back
	Reason     string    // why it was refused or is parked
	Step       string    // step that failed
	Cause      string    // of a failure, one sentence (fault.Cause)
	Left       string    // the state the resource is left in after a failure
	ToDo       string    // what a person can do: a command, a setting, a link to the manual steps
	By         string    // who took it back, or who can approve
	Until      time.Time // end of the approval, the hold or the expected wait
	Wrote      string    // what a person had written on the finding, which the note takes the place of
	Stands     Standing  // what earlier runs left, where the outcome leaves that as it is
}

// Update returns the update of one finding, and false when the finding is to be left alone. One that is RESOLVED
// keeps that where it rests on more than who is refused knows; who clicked hears of it beside.
func (o Outcome) Update(f run.Finding) (Update, bool) {
	row := o.Row()
	status := Workflow(row.Finding)
	if f.Resolved && row.KeepsResolved {
		status = Kept
		if o.Trigger != outcome.Click {
			return Update{}, false
		}
	}
	if status == "" {
		return Update{}, false
	}
	if !o.Beside(f) {
		o.Stands = Standing{}
	}
	o.Wrote = f.Wrote
	return Update{Key: f.Key, Region: f.Region, Status: status, Note: Note(o), Echoes: status == Kept && f.New}, true
}

// takesBack tells that the run took an earlier one back, or tried to.
func (o Outcome) takesBack() bool {
	return o.Trigger == outcome.Undo || o.Trigger == outcome.LateUndo || o.Trigger == outcome.UndoClick
}
