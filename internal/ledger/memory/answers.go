package memory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// Asked is the run of a piece of work whose plan waits for approval; "" where none does.
func (l *Ledger) Asked(ctx context.Context, k run.Key) (string, error) {
	return call(ctx, l, "Asked", func() (string, error) { return l.copied(k).Asked, nil })
}

// Answer keeps an answer to the plan of a closed run, and fills it in. run.ErrGrew says that others have answered since
// the run was read.
func (l *Ledger) Answer(ctx context.Context, r *run.Run, a run.Answer) error {
	err := l.act(ctx, "Answer", func() error {
		rec := l.runs[r.ID]
		if rec == nil || rec.state != run.StateClosed || len(rec.answers) != len(r.Answers) {
			return run.ErrGrew
		}
		rec.answers = append(rec.answers, a)
		return nil
	})
	if err == nil {
		r.Answers = append(r.Answers, a)
	}
	return err
}

// Lapsed returns the runs whose plan nobody has approved in time. Each is given to one caller, and due again at until.
func (l *Ledger) Lapsed(ctx context.Context, now, until time.Time, limit int32) ([]string, error) {
	return call(ctx, l, "Lapsed", func() ([]string, error) {
		var ids []string
		for _, w := range l.works {
			if w.Asked != "" && !w.Lapses.IsZero() && w.Lapses.Unix() <= now.Unix() && len(ids) < int(limit) {
				ids, w.Lapses = append(ids, w.Asked), at(until.Unix())
			}
		}
		slices.Sort(ids)
		return ids, nil
	})
}

// Tell keeps what became of the answer that a message brought.
func (l *Ledger) Tell(ctx context.Context, message string, r run.Receipt) error {
	return l.act(ctx, "Tell", func() error {
		l.receipts[message] = r
		return nil
	})
}

// Receipt is what became of the answer that a message brought; run.ErrNotFound before anybody has looked at it.
func (l *Ledger) Receipt(ctx context.Context, message string) (run.Receipt, error) {
	return call(ctx, l, "Receipt", func() (run.Receipt, error) {
		r, ok := l.receipts[message]
		if !ok {
			return run.Receipt{}, fmt.Errorf("receipt of message %s: %w", message, run.ErrNotFound)
		}
		return r, nil
	})
}
