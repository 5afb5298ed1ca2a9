package settle

import (
	"context"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/tell"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/run"
)

// confirmAfter is when Security Hub has looked again: it checks every 12 or 24 hours.
const confirmAfter = 36 * time.Hour

// announce tells of an undo, and of what people must know now; the rest is
// left to the digest.
func (s *Settler) announce(ctx context.Context, r *run.Run) error {
	if r.Undoes != "" && r.TookBack() {
		if err := s.Past.MarkUndone(ctx, r.Undoes, r.ID); err != nil {
			return err
		}
	}
	if note.Of(r).Resolves() && len(r.Findings) > 0 {
		r.Confirm = r.Finished.Add(confirmAfter)
	}
	s.tellOrWait(ctx, r)
	return nil
}

// tellOrWait tells people of a run, or notes when they will be told.
func (s *Settler) tellOrWait(ctx context.Context, r *run.Run) {
	switch {
	case r.Told, !r.Tell.IsZero(), r.Quiet, r.Idle(), r.Key.Reads:
		return // findings joined meanwhile, nobody asked, or who did reads it on the finding
	case tellNow(r) && s.Digest > 0 && !s.calm(ctx, r):
		r.Tell = s.Now().Add(s.Digest)
	case tellNow(r), s.Digest == 0 && tellLater(r):
		if r.Told = s.People.Inform(ctx, s.People.Of(r)); !r.Told {
			r.Tell = s.Now().Add(tell.Again)
		}
	case tellLater(r):
		r.Tell = s.Now().Add(s.Digest)
	}
}

// atOnce is how many notices of one control and account go out at once in the
// time of a digest; the rest is collected. SNS suspends an email address that
// gets more than ten messages a second.
const (
	atOnce      = 5
	atOnceInAll = 20 // over all controls and accounts
)

// calm tells that people have not been told of the control in this account too
// often just now. Where that cannot be counted they are told.
func (s *Settler) calm(ctx context.Context, r *run.Run) bool {
	for key, most := range map[string]int{"told": atOnceInAll, "told#" + r.Key.Control + "#" + r.Key.Account: atOnce} {
		n, err := s.Counts.Count(ctx, key, s.Digest, s.Now())
		if err != nil {
			s.Audit.Run(ctx, s.Now(), audit.NotCounted, r, err)
		}
		if n > most {
			return false
		}
	}
	return true
}

// tellNow picks what cannot wait for a digest.
func tellNow(r *run.Run) bool {
	if r.Disputed() {
		return true
	}
	switch r.Status {
	case run.StatusFailed, run.StatusDenied, run.StatusUnverified, run.StatusAwaitingApproval, run.StatusUndone,
		run.StatusUndoneInPart:
		return true
	case run.StatusRefused:
		return r.Trigger != run.TriggerImported
	case run.StatusCompliant, run.StatusPlanned, run.StatusVerified, run.StatusDeferred, run.StatusGone,
		run.StatusParked:
	}
	return false
}

// tellLater picks what a digest is about: changes made, plans, and what Salve will
// not fix, which nobody asked for and nobody would look at any more.
func tellLater(r *run.Run) bool {
	return r.Status == run.StatusVerified || r.Status == run.StatusPlanned || r.Status == run.StatusRefused
}
