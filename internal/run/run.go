// Package run holds the record of a run: one attempt for one control on one
// resource, with everything needed to finish, explain or undo it.
package run

import (
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
)

// Schema is the version of the stored form of Run. A program refuses to touch
// runs of a newer one.
const Schema = 1

// Trigger says what asked for a run.
type Trigger string

// The triggers.
const (
	TriggerImported Trigger = "imported" // Security Hub reported a finding
	TriggerClick    Trigger = "click"    // a person pressed a button of ours
	TriggerOperator Trigger = "operator" // a person at the command line
)

// Modes of a run, as the gate decided.
const (
	ModeAct  = "act"
	ModePlan = "plan"
	ModeAsk  = "ask"
)

// State says how far a run has come. Every state but closed has a due time.
type State string

// The states, in the order of the flow.
const (
	StateClaimed  State = "claimed"  // the work is ours, nothing is planned
	StateApplying State = "applying" // the plan is stored, writes may have happened
	StateParked   State = "parked"   // everything is written, AWS takes its time to show it
	StateRecorded State = "recorded" // the outcome is stored, findings are not all synced
	StateClosed   State = "closed"
)

// Status is the outcome of a run as people and programs see it.
type Status string

// The statuses.
const (
	StatusCompliant        Status = "compliant"
	StatusPlanned          Status = "planned"
	StatusAwaitingApproval Status = "awaiting_approval"
	StatusVerified         Status = "verified"
	StatusUnverified       Status = "unverified"
	StatusFailed           Status = "failed"
	StatusDenied           Status = "denied"
	StatusRefused          Status = "refused"
	StatusDeferred         Status = "deferred"
	StatusGone             Status = "gone"
	StatusParked           Status = "parked"
	StatusUndone           Status = "undone"
	StatusUndoneInPart     Status = "undone_in_part"
)

// Statuses are all of them.
func Statuses() []Status {
	return []Status{
		StatusCompliant, StatusPlanned, StatusAwaitingApproval, StatusVerified, StatusUnverified, StatusFailed,
		StatusDenied, StatusRefused, StatusDeferred, StatusGone, StatusParked, StatusUndone,
		StatusUndoneInPart,
	}
}

// Confirmed is what Security Hub said of a fix, after its own next check.
type Confirmed string

// The confirmations; none was given yet where it is empty.
const (
	ConfirmedPassed   Confirmed = "passed"     // Security Hub agrees
	ConfirmedGone     Confirmed = "gone"       // the finding is archived or no longer there
	ConfirmedDisputed Confirmed = "disputed"   // Security Hub still sees it as failed
	ConfirmedLater    Confirmed = "superseded" // a later run fixed it once more
	ConfirmedNever    Confirmed = "unchecked"  // Security Hub has not looked again
)

// Key names a piece of work: however many findings report it, it is done once at a time.
type Key struct {
	Account  string `json:"account"`
	Scope    string `json:"scope"` // a Region, or "global"
	Control  string `json:"control"`
	Resource string `json:"resource"`
	// Reads says that it is only a plan that a person wants to see: work of its own, which keeps no other from the
	// resource and joins none.
	Reads bool `json:"reads,omitempty"`
}

// String is the key as one text, for storage.
func (k Key) String() string {
	text := strings.Join([]string{k.Account, k.Scope, strings.ToLower(k.Control), k.Resource}, "#")
	if k.Reads {
		return "plan#" + text
	}
	return text
}

// Work is the key of the work that a plan is about; others are their own.
func (k Key) Work() Key {
	k.Reads = false
	return k
}

// Of is the same key for another control.
func (k Key) Of(control string) Key {
	k.Control = control
	return k
}

// Finding is a Security Hub finding that gets the run's result.
type Finding struct {
	finding.Key
	Region string `json:"region"` // the Region Security Hub is told in
	Event  string `json:"event"`  // id of the event that brought it, to know a redelivery
	// FirstSeen is when the problem was first observed; zero where nobody says.
	FirstSeen time.Time `json:"first_seen,omitzero"`
	Severity  string    `json:"severity,omitempty"` // the label it had at the claim
	Product   string    `json:"product,omitempty"`  // the name of the product that reported it
	// Checked is when Security Hub saw it as failed; zero where it does not now.
	Checked time.Time `json:"checked,omitzero"`
	// Resolved tells that its workflow status was RESOLVED when it was last looked at.
	Resolved bool `json:"resolved,omitempty"`
	// New tells that its workflow status was NEW then: what is written on it, Security Hub reports as another failure.
	New bool `json:"new,omitempty"`
	// Wrote is what a person had written on it then; an answer goes behind it.
	Wrote string `json:"wrote,omitempty"`
	// Rule is the rule of AWS Config that it says it comes from, in the form of Security Hub's, and RuleIn its Region.
	Rule   string `json:"rule,omitempty"`
	RuleIn string `json:"rule_in,omitempty"`
	// Said is what it says is wrong, and AccountName what it calls its account: the run
	// keeps those of its first finding.
	Said        string `json:"-"`
	AccountName string `json:"-"`
}

