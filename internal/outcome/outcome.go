// Package outcome holds the one table of what follows from how a piece of work ends, or where it stands: for the
// finding, for people, for what is counted. The engine asks it, docs/outcomes.md shows it, and a test runs each of its
// rows. A new way to end is a new row.
package outcome

import "github.com/salve-security/salve/internal/run"

// Outcome is how a piece of work ended, or where it stands. Those that a run has are named as its status is.
type Outcome string

// The outcomes of a run.
const (
	Verified         = Outcome(run.StatusVerified)
	Compliant        = Outcome(run.StatusCompliant)
	Gone             = Outcome(run.StatusGone)
	Planned          = Outcome(run.StatusPlanned)
	AwaitingApproval = Outcome(run.StatusAwaitingApproval)
	Parked           = Outcome(run.StatusParked)
	Failed           = Outcome(run.StatusFailed)
	Denied           = Outcome(run.StatusDenied)
	Unverified       = Outcome(run.StatusUnverified)
	Refused          = Outcome(run.StatusRefused)
	Undone           = Outcome(run.StatusUndone)
	UndoneInPart     = Outcome(run.StatusUndoneInPart)
	Deferred         = Outcome(run.StatusDeferred)
)

// What else there is to say: of a run besides its status, and where there is no run.
const (
	Unattended   Outcome = "unattended"    // unverified, because a person whom AWS has asked did nothing
	Unproven     Outcome = "unproven"      // unverified, because nothing can read what a runbook of others did
	NotOnboarded Outcome = "not_onboarded" // denied, because the account has no role for Salve
	AwaitsRole   Outcome = "awaits_role"   // deferred until the account has the role
	LetGo        Outcome = "let_go"        // refused, because nobody wants any more what waited
	Confirmed    Outcome = "confirmed"     // Security Hub agrees
	Disputed     Outcome = "disputed"      // read as met, but Security Hub sees it as failed
	NotAllowed   Outcome = "not_allowed"   // the gate says no, or a hold stands in the way: no run
	NotOurs      Outcome = "not_ours"      // the finding is not believed, or not about what Salve works on: no run
	NotLive      Outcome = "not_live"      // the finding is suppressed, archived or passed: no run
	NoPlaybook   Outcome = "no_playbook"   // nobody has written a fix: no run
	OnHold       Outcome = "on_hold"       // somebody told Salve to leave the resource alone: no run
	Reverted     Outcome = "reverted"      // something keeps taking the fix back: a hold in place of a run
	Stopped      Outcome = "stopped"       // the breaker stopped the control
	Resting      Outcome = "resting"       // reported, or clicked on, so often that the work waits
	AwaitsTime   Outcome = "awaits_time"   // its window is closed, or changes are frozen
	Limited      Outcome = "limited"       // the account has had its share of runs, and waits for its turn
	Full         Outcome = "full"          // the run that is open has as many findings as it can answer
)

// Trigger is what led to it.
type Trigger string

// The triggers.
const (
	Reported Trigger = "reported finding"
	Click    Trigger = "click"
	Operator Trigger = "operator"
	Check    Trigger = "check" // Security Hub is asked, 36 hours later, whether it agrees
	Undo     Trigger = "undo"
	LateUndo Trigger = "undo that waited" // nobody may be there any more who sees how it ends

	PlanClick Trigger = "click on Salve: plan"
	UndoClick Trigger = "click on Salve: undo"
)

// Kept is the workflow status of a row that leaves findings the one they have: a note alone, for who pressed a button.
const Kept = "KEPT"

// Triggers are all of them.
func Triggers() []Trigger {
	return []Trigger{Reported, Click, Operator, Check, Undo, LateUndo, PlanClick, UndoClick}
}

// Cell is one case: an outcome, what led to it, and whether the resource is not as it was before.
type Cell struct {
	Outcome Outcome
	Trigger Trigger
	Written bool
}

// Row returns the row that holds for the case. Of one that cannot happen it has the reason, and nothing follows.
func (c Cell) Row() Row {
	for _, r := range rowsOf(c.Outcome) {
		if r.covers(c) {
			return r
		}
	}
	return Row{Never: "the table does not know it"}
}

// Of is the case that a run is.
func Of(r *run.Run) Cell {
	c := Cell{Outcome: Outcome(r.Status), Trigger: TriggerOf(r.Trigger), Written: r.Changed()}
	switch {
	case r.Undoes != "" && r.Trigger == run.TriggerClick:
		c.Trigger = UndoClick
	case r.Undoes != "" && !r.Fresh():
		c.Trigger = LateUndo
	case r.Undoes != "":
		c.Trigger = Undo
	case r.Key.Reads:
		c.Trigger = PlanClick
	}
	switch {
	case r.Quiet:
		c.Outcome = LetGo
	case r.Blind && r.Status == run.StatusUnverified:
		c.Outcome = Unproven
	case r.Disputed():
		c.Outcome = Disputed
	}
	return c
}

// TriggerOf is the trigger of a run; of one without, that of a run that nobody asked for.
func TriggerOf(t run.Trigger) Trigger {
	switch t {
	case run.TriggerClick:
		return Click
	case run.TriggerOperator:
		return Operator
	case run.TriggerImported:
	}
	return Reported
}
