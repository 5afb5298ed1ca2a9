// Package report is the form in which programs get plans, runs and verifications, the same for all of them:
// docs/schema/run-v1.json describes it, docs/json.md the others beside it.
package report

import (
	"maps"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// Version is the version of the form. Fields may be added to a version, never changed or removed.
const Version = 1

// Waits is what of the configuration would hold a report or a click back now, and until when.
type Waits struct {
	Reason  string    `json:"reason"`  // in a word, as in docs/precedence.md
	Because string    `json:"because"` // in a sentence
	Until   time.Time `json:"until,omitzero"`
}

// Kind says what a report is about.
type Kind string

// The kinds.
const (
	Planned  Kind = "plan"         // what a control, or an undo, would change; nothing was touched
	Ran      Kind = "run"          // one attempt, also one that was an undo
	Verified Kind = "verification" // whether what a run led to still holds
)

// Report is a plan, a run or a verification. A field without a value is left out; times are UTC.
type Report struct {
	Version     int                       `json:"version"`
	Kind        Kind                      `json:"kind"`
	RunID       string                    `json:"run_id,omitempty"` // none for a plan
	Control     string                    `json:"control"`
	Account     string                    `json:"account"`
	Region      string                    `json:"region"`
	Resource    string                    `json:"resource"`
	Status      run.Status                `json:"status,omitempty"` // none while a run is at work: State says how far
	Reason      string                    `json:"reason,omitempty"`
	Parameters  map[string]any            `json:"parameters,omitempty"`        // that are not the defaults
	Sources     map[string]control.Source `json:"parameter_sources,omitempty"` // who set parameters
	PlanHash    string                    `json:"plan_hash,omitempty"`         // in hexadecimal digits
	Changes     []Change                  `json:"changes"`                     // planned, made; of a verification: missing
	Remains     []Change                  `json:"remains,omitempty"`           // of the run, which its undo leaves
	BeforeHash  string                    `json:"before_hash,omitempty"`
	AfterHash   string                    `json:"after_hash,omitempty"`
	Calls       []string                  `json:"calls,omitempty"`
	Note        string                    `json:"note,omitempty"`
	ToDo        string                    `json:"to_do,omitempty"` // where a person can do more than look at the run
	Trigger     run.Trigger               `json:"trigger,omitempty"`
	Actor       string                    `json:"actor,omitempty"`
	ApprovedBy  []string                  `json:"approved_by,omitempty"`
	DeniedBy    []string                  `json:"denied_by,omitempty"`
	AnswersRun  string                    `json:"answers_run,omitempty"`  // whose plan was approved or denied
	Until       time.Time                 `json:"approve_until,omitzero"` // of a plan that waits
	Asked       time.Time                 `json:"asked,omitzero"`         // when the event happened that led to it
	Created     time.Time                 `json:"created,omitzero"`
	State       run.State                 `json:"state,omitempty"`
	Due         time.Time                 `json:"due,omitzero"` // of an open run: when it is looked at next
	Finished    time.Time                 `json:"finished,omitzero"`
	Undoes      string                    `json:"undoes,omitempty"` // the run that is taken back
	Unmet       []string                  `json:"unmet,omitempty"`  // controls that the undo leaves unmet; on hold too
	Lost        []string                  `json:"lost,omitempty"`   // others that were met before the undo; not on hold
	UndoneBy    string                    `json:"undone_by,omitempty"`
	SettledBy   string                    `json:"settled_by,omitempty"`   // a later run that dealt with what this showed or asked
	Confirmed   run.Confirmed             `json:"confirmed,omitempty"`    // what Security Hub said of the fix
	ConfirmAt   time.Time                 `json:"confirm_at,omitzero"`    // when it is asked next
	Recurrence  *Recurrence               `json:"recurrence,omitempty"`   // a later look found the fix undone
	Hold        *Hold                     `json:"hold,omitempty"`         // what keeps the engine off the resource now
	Stopped     *Stop                     `json:"stopped,omitempty"`      // what apply would be refused for now
	Exceptions  []Exception               `json:"exceptions,omitempty"`   // of a plan: for what it would change
	Waits       *Waits                    `json:"waits,omitempty"`        // of a plan: what holds back who has no name
	Despite     string                    `json:"despite,omitempty"`      // the exception that an operator acted despite
	Findings    []finding.Key             `json:"findings,omitempty"`     // that get the result
	Execution   *Execution                `json:"execution,omitempty"`    // what was started in place of a write
	Runbook     *control.Runbook          `json:"runbook,omitempty"`      // what the plan starts
	Said        string                    `json:"said,omitempty"`         // what the first finding says is wrong
	Rule        string                    `json:"rule,omitempty"`         // what of the configuration let it happen
	AccountName string                    `json:"account_name,omitempty"` // as a finding says it
	Mentions    []string                  `json:"mentions,omitempty"`     // what the plan leaves and people should know of
}

// Plan is the report of what a control would change, with the parameters that are not the defaults. The status is
// planned, compliant or gone.
func Plan(p control.Plan, status run.Status, params map[string]any) Report {
	return Report{
		Version: Version, Kind: Planned, Control: p.Control, Account: p.Target.Account, Region: p.Target.Region,
		Resource: p.Target.Resource, Status: status, Parameters: params, PlanHash: p.Hash, Changes: Changes(p.Changes),
		Runbook: p.Runbook, Mentions: p.Mentions,
	}
}

// Undo is the report of what taking a run back would change. The status is planned or gone.
func Undo(r *run.Run, p control.Plan, status run.Status, unmet []string) Report {
	out := about(Planned, r, status, p.Changes)
	out.Undoes, out.Unmet, out.PlanHash, out.Runbook = r.ID, unmet, p.Hash, p.Runbook
	for _, c := range r.Changes() {
		if c.Stays != "" {
			out.Remains = append(out.Remains, ChangeOf(c))
		}
	}
	return out
}

// Verification is the report of what is missing of what a run led to. The status is verified, unverified or gone.
func Verification(r *run.Run, status run.Status, missing []control.Change) Report {
	out := about(Verified, r, status, missing)
	out.RunID = r.ID
	return out
}

// Run is the report of a run, with the parameters that are not the defaults.
func Run(r *run.Run, params map[string]any) Report {
	out := about(Ran, r, r.Status, r.Changes())
	out.RunID, out.Reason, out.Parameters, out.Sources = r.ID, r.Reason, params, r.Sources
	out.BeforeHash, out.AfterHash, out.Calls = r.BeforeHash, r.AfterHash, r.Calls
	out.Note, out.ToDo, out.Trigger, out.Actor, out.State = r.Note, r.ToDo, r.Trigger, r.Actor, r.State
	out.Asked, out.Created, out.Finished = r.Asked.UTC(), r.Created.UTC(), r.Finished.UTC()
	out.Said, out.Rule, out.Despite, out.AccountName = r.Said, r.Rule, r.Despite, r.AccountName
	out.Undoes, out.Unmet, out.Lost, out.UndoneBy = r.Undoes, r.Unmet, r.Lost, r.UndoneBy
	out.Confirmed, out.ConfirmAt, out.Recurrence = r.Confirmed, r.Confirm.UTC(), RecurrenceOf(r.Recurrence)
	if r.State != run.StateClosed {
		out.Due = r.Due.UTC()
	}
	if r.Plan != nil {
		out.PlanHash, out.Runbook, out.Mentions = r.Plan.Hash, r.Plan.Runbook, r.Plan.Mentions
	}
	if r.Reply != nil {
		out.AnswersRun = r.Reply.Run
	}
	switch {
	case r.Granted():
		out.ApprovedBy = r.Reply.By()
	case r.Rejected():
		out.DeniedBy = r.Reply.By()
	case r.Status == run.StatusAwaitingApproval:
		out.Until = r.Ends.UTC()
	}
	out.Execution = ExecutionOf(r.Execution)
	out.Findings = slices.SortedFunc(maps.Keys(r.Findings), finding.Key.Compare)
	return out
}

// about is what all reports on a run's resource have.
func about(kind Kind, r *run.Run, status run.Status, changes []control.Change) Report {
	return Report{
		Version: Version, Kind: kind, Control: r.Key.Control, Account: r.Key.Account, Region: r.Region,
		Resource: r.Key.Resource, Status: status, Changes: Changes(changes),
	}
}
