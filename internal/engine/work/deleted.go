package work

import (
	"context"
	"errors"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// unknown is what is to be said of a run that somebody deleted. Nothing is begun afresh: its plan is lost, so that
// nobody knows whether it wrote, and a process of it may be writing now.
const unknown = "and somebody deleted it from the ledger: nobody knows what it has changed. Look at the resource, " +
	"release it, then click again."

// deleted tells who clicked that a run which does not exist any more has the work. Of a report the error is handed on:
// its message is kept where people find it.
func (w *Worker) deleted(ctx context.Context, r *run.Run, err error) error {
	left := new(run.LeftError)
	if r.Trigger != run.TriggerClick || !errors.As(err, &left) {
		return err
	}
	w.Audit.Run(ctx, w.Now(), audit.Refused, r, err)
	return w.answer(ctx, r, note.Outcome{
		Cell:    outcome.Cell{Outcome: outcome.NotAllowed, Trigger: outcome.Of(r).Trigger},
		Control: r.Key.Control, Reason: "Run " + left.Run + " has this work, " + unknown, ToDo: release(r, left),
	})
}

// lockLeft tells who clicked, and waits for a resource, that a run which does not exist any more has its lock: nothing
// gives it back but a person.
func (w *Worker) lockLeft(ctx context.Context, r *run.Run) {
	if r.Trigger != run.TriggerClick {
		return
	}
	items := make([]string, len(r.Locks))
	for i, lock := range r.Locks {
		items[i] = run.LockPrefix + lock
	}
	all, err := w.Claims.Left(ctx, items...)
	for _, l := range all {
		if err != nil || l.Holds != run.HoldingMissing {
			continue
		}
		left := &run.LeftError{Item: l.Item, Run: l.Run}
		err = w.answer(ctx, r, note.Outcome{
			Cell:    outcome.Cell{Outcome: outcome.Resting, Trigger: outcome.Of(r).Trigger},
			Control: r.Key.Control, RunID: r.ID, ToDo: release(r, left),
			Reason: "It waits for the resource, which run " + l.Run + " has; somebody deleted that run from the ledger, so " +
				"nobody knows what it has changed.",
		})
		break
	}
	if err != nil {
		w.Audit.Run(ctx, w.Now(), audit.NotSynced, r, err)
	}
}

// maxRelease is how long a command may be that stands in a note beside all the rest.
const maxRelease = 110

// release is how a person releases what a deleted run has.
func release(r *run.Run, left *run.LeftError) string {
	if command := left.Release(); plain.Length(command) <= maxRelease {
		return command
	}
	return "salve locks list " + r.Key.Control + " RESOURCE, then salve locks release ITEM"
}
