package replay

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/deadletter"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/names"
)

// Queue keeps dead letters. internal/deadletter has it.
type Queue interface {
	Receive(ctx context.Context) ([]deadletter.Letter, error)
	Delete(ctx context.Context, l deadletter.Letter) error
	Release(ctx context.Context, l deadletter.Letter) error
}

// Handle works on a batch as the function does. It returns the ids of the messages that have to come again, and the
// audit lines that were written.
type Handle func(ctx context.Context, batch []engine.Message) (failed []string, lines []audit.Line)

// Dead are the dead letters of a hub.
type Dead struct {
	Queue  Queue
	Engine Engine
	Handle Handle
	Prove  func(ctx context.Context, row Row) error // that somebody asked for it, before anything is done
	Warn   func(err error)                          // of what does no harm
}

// received is how often a replayed message counts as received: so often that its findings are looked up first.
const received = 2

// Plan tells of each letter why it is there and what the gate says today. It leaves all of them where they are.
func (d Dead) Plan(ctx context.Context, each func(Row) error) error {
	return d.letters(ctx, func(batch []opened) ([]opened, error) {
		for i := range batch {
			o := &batch[i]
			if o.row.State == Waiting {
				o.weigh(ctx, d.Engine)
			}
			if err := each(o.row); err != nil {
				return batch, err
			}
		}
		return batch, nil
	})
}

// Carry takes each letter through the gates and only then out of the queue. Killed at any point it has lost none, and a
// letter that is replayed again is one that was dealt with.
func (d Dead) Carry(ctx context.Context, each func(Row) error) error {
	return d.letters(ctx, func(batch []opened) ([]opened, error) {
		kept, err := d.carry(ctx, batch)
		for _, o := range batch {
			err = errors.Join(err, each(o.row))
		}
		return kept, err
	})
}

// letters hands out all letters, a batch at a time, and releases in the end those that are to stay: before, they would
// come again and again.
func (d Dead) letters(ctx context.Context, work func([]opened) ([]opened, error)) (err error) {
	var kept []opened
	seen := map[string]bool{}
	defer func() {
		ctx := context.WithoutCancel(ctx) // who interrupts wants them back all the same
		for _, o := range kept {
			if failed := d.Queue.Release(ctx, o.Letter); failed != nil {
				d.Warn(fmt.Errorf("it shows again in %s: %w", names.QueueVisibility, failed))
			}
		}
	}()
	for ctx.Err() == nil {
		letters, err := d.Queue.Receive(ctx)
		if err != nil {
			return err
		}
		var batch []opened
		for _, l := range letters {
			if !seen[l.ID] {
				seen[l.ID] = true
				batch = append(batch, open(l))
			}
		}
		if len(batch) == 0 {
			return nil
		}
		more, err := work(batch)
		kept = append(kept, more...)
		if err != nil {
			return err
		}
	}
	return fmt.Errorf("interrupted: %w", ctx.Err())
}

// carry works on a batch and returns what stays in the queue.
func (d Dead) carry(ctx context.Context, batch []opened) (kept []opened, err error) {
	var messages []engine.Message
	for i := range batch {
		o := &batch[i]
		if o.row.State != Waiting || o.event.Kind == finding.Sweep {
			continue
		}
		o.weigh(ctx, d.Engine)
		if err := d.Prove(ctx, o.row); err != nil {
			return batch, err
		}
		messages = append(messages, engine.Message{ID: o.ID, Body: o.Body, Received: received})
	}
	failed, lines := d.handle(ctx, messages)
	for i := range batch {
		o := &batch[i]
		switch {
		case o.row.State != Waiting:
		case slices.Contains(failed, o.ID) || ctx.Err() != nil:
			o.row.State, o.row.Became = Stays, "it could not be worked on: "+failure(lines)
		default:
			o.row.Became = became(*o, lines)
			d.takeOut(ctx, o)
		}
		if o.row.State == Stays {
			kept = append(kept, *o)
		}
	}
	return kept, nil
}

// handle gives the engine the time that an invocation has: a claim outlasts it.
func (d Dead) handle(ctx context.Context, messages []engine.Message) (failed []string, lines []audit.Line) {
	if len(messages) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, names.Budget)
	defer cancel()
	return d.Handle(ctx, messages)
}

// takeOut deletes a letter that was dealt with, also where somebody has interrupted meanwhile. One that cannot be
// deleted is known by its event when it is replayed again.
func (d Dead) takeOut(ctx context.Context, o *opened) {
	if err := d.Queue.Delete(context.WithoutCancel(ctx), o.Letter); err != nil {
		o.row.State, o.row.Became = Stays, o.row.Became+"; it is still in the queue: "+fault.Cause(err)
		return
	}
	o.row.State = Replayed
}

// nothing is what became of a letter about which nothing was to be done.
const nothing = "nothing to do"

// became is how the runs of a letter's findings, or the run that it asks for, stand by now.
func became(o opened, lines []audit.Line) string {
	if o.event.Kind == finding.Check {
		for _, line := range slices.Backward(lines) {
			if line.Run == o.event.Run && line.Status != "" {
				return line.Status
			}
		}
	}
	return endOf(lines, func(k finding.Key) bool {
		return slices.ContainsFunc(o.event.Findings, func(raw finding.Raw) bool {
			return raw.ID == k.ID && raw.AwsAccountID == k.Account && raw.ProductArn == k.ProductArn
		})
	})
}

// failure is why a message of the batch failed, as the audit log has it.
func failure(lines []audit.Line) string {
	for _, line := range lines {
		if line.Event == audit.MessageFailed {
			return fault.Cause(errors.New(line.Error))
		}
	}
	return "interrupted"
}