// Run is one attempt for one control on one resource.
type Run struct {
	Schema    int       `json:"schema"`
	ID        string    `json:"run_id"`
	Key       Key       `json:"key"`
	Locks     []string  `json:"locks"` // the resource roots it writes to, sorted; all held or none
	Region    string    `json:"region"`
	Part      string    `json:"partition"`
	Trigger   Trigger   `json:"trigger"`
	Actor     string    `json:"actor"`               // who asked; "unattributed" for a click, which carries no name
	ActorID   string    `json:"actor_id,omitempty"`  // his unique id and session as STS says them; of operators only
	FourEyes  bool      `json:"four_eyes,omitempty"` // what needs approval waits for another person than who asked
	Standard  string    `json:"standard,omitempty"`
	Standards []string  `json:"standards,omitempty"` // keys of all standards that list the control, for the gate
	Mode      string    `json:"mode,omitempty"`      // what the gate allowed: act, plan or ask
	Rule      string    `json:"rule,omitempty"`      // what of the configuration lets it happen, in words
	Despite   string    `json:"despite,omitempty"`   // the exception that an operator acts in spite of
	InVain    string    `json:"in_vain,omitempty"`   // a tag that asks for an exception which does not hold
	Ring      string    `json:"ring,omitempty"`      // stamp of the stage in which its control acts by itself; see gate.Stage
	Undoes    string    `json:"undoes,omitempty"`
	Unmet     []string  `json:"unmet,omitempty"` // controls of the same state that an undo leaves unmet
	Lost      []string  `json:"lost,omitempty"`  // other controls that were met before an undo and are not after it
	UndoneBy  string    `json:"undone_by,omitempty"`
	Previous  string    `json:"previous,omitempty"` // the last run of the same work
	Created   time.Time `json:"created"`
	Asked     time.Time `json:"asked,omitzero"` // when the event happened that asked for it

	State    State     `json:"state"`
	Owner    string    `json:"owner"`
	Lease    time.Time `json:"lease"`
	Due      time.Time `json:"due"`
	Attempts int       `json:"attempts"`

	// Said is what the first finding says is wrong, and AccountName what it calls the
	// account; both are clean and cut.
	Said        string `json:"said,omitempty"`
	AccountName string `json:"account_name,omitempty"`

	// Params are the control's parameters as they were when the run was claimed.
	Params control.Params `json:"params,omitempty"`
	// Sources say who set those that are not the defaults, and Unknown names those of Security Hub that the control
	// does not have.
	Sources map[string]control.Source `json:"param_sources,omitempty"`
	Unknown []string                  `json:"unknown_params,omitempty"`
	// Beneath are the values that would hold if no class of data had raised them.
	Beneath map[string]control.Set `json:"params_beneath,omitempty"`

	// Mapping is the runbook of the configuration that carries the run out; nil where Salve's playbook does.
	Mapping *control.Mapping `json:"mapping,omitempty"`
	// Blind tells that its runbook went well and that nothing shows what it did.
	Blind bool `json:"blind,omitempty"`

	Plan    *control.Plan `json:"plan,omitempty"`
	Written time.Time     `json:"written,omitzero"` // when the last write was made, for a run that parked
	// Execution is what was started in place of a write: from then on a run only looks.
	Execution *control.Execution `json:"execution,omitempty"`
	// Turn is when the account and Region of the run have a start free for it; zero before it asked for one.
	Turn time.Time `json:"turn,omitzero"`
	// Queued tells that it has waited for a slot, and must ask again whether it may act.
	Queued bool `json:"queued,omitempty"`
	// Found is since when what the run is about has failed, for a run that gives others time to fix it; zero for others.
	Found time.Time `json:"found,omitzero"`
	// Opens is when the time of a run comes that waits for a window, or for the end of a freeze; zero where it does not.
	Opens time.Time `json:"opens,omitzero"`
	// Under is a stamp of what of the configuration it waits for, and Slot when it may begin by a limit of it. Once the
	// configuration has another stamp it looks again.
	Under      string    `json:"under,omitempty"`
	Slot       time.Time `json:"slot,omitzero"`
	Missed     time.Time `json:"missed,omitzero"` // when AWS first did not find the resource; zero while it does
	Status     Status    `json:"status,omitempty"`
	Reason     string    `json:"reason,omitempty"`
	ToDo       string    `json:"to_do,omitempty"` // where a person can do more than look at the run
	Note       string    `json:"note,omitempty"`
	BeforeHash string    `json:"before_hash,omitempty"`
	AfterHash  string    `json:"after_hash,omitempty"`
	Calls      []string  `json:"calls,omitempty"`
	Finished   time.Time `json:"finished,omitzero"`
	Hold       *Hold     `json:"hold,omitempty"`   // what an undo asks for
	Tell       time.Time `json:"tell,omitzero"`    // when a digest tells people; zero when they know
	Confirm    time.Time `json:"confirm,omitzero"` // when Security Hub should agree by; zero when nobody asks
	Confirmed  Confirmed `json:"confirmed,omitempty"`
	// Recurrence is what a later look found of the fix, where it is undone; only the ledger writes it.
	Recurrence *Recurrence `json:"-"`

	// Reply is the answer to a plan that an earlier run waited with; nil where none led to this run.
	Reply *Reply `json:"reply,omitempty"`
	// Answerable tells that the configuration names who may answer the plan, beside operators.
	Answerable bool `json:"answerable,omitempty"`
	// Ends is until when a plan that waits may be approved.
	Ends time.Time `json:"ends,omitzero"`
	// Answers to the plan so far; only the ledger writes them.
	Answers []Answer `json:"-"`

	// Told says that people know already; a process that takes over tells them again.
	Told bool `json:"-"`

	// Unready tells that the run waits for its account to get the role.
	Unready bool `json:"unready,omitempty"`
	// NoFindings leaves all findings as they are: who asked for the undo wants it so.
	NoFindings bool `json:"no_findings,omitempty"`
	// Quiet ends a run that nobody asked for without a word on its findings.
	Quiet bool `json:"quiet,omitempty"`
	// Mute are the findings that must not be written on: a person suppressed them.
	Mute map[finding.Key]bool `json:"-"`
	// Looked is when this process last looked its findings up.
	Looked time.Time `json:"-"`

	// Findings by identity. Others may join while the run is open, so only the ledger writes it.
	Findings map[finding.Key]Finding `json:"-"`
	// Asks of people who joined while the run was open; only the ledger writes it.
	Asks []Ask `json:"-"`
}

