package main

import (
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/report"
	"github.com/salve-security/salve/internal/run"
)

// report is a run as programs get it.
func (a *app) report(r *run.Run) report.Report {
	return report.Run(r, a.names.chosenOf(r.Key.Control, r.Params, r.Sources))
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
	case run.StatusFailed, run.StatusDenied, run.StatusUnverified, run.StatusRefused,
		run.StatusUndoneInPart:
	}
	return exitNotFixed
}

// story prints what a run did and how it ended.
func (a *app) story(r *run.Run) {
	a.headline(r)
	a.body(r)
	a.undoLine(r, nil)
}

func (a *app) headline(r *run.Run, all ...*run.Run) {
	a.say("%s  %s  %s  %s  run %s", a.status(shownStatus(r, all...)), r.Key.Control, r.Key.Account, r.Key.Resource, r.ID)
}

// body is what a run changed, and why it went as it did.
func (a *app) body(r *run.Run) {
	a.sayParams(a.names.chosenOf(r.Key.Control, r.Params, r.Sources), r.Sources)
	a.changes(r.Changes())
	switch {
	case r.Reason != "" && r.Status == run.StatusUndone:
		a.say("  beware: %s", r.Reason)
	case r.Reason != "":
		a.say("  because: %s", r.Reason)
	}
	if left := note.Of(r).Left; left != "" {
		a.say("  left: %s", left)
	}
	if r.Despite != "" {
		a.say("  despite: %s", r.Despite)
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

// undoLine says how a run, or what its undo left of it, is taken back. All are the runs among which is that.
func (a *app) undoLine(r *run.Run, all []*run.Run) {
	switch undo := undoOf(r, all); {
	case r.Undoable():
		a.say("  undo: salve undo %s --yes", r.ID)
	case undo != nil && undo.Status == run.StatusUndoneInPart:
		a.say("  undo: salve undo %s --yes, which puts back the rest", r.ID)
	}
}
