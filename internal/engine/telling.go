package engine

import (
	"context"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/run"
)

// announce tells of an undo, and of what people must know now; the rest is
// left to the digest.
func (e *Engine) announce(ctx context.Context, r *run.Run) error {
	if r.Undoes != "" && r.Status == run.StatusUndone {
		if err := e.Past.MarkUndone(ctx, r.Undoes, r.ID); err != nil {
			return err
		}
	}
	if outcome(r).Resolves() && len(r.Findings) > 0 {
		r.Confirm = r.Finished.Add(confirmAfter)
	}
	e.tellOrWait(ctx, r)
	return nil
}

// tellOrWait tells people of a run, or notes when they will be told.
func (e *Engine) tellOrWait(ctx context.Context, r *run.Run) {
	switch {
	case r.Told, !r.Tell.IsZero(), r.Quiet, idle(r):
		return // findings joined meanwhile, or nobody asked
	case tellNow(r) && e.Digest > 0 && !e.calm(ctx, r):
		r.Tell = e.Now().Add(e.Digest)
	case tellNow(r), e.Digest == 0 && tellLater(r):
		if r.Told = e.inform(ctx, e.notice(r)); !r.Told {
			r.Tell = e.Now().Add(tellAgain)
		}
	case tellLater(r):
		r.Tell = e.Now().Add(e.Digest)
	}
}

// tellAgain is when the sweep tries to tell what nobody heard.
const tellAgain = time.Minute

// atOnce is how many notices of one control and account go out at once in the
// time of a digest; the rest is collected. SNS suspends an email address that
// gets more than ten messages a second.
const (
	atOnce      = 5
	atOnceInAll = 20 // over all controls and accounts
)

// calm tells that people have not been told of the control in this account too
// often just now. Where that cannot be counted they are told.
func (e *Engine) calm(ctx context.Context, r *run.Run) bool {
	for key, most := range map[string]int{"told": atOnceInAll, "told#" + r.Key.Control + "#" + r.Key.Account: atOnce} {
		n, err := e.Counts.Count(ctx, key, e.Digest, e.Now())
		if err != nil {
			e.audit(ctx, audit.NotCounted, r, err)
		}
		if n > most {
			return false
		}
	}
	return true
}

// tellNow picks what cannot wait for a digest.
func tellNow(r *run.Run) bool {
	switch r.Status {
	case run.StatusFailed, run.StatusDenied, run.StatusUnverified, run.StatusAwaitingApproval, run.StatusUndone:
		return true
	case run.StatusRefused:
		return r.Trigger != run.TriggerImported
	case run.StatusCompliant, run.StatusPlanned, run.StatusVerified, run.StatusDeferred, run.StatusGone,
		run.StatusParked:
	}
	return false
}

// tellLater picks what a digest is about: changes made, and plans.
func tellLater(r *run.Run) bool {
	return r.Status == run.StatusVerified || r.Status == run.StatusPlanned
}