// Hold keeps the engine away from a piece of work until it ends.
type Hold struct {
	Until  time.Time `json:"until"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
}

// Target is the resource of the run as a control sees it.
func (r *Run) Target() control.Target {
	return control.Target{Account: r.Key.Account, Region: r.Region, Partition: r.Part, Resource: r.Key.Resource}
}

// Changes are the changes of the run's plan, none before it was planned.
func (r *Run) Changes() []control.Change {
	if r.Plan == nil {
		return nil
	}
	return r.Plan.Changes
}

// Undoable tells whether an undo of the run has anything to put back.
func (r *Run) Undoable() bool {
	return r.State == StateClosed && r.UndoneBy == "" && r.Undoes == "" && r.Changed() && r.Reversible()
}

// Changed tells that the run wrote and did not leave the resource as it was, as far as anybody knows.
func (r *Run) Changed() bool {
	switch {
	case r.BeforeHash == "":
		return false // it is stored with the plan, right before the first write
	case r.AfterHash == "", r.Execution != nil && r.Execution.Ended.IsZero(), r.Status == StatusUnverified:
		return true // nobody has looked since; or what was asked for may still come
	case r.AfterHash == r.BeforeHash:
		return false
	}
	// Where all that the plan is about is as it was, somebody else changed the rest.
	return len(r.Changes()) == 0 || slices.ContainsFunc(r.Changes(), control.Change.Moved)
}

// TookBack tells that an undo put back what could be put back, be it all or a part.
func (r *Run) TookBack() bool { return r.Status == StatusUndone || r.Status == StatusUndoneInPart }

// Reversible tells whether any change of the plan can be taken back.
func (r *Run) Reversible() bool {
	return slices.ContainsFunc(r.Changes(), func(c control.Change) bool { return c.Stays == "" })
}

// Begun tells that the run has stored its plan and may have written.
func (r *Run) Begun() bool { return r.State == StateApplying || r.State == StateParked }

// Fresh tells that the run has not waited since it was claimed, nor its plan before: what was decided then holds.
func (r *Run) Fresh() bool { return r.Attempts == 0 && r.Turn.IsZero() && !r.Queued && r.Reply == nil }

// Idle tells that an undo ended without putting anything back: who asked for it
// sees why, and what the findings say still holds.
func (r *Run) Idle() bool {
	return r.Undoes != "" && !r.TookBack() && r.Status != StatusGone && !r.Changed()
}

// Propagates is how long after a write a check of Security Hub may still see what was there before.
const Propagates = 30 * time.Minute

// Against tells whether a check that saw the resource as failed speaks against what the run left there: it looked long
// enough after the last write, or the last read where nothing was written.
func (r *Run) Against(checked time.Time) bool {
	last := r.Finished
	if !r.Written.IsZero() {
		last = r.Written
	}
	return checked.After(last.Add(Propagates))
}

// Disputed tells that the run found nothing to change where Security Hub sees a failure.
func (r *Run) Disputed() bool { return r.Status == StatusCompliant && r.Confirmed == ConfirmedDisputed }

// LastChecked is when Security Hub last saw a finding of the run as failed.
func (r *Run) LastChecked() time.Time {
	var last time.Time
	for _, f := range r.Findings {
		if f.Checked.After(last) {
			last = f.Checked
		}
	}
	return last
}

// AwaitsPerson tells that a run has done its part and waits for what only a
// person can do, for days if need be. What was started goes on by itself, and is never done before its end.
func (r *Run) AwaitsPerson() bool {
	return r.State == StateParked && r.Execution == nil && r.Reason != "" && r.Undoes == "" &&
		r.Changed() && r.Reversible()
}
