package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// Message is one message of a queue.
type Message struct{ ID, Body string }

// Configured returns the configuration that holds now.
type Configured func(ctx context.Context) (gate.Config, error)

// unattributed is who asked when a custom action carries no name of a person.
const unattributed = "unattributed"

// inParallel is how many messages of a batch are worked on at a time.
const inParallel = 5

// Handle works on a batch and returns the ids of the messages that have to
// come again. Sweeps come last: what people wait for does not wait for them.
func (e *Engine) Handle(ctx context.Context, batch []Message) []string {
	var sweeps, others []Message
	for _, m := range batch {
		if event, err := finding.Decode([]byte(m.Body)); err == nil && event.Kind == finding.Sweep {
			sweeps = append(sweeps, m)
			continue
		}
		others = append(others, m)
	}
	return append(e.together(ctx, others), e.together(ctx, sweeps)...)
}

// together works on messages in parallel and updates the findings of all of
// them at the end.
func (e *Engine) together(ctx context.Context, batch []Message) []string {
	var mu sync.Mutex
	var failed []string
	var done []*run.Run
	var g errgroup.Group
	g.SetLimit(inParallel)
	for _, m := range batch {
		g.Go(func() error {
			runs, err := e.message(ctx, m)
			mu.Lock()
			defer mu.Unlock()
			done = append(done, runs...)
			if err != nil {
				failed = append(failed, m.ID)
				e.Audit(ctx, Line{Time: e.Now(), Event: MessageFailed, Error: err.Error()})
			}
			return nil
		})
	}
	_ = g.Wait() // every error is in failed
	if err := e.settle(ctx, done); err != nil {
		// The runs are recorded: the sweep finds and settles them.
		e.Audit(ctx, Line{Time: e.Now(), Event: NotSettled, Error: err.Error()})
	}
	return failed
}

// message handles one message and returns the runs it brought to an outcome. A
// defect that one message brings to light must not take the others with it.
func (e *Engine) message(ctx context.Context, m Message) (runs []*run.Run, err error) {
	defer func() {
		if defect := recover(); defect != nil {
			err = fmt.Errorf("the message brought a defect to light: %v", defect)
		}
	}()
	event, err := finding.Decode([]byte(m.Body))
	if err != nil {
		e.Audit(ctx, Line{Time: e.Now(), Event: Rejected, Error: err.Error()})
		return nil, e.Reject(ctx, m.Body, err.Error())
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
		e.Audit(ctx, Line{Time: e.Now(), Event: Dropped})
		return nil, nil
	}
	var errs []error
	for _, raw := range event.Findings {
		r, err := e.one(ctx, event, raw)
		if r != nil {
			runs = append(runs, r)
		}
		errs = append(errs, err)
	}
	return runs, errors.Join(errs...)
}

// one takes a finding through identity, gate and claim, and its run to an
// outcome. Nil means that nothing is left to tell its finding.
func (e *Engine) one(ctx context.Context, event finding.Event, raw finding.Raw) (*run.Run, error) {
	f, err := event.Identify(raw, e.Standards)
	if err != nil {
		e.Audit(ctx, Line{Time: e.Now(), Event: Refused, Reason: err.Error()})
		return nil, nil
	}
	c, known := e.Controls.Get(f.Control)
	d, err := e.decide(ctx, event, f, c, known)
	if err != nil {
		return nil, err
	}
	switch d.Verdict {
	case gate.Act, gate.Preview, gate.Ask:
	case gate.Refuse:
		return nil, e.refuse(ctx, f, d)
	case gate.Defer, gate.Ignore:
		fallthrough
	default: // never act on a verdict we do not know
		return nil, nil
	}
	if err := finding.CheckResource(f, c.Resources, c.Pattern); err != nil {
		e.Audit(ctx, Line{Time: e.Now(), Event: Refused, Control: f.Control, Account: f.Account, Reason: err.Error()})
		return nil, nil
	}
	r := e.findingRun(c, event, f, d)
	if r.Params, err = e.params(ctx, c, nil); err != nil {
		return nil, err
	}
	return e.claim(ctx, r)
}
