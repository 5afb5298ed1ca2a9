package enginetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/fault"
)

// Throttled is the answer of a service that is asked too often.
func Throttled() error {
	return &smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded"}
}

// Down is the answer of a service that is not well.
func Down() error {
	return &smithy.GenericAPIError{Code: "InternalServerError", Message: "We are sorry"}
}

// Denied is what a control's write ends with where a policy forbids it.
func Denied() error { return fault.New(fault.Denied, "not by you") }

// Trouble is what goes wrong at a call.
type Trouble struct {
	Answer error // instead of the service's
	Done   bool  // the call is carried out, and only its answer is lost
	Stay   bool  // from this call on, to the end of the message
}

// Troubles are all that can go wrong with a call, by name.
func Troubles() map[string]Trouble {
	return map[string]Trouble{
		"throttled": {Answer: Throttled()},
		"500":       {Answer: Down()},
		"timeout":   {Answer: fmt.Errorf("no answer: %w", context.DeadlineExceeded)},
		"dropped":   {Answer: fmt.Errorf("answer cut off: %w", io.ErrUnexpectedEOF), Done: true},
		"outage":    {Answer: Down(), Stay: true},
	}
}

// At is a hook that strikes the n-th call of a process, as long as it is not
// over, and notes that it did.
func (x Trouble) At(n int, over, hit *atomic.Bool) Hook {
	return func(_ context.Context, c Call) error {
		meant := c.N == n && c.Done == x.Done || x.Stay && c.N > n
		if over.Load() || !meant {
			return nil
		}
		hit.Store(true)
		return x.Answer
	}
}

// Death ends a process at one of its calls: just before it is sent, or
// when it was carried out and the answer is on its way.
type Death struct {
	At   int
	Done bool
}

// String says it in the name of a test.
func (d Death) String() string {
	if d.Done {
		return "done"
	}
	return "not done"
}

// ErrDead is what the calls of a dead process end with.
var ErrDead = errors.New("the process is dead")

// Die lets a process work until it dies of d.
func (w *World) Die(t *testing.T, d Death, work func(context.Context, *Process)) {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	defer end()
	var dead atomic.Bool
	work(ctx, w.Start(func(_ context.Context, c Call) error {
		if dead.Load() {
			return ErrDead
		}
		if c.N != d.At || c.Done != d.Done {
			return nil
		}
		dead.Store(true)
		end()
		return ErrDead
	}))
	if !dead.Load() {
		t.Fatalf("the process outlived call %d", d.At)
	}
}

// Watched runs work in a process and returns the calls that it made, in order: a case each.
func (w *World) Watched(work func(*Process)) []Call {
	var calls []Call
	work(w.Start(func(_ context.Context, c Call) error {
		if !c.Done {
			calls = append(calls, c)
		}
		return nil
	}))
	return calls
}

// Meanwhile calls do before the first call of an operation.
func Meanwhile(operation string, do func()) Hook { return first(operation, false, do) }

// Afterwards calls do right after the first call of an operation, before its answer arrives.
func Afterwards(operation string, do func()) Hook { return first(operation, true, do) }

func first(operation string, done bool, do func()) Hook {
	var once atomic.Bool
	return func(_ context.Context, c Call) error {
		if c.Operation == operation && c.Done == done && once.CompareAndSwap(false, true) {
			do()
		}
		return nil
	}
}
