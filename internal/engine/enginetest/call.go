package enginetest

import (
	"context"
	"slices"

	"github.com/aws/smithy-go"
)

// Services that are called. The members' own are Store, Door, Account and Post.
const (
	Ledger      = "Ledger"
	STS         = "STS"
	SecurityHub = "SecurityHub"
	Queues      = "SQS"
	People      = "SNS"

	Organizations = "Organizations"
)

// Call is one call of a process to the world around it.
type Call struct {
	N         int // counted from 1 within its process
	Service   string
	Operation string // the method of the ledger, or the operation of the service
	Resource  string
	Write     bool
	Done      bool // it was carried out, and its answer is on its way
	Input     any  // what was sent; nil where no test looks at it
}

// Hook is called at every call, twice: before it, and when it is Done. Its error is
// what the process gets, and before the call keeps it from being carried out.
type Hook func(ctx context.Context, c Call) error

// call carries out a call between the hooks of its process.
func (w *World) call(ctx context.Context, c Call, do func() error) error {
	p := processOf(ctx)
	if p != nil {
		c.N = int(p.count.Add(1))
	}
	if err := w.before(ctx, p, c); err != nil {
		return c.failed(err)
	}
	if err := do(); err != nil {
		return c.failed(err)
	}
	return c.failed(w.after(ctx, p, c))
}

func (c Call) failed(err error) error {
	if err == nil {
		return nil
	}
	return &smithy.OperationError{ServiceID: c.Service, OperationName: c.Operation, Err: err}
}

func (w *World) before(ctx context.Context, p *Process, c Call) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p != nil {
		for _, hook := range p.hooks {
			if err := hook(ctx, c); err != nil {
				return err
			}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.faults[c.Operation]
}

func (w *World) after(ctx context.Context, p *Process, c Call) error {
	c.Done = true
	w.mu.Lock()
	w.calls = append(w.calls, c)
	w.mu.Unlock()
	if p == nil {
		return nil
	}
	for _, hook := range p.hooks {
		if err := hook(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// beforeLedger and afterLedger are call for the ledger, which has hooks of its
// own. A process that works on several runs at a time may find its number too high.
func (w *World) beforeLedger(ctx context.Context, operation string) error {
	c, p := Call{Service: Ledger, Operation: operation}, processOf(ctx)
	if p != nil {
		c.N = int(p.count.Add(1))
	}
	return c.failed(w.before(ctx, p, c))
}

func (w *World) afterLedger(ctx context.Context, operation string) error {
	c, p := Call{Service: Ledger, Operation: operation}, processOf(ctx)
	if p != nil {
		c.N = int(p.count.Load())
	}
	return c.failed(w.after(ctx, p, c))
}

// Calls are the calls that were carried out since they were last cleared.
func (w *World) Calls() []Call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.calls)
}

// ClearCalls forgets the calls so far.
func (w *World) ClearCalls() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = nil
}

// Fail lets all calls of an operation end with an error, whoever makes them, and
// without being carried out.
func (w *World) Fail(operation string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults[operation] = err
}

// Heal ends what Fail began.
func (w *World) Heal() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = map[string]error{}
}
