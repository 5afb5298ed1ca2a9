package main

import (
	"slices"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/run"
)

// runReport is a run as programs get it.
type runReport struct {
	RunID      string           `json:"run_id"`
	Control    string           `json:"control"`
	Account    string           `json:"account"`
	Region     string           `json:"region"`
	Resource   string           `json:"resource"`
	Status     run.Status       `json:"status"`
	Reason     string           `json:"reason,omitempty"`
	Parameters map[string]any   `json:"parameters,omitempty"` // that are not the defaults
	Diff       []control.Change `json:"diff"`
	BeforeHash string           `json:"before_hash,omitempty"`
	AfterHash  string           `json:"after_hash,omitempty"`
	PlanHash   string           `json:"plan_hash,omitempty"`
	Calls      []string         `json:"calls,omitempty"`
	Note       string           `json:"note,omitempty"`
	ToDo       string           `json:"to_do,omitempty"` // where a person can do more than look at the run
	Trigger    run.Trigger      `json:"trigger"`
	Actor      string           `json:"actor"`
	Asked      time.Time        `json:"asked,omitzero"` // when the event happened that led to it
	Created    time.Time        `json:"created"`
	State      run.State        `json:"state"`
	Due        time.Time        `json:"due,omitzero"` // of an open run: when it is looked at next
	Finished   time.Time        `json:"finished,omitzero"`
	Undoes     string           `json:"undoes,omitempty"`
	Unmet      []string         `json:"unmet,omitempty"` // other controls that the undo left unmet; on hold too
	Lost       []string         `json:"lost,omitempty"`  // others that were met before the undo; not on hold
	UndoneBy   string           `json:"undone_by,omitempty"`
	SettledBy  string           `json:"settled_by,omitempty"` // the later run that did what this one showed or asked for
	Confirmed  run.Confirmed    `json:"confirmed,omitempty"`  // what Security Hub said of the fix
	ConfirmAt  time.Time        `json:"confirm_at,omitzero"`  // when it is asked next
	Hold       *run.Hold        `json:"hold,omitempty"`       // what keeps the engine away from the resource now
	Findings   []string         `json:"findings,omitempty"`
}

func (a *app) report(r *run.Run) runReport {
	out := runReport{
		RunID: r.ID, Control: r.Key.Control, Account: r.Key.Account, Region: r.Region, Resource: r.Key.Resource,
		Status: r.Status, Reason: r.Reason, Diff: r.Changes(), BeforeHash: r.BeforeHash, AfterHash: r.AfterHash,
		Calls: r.Calls, Note: r.Note, ToDo: r.ToDo, Trigger: r.Trigger, Actor: r.Actor, Created: r.Created,
		Finished:   r.Finished,
		Parameters: a.names.chosenOf(r.Key.Control, r.Params), Undoes: r.Undoes, UndoneBy: r.UndoneBy, State: r.State,
		Unmet: r.Unmet, Lost: r.Lost,
		Asked: r.Asked, Confirmed: r.Confirmed, ConfirmAt: r.Confirm,
	}
	if r.State != run.StateClosed {
		out.Due = r.Due
	}
	if out.Diff == nil {
		out.Diff = []control.Change{}
	}
	if r.Plan != nil {
		out.PlanHash = r.Plan.Hash
	}
	for key := range r.Findings {
		out.Findings = append(out.Findings, key.ID)
	}
	slices.Sort(out.Findings)
	return out
}

// result prints a run and turns its status into an exit code.
func (a *app) result(r *run.Run) error {
	if err := a.data(a.report(r), func() { a.story(r) }); err != nil {
		return err
	}
	if code := statusExit(r.Status); code != exitDone {
		return code
	}
	return nil
}

// statusExit is the exit code of a command whose run ended so.
func statusExit(s run.Status) exit {
	switch s {
	case "", run.StatusVerified, run.StatusCompliant, run.StatusUndone, run.StatusGone:
		return exitDone
	case run.StatusPlanned:
		return exitPending
	case run.StatusAwaitingApproval, run.StatusDeferred, run.StatusParked:
		return exitWaiting
	case run.StatusFailed, run.StatusDenied, run.StatusUnverified, run.StatusRefused:
	}
	return exitNotFixed
}

// story prints what a run did and how it ended.
func (a *app) story(r *run.Run) {
	a.headline(r)
	a.body(r)
	if r.UndoneBy != "" {
		a.say("  taken back by run %s", r.UndoneBy)
	}
	a.undoLine(r)
}

func (a *app) headline(r *run.Run) {
	a.say("%s  %s  %s  %s  run %s", a.status(shownStatus(r)), r.Key.Control, r.Key.Account, r.Key.Resource, r.ID)
}

// body is what a run changed, and why it went as it did.
func (a *app) body(r *run.Run) {
	a.sayParams(a.names.chosenOf(r.Key.Control, r.Params))
	a.changes(r.Changes())
	switch {
	case r.Reason != "" && r.Status == run.StatusUndone:
		a.say("  beware: %s", r.Reason)
	case r.Reason != "":
		a.say("  because: %s", r.Reason)
	}
	if r.Note != "" {
		a.say("  note: %s", r.Note)
	}
	if r.ToDo != "" {
		a.say("  to do: %s", r.ToDo)
	}
	if r.State != run.StateClosed {
		a.say("  next: %s", stamp(r.Due))
	}
}

func (a *app) undoLine(r *run.Run) {
	if r.Undoable() {
		a.say("  undo: salve undo %s --yes", r.ID)
	}
}

// shownStatus is the status, or how far a run has come that has none yet.
func shownStatus(r *run.Run) run.Status {
	if r.Status == "" {
		return run.Status(r.State)
	}
	return r.Status
}
