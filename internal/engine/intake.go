package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// Message is one message of a queue.
type Message struct {
	ID, Body string
	// Approval tells that it came through the queue of answers to plans, and Sender who sent it there, as AWS says.
	Approval bool
	Sender   string
	Received int // how often the queue has handed it out, this time included; 0 where nobody says
}

// Handle works on a batch and returns the ids of the messages that have to
// come again. Sweeps come last: what people wait for does not wait for them.
func (e *Engine) Handle(ctx context.Context, batch []Message) []string {
	var sweeps, others []Message
	for _, m := range batch {
		if event, err := finding.Decode([]byte(m.Body)); err == nil && event.Kind == finding.Sweep && !m.Approval {
			sweeps = append(sweeps, m)
			continue
		}
		others = append(others, m)
	}
	// One does the work of all: whoever floods the queue with them gets no more of them.
	return append(e.together(ctx, others), e.together(ctx, sweeps[:min(len(sweeps), 1)])...)
}

// together works on messages in parallel and updates the findings of all of
// them at the end.
func (e *Engine) together(ctx context.Context, batch []Message) []string {
	var mu sync.Mutex
	var failed []string
	var done []*run.Run
	var g errgroup.Group
	g.SetLimit(run.InParallel)
	handle := func(m Message, how func() ([]*run.Run, error)) {
		g.Go(func() error {
			runs, err := guarded(how)
			mu.Lock()
			defer mu.Unlock()
			done = append(done, runs...)
			if err != nil {
				failed = append(failed, m.ID)
				e.ports.Audit(ctx, audit.Line{Time: e.ports.Now(), Event: audit.MessageFailed, Error: err.Error()})
			}
			return nil
		})
	}
	var old []*stale
	for _, m := range batch {
		if m.Approval {
			handle(m, func() ([]*run.Run, error) { return e.answer(ctx, m) })
			continue
		}
		event, err := finding.Decode([]byte(m.Body))
		if err == nil && carries(event) && e.Stale(event, m.Received) {
			old = append(old, &stale{Message: m, event: event})
			continue
		}
		handle(m, func() ([]*run.Run, error) { return e.message(ctx, m, event, err) })
	}
	e.renew(ctx, old)
	for _, m := range old {
		handle(m.Message, func() ([]*run.Run, error) { return e.act(ctx, m) })
	}
	_ = g.Wait() // every error is in failed
	if err := e.settle.Settle(ctx, done); err != nil {
		// The runs are recorded: the sweep finds and settles them.
		e.ports.Audit(ctx, audit.Line{Time: e.ports.Now(), Event: audit.NotSettled, Error: err.Error()})
	}
	return failed
}

// guarded keeps a defect that one message brings to light from taking the others with it.
func guarded(how func() ([]*run.Run, error)) (runs []*run.Run, err error) {
	defer func() {
		if defect := recover(); defect != nil {
			err = fmt.Errorf("the message brought a defect to light: %v", defect)
		}
	}()
	return how()
}

// carries tells whether an event has findings.
func carries(event finding.Event) bool {
	return event.Kind == finding.Imported || event.Kind == finding.CustomAction
}

// message handles one message, as it was read, and returns the runs it brought to an outcome.
func (e *Engine) message(ctx context.Context, m Message, event finding.Event, err error) (runs []*run.Run, _ error) {
	if err != nil {
		e.ports.Audit(ctx, audit.Line{Time: e.ports.Now(), Event: audit.Rejected, Error: err.Error()})
		return nil, e.ports.Reject(ctx, m.Body, err.Error())
	}
	switch event.Kind {
	case finding.Sweep:
		return nil, e.Sweep(ctx)
	case finding.Check:
		return nil, e.Resume(ctx, event.Run)
	case finding.Imported, finding.CustomAction:
	case finding.Unknown:
		fallthrough
	default:
		e.ports.Audit(ctx, audit.Line{Time: e.ports.Now(), Event: audit.Dropped})
		return nil, nil
	}
	var errs []error
	for _, raw := range event.Findings {
		r, err := e.Finding(ctx, event, raw)
		if r != nil {
			runs = append(runs, r)
		}
		errs = append(errs, err)
	}
	return runs, errors.Join(errs...)
}
