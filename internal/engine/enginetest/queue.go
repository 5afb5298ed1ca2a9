package enginetest

import (
	"context"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// Rejected is a message that can never be handled, and why.
type Rejected struct{ Body, Reason string }

// Nudge is a check that a process sent itself.
type Nudge struct {
	Run    string
	After  time.Duration
	Waited bool // for by a person, so that it stands behind no imported findings
}

func (w *World) reject(ctx context.Context, body, reason string) error {
	return w.call(ctx, Call{Service: Queues, Operation: "Reject", Write: true}, func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.dead = append(w.dead, Rejected{Body: body, Reason: reason})
		return nil
	})
}

func (w *World) nudge(ctx context.Context, r *run.Run, after time.Duration) error {
	return w.call(ctx, Call{Service: Queues, Operation: "Nudge", Resource: r.ID, Write: true}, func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.nudges = append(w.nudges, Nudge{Run: r.ID, After: after, Waited: r.Waited()})
		return nil
	})
}

// Rejections are the messages in the dead letter queue.
func (w *World) Rejections() []Rejected {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.dead)
}

// Nudges are the checks that were sent.
func (w *World) Nudges() []Nudge {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.nudges)
}
