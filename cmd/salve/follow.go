package main

import (
	"cmp"
	"time"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// patience says what becomes of a run that has to wait.
type patience struct {
	NoWait bool `help:"Do not stay with a run that has to wait: the hub finishes it."`
}

// waits tells that a run goes on by itself, later.
func waits(r *run.Run) bool {
	return r.State != run.StateClosed && (r.Status == run.StatusParked || r.Status == run.StatusDeferred)
}

// finish stays with a run until it is done, and prints it.
func (a *app) finish(e *engine.Engine, r *run.Run, p patience) error {
	if !waits(r) {
		return a.result(r)
	}
	if p.NoWait {
		err := a.data(a.report(r), func() {
			a.story(r)
			a.say("  follow it: salve show %s", r.ID)
		})
		if err != nil {
			return err
		}
		return exit(exitWaiting) // what it comes to is not known yet
	}
	w := &watch{app: a}
	followed, err := e.Follow(a.ctx, r.ID, w.look)
	w.done()
	if err == nil {
		return a.result(followed)
	}
	a.warn("run %s is left to the hub, which looks after it every minute: see salve show %s", r.ID, r.ID)
	if a.ctx.Err() == nil {
		return err
	}
	if a.format != formatTable { // who reads it must learn which run it is
		if err := a.data(a.report(w.last(r)), nil); err != nil {
			return err
		}
	}
	return exit(exitWaiting)
}

// watch tells a waiting person what is going on: a line that lives on a
// terminal, else a line each time there is something new.
type watch struct {
	*app
	due  time.Time
	stop func()
	seen *run.Run // as it was last
}

// last is the run as it was last seen, at first as given.
func (w *watch) last(first *run.Run) *run.Run { return cmp.Or(w.seen, first) }

func (w *watch) look(r *run.Run) {
	w.seen = r
	if r.Due.Equal(w.due) {
		return
	}
	w.done()
	w.due = r.Due
	text := "run " + plain.Short(r.ID, maxCell) + " is " + plain.Short(string(shownStatus(r)), maxCell) + ": " +
		why(r) + ", next look at " + r.Due.UTC().Format(time.TimeOnly) + " UTC (Ctrl-C leaves it to the hub)"
	if terminal(w.err) {
		w.stop = w.progress(text)
		return
	}
	w.warn("%s", text)
}

// done takes the line away.
func (w *watch) done() {
	if w.stop != nil {
		w.stop()
		w.stop = nil
	}
}

// why says what an open run waits for.
func why(r *run.Run) string {
	switch {
	case r.State == run.StateParked && r.Reason == "" && r.Execution != nil:
		return "its runbook is at work in the account"
	case r.State == run.StateParked && r.Reason == "":
		return "AWS has taken the change and does not show it yet"
	case r.Reason != "":
		return plain.Short(r.Reason, maxCell)
	case r.Status == run.StatusDeferred:
		return "another run holds the resource"
	}
	return "it is at work"
}
