package settle

import (
	"context"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/tell"
	"github.com/salve-security/salve/internal/outcome"
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
		if err := s.Doubt(ctx, r, "run "+r.Undoes+" was taken back by "+r.Actor); err != nil {
			return err
		}
	}
	if r.Disputed() {
		if err := s.Doubt(ctx, r, "Security Hub disputes what run "+r.ID+" found"); err != nil {
			return err
		}
	}
	if outcome.Of(r).Row().Resolves() && len(r.Findings) > 0 {
		r.Confirm = r.Finished.Add(confirmAfter)
	}
	s.tellOrWait(ctx, r)
	return nil
}

// tellOrWait tells people of a run, or notes when they will be told.
func (s *Settler) tellOrWait(ctx context.Context, r *run.Run) {
	row := outcome.Of(r).Row()
	switch {
	case r.Told, !r.Tell.IsZero(), !row.Told():
		return // findings joined meanwhile, or nobody wants to hear of it
	case s.Digest > 0 && (row.Mail == outcome.Digest || !s.calm(ctx, r)):
		r.Tell = s.Now().Add(s.Digest)
		return
	}
	if r.Told = s.People.Inform(ctx, s.People.Of(r)); !r.Told {
		r.Tell = s.Now().Add(tell.Again)
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
