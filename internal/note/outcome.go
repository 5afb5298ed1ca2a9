// Package note holds what Salve says on a finding: its workflow status and its note.
package note

import (
	"time"

	"github.com/salve-security/salve/internal/run"
)

// Status is how a run ended, or where it stands.
type Status string

// The statuses of a run, as the command line prints them, and NoPlaybook for a control without one.
const (
	Verified         Status = "verified"
	Compliant        Status = "compliant"
	Gone             Status = "gone"
	Parked           Status = "parked"
	AwaitingApproval Status = "awaiting_approval"
	Refused          Status = "refused"
	NoPlaybook       Status = "no_playbook"
	Failed           Status = "failed"
	Denied           Status = "denied"
	Unverified       Status = "unverified"
	Disputed         Status = "disputed" // fixed and read as fixed, but Security Hub still sees it as failed
	Undone           Status = "undone"
	UndoneInPart     Status = "undone_in_part" // of an undo, what could be put back
	Planned          Status = "planned"
	Deferred         Status = "deferred"
)

// Outcome is what a note tells. All of it but Wrote comes from the run, nothing from the single finding or the
// moment of writing: the findings of one run have one note and share a call, unless a person wrote on them.
type Outcome struct {
	Status     Status
	Control    string    // S3.8
	Changes    string    // what changed or would change, in brief (notify.Summary)
	Undoing    bool      // the run took an earlier one back, or tried to
	Planning   bool      // no more than a plan was asked for
	Aside      bool      // it answers who pressed a button: the finding keeps its status
	Plan       string    // what the plan is known by
	List       []string  // what would change, in brief, change by change
	RunID      string    // the run, or the part of its id that the runs of a batch share
	VerifiedAt time.Time // when the state was read that the outcome rests on
	Undo       string    // command that takes the run back
	Reason     string    // why it was refused or is parked
	Step       string    // step that failed
	Cause      string    // of a failure, one sentence (fault.Cause)
	Left       string    // the state the resource is left in after a failure
	ToDo       string    // what a person can do: a command, a setting, a link to the manual steps
	By         string    // who took it back, or who can approve
	Until      time.Time // end of the approval, the hold or the expected wait
	Begun      bool      // something was written before the resource was gone
	Wrote      string    // what a person had written on the finding, which the note takes the place of
}

// Workflow returns the workflow status that goes with the outcome, and false when the finding is to be
// left alone. RESOLVED only follows a read of ours: Security Hub never corrects a wrong one.
func (o Outcome) Workflow() (Workflow, bool) {
	if o.Aside {
		return Kept, true
	}
	switch o.Status {
	case Verified, Compliant, Gone:
		return Resolved, true
	case Parked, AwaitingApproval, Refused, NoPlaybook, Failed, Denied, Unverified, Disputed:
		return Notified, true
	case Undone, UndoneInPart:
		return New, true
	case Planned, Deferred:
		return "", false // a note while the finding is NEW would start the run again
	}
	return "", false
}

// declines tells that nothing was tried. That is no reason to take back the proof on a finding that is resolved.
func (o Outcome) declines() bool { return o.Status == Refused || o.Status == NoPlaybook }

// Resolves tells that the outcome makes findings RESOLVED.
func (o Outcome) Resolves() bool {
	status, ok := o.Workflow()
	return ok && status == Resolved
}

// Update returns the update of one finding, and false when the finding is to be left alone.
func (o Outcome) Update(f run.Finding) (Update, bool) {
	status, ok := o.Workflow()
	if !ok || f.Resolved && o.declines() && !o.Aside {
		return Update{}, false
	}
	o.Wrote = f.Wrote
	return Update{Key: f.Key, Region: f.Region, Status: status, Note: Note(o)}, true
}
