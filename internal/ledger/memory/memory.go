// Package memory is the ledger of tests: it answers as the table of
// internal/ledger does, which package ledgertest holds both to, and needs no
// emulator. Runs are kept in their stored form, so that nobody shares a pointer
// with it. It has no clock; like the table it keeps times in seconds.
//
// Hooks let a test strike every operation: before it, as where AWS refuses, or
// after it, as where the answer is lost or the process dies.
package memory

import (
	"context"
	"sync"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// Hook is told of an operation by the name of its method. Its error is what the
// caller gets.
type Hook func(ctx context.Context, operation string) error

// Ledger is a ledger in memory. It is safe for concurrent use once its hooks are
// set; hooks may use it themselves.
type Ledger struct {
	Before Hook // nil, or an error that keeps the operation from happening
	After  Hook // nil, or an error that comes in place of the answer: the operation has happened

	mu          sync.Mutex
	runs        map[string]*record
	works       map[string]*Work
	locks       map[string]string // ids of runs by resource root
	accounts    map[string]*account
	once        map[string]int64          // when what was done once may be done again
	tallies     map[string]map[string]int // counts by key and field
	marks       map[string]int64          // how far accounts have drawn on their share
	pushed      bool                      // whether there ever was a configuration document
	doc         string
	version     int64
	unread      error // why the document cannot be read
	stops       map[string]gate.Stop
	disables    map[string]gate.Disable
	history     map[int64]gate.Pushed
	given       map[string]gate.Given
	slots       map[string]run.Slots // by account and Region
	moved       map[string]gate.Moved
	modes       map[string]int64
	changes     map[int64]gate.Change
	doubts      map[string]map[string]gate.Doubt // by control and work
	held        map[string][]string              // runs by control and stage
	seal        []byte
	receipts    map[string]run.Receipt // by message
	charted     gate.Charted
	reading     int64                  // until when somebody reads the organization
	evaluations map[string]*evaluation // by account and Region
}

// New returns an empty ledger.
func New() *Ledger {
	return &Ledger{
		runs: map[string]*record{}, works: map[string]*Work{}, locks: map[string]string{}, accounts: map[string]*account{},
		once: map[string]int64{}, tallies: map[string]map[string]int{}, marks: map[string]int64{},
		stops: map[string]gate.Stop{}, disables: map[string]gate.Disable{}, history: map[int64]gate.Pushed{},
		given: map[string]gate.Given{}, receipts: map[string]run.Receipt{},
		slots:   map[string]run.Slots{},
		changes: map[int64]gate.Change{}, doubts: map[string]map[string]gate.Doubt{}, held: map[string][]string{},
		evaluations: map[string]*evaluation{},
	}
}

// call carries out an operation between its hooks.
func call[T any](ctx context.Context, l *Ledger, operation string, do func() (T, error)) (T, error) {
	var lost T
	if err := ctx.Err(); err != nil {
		return lost, err
	}
	if l.Before != nil {
		if err := l.Before(ctx, operation); err != nil {
			return lost, err
		}
	}
	answer, err := alone(&l.mu, do)
	if l.After != nil {
		if err := l.After(ctx, operation); err != nil {
			return lost, err
		}
	}
	return answer, err
}

func alone[T any](mu *sync.Mutex, do func() (T, error)) (T, error) {
	mu.Lock()
	defer mu.Unlock()
	return do()
}

// act is call for what has no answer.
func (l *Ledger) act(ctx context.Context, operation string, do func() error) error {
	_, err := call(ctx, l, operation, func() (struct{}, error) { return struct{}{}, do() })
	return err
}

// free tells that a run may have all its locks: no other run holds one.
func (l *Ledger) free(r *run.Run) bool {
	for _, lock := range r.Locks {
		if holder, held := l.locks[lock]; held && holder != r.ID {
			return false
		}
	}
	return true
}

func (l *Ledger) lock(r *run.Run) {
	for _, lock := range r.Locks {
		l.locks[lock] = r.ID
	}
}

func (l *Ledger) unlock(r *run.Run) {
	for _, lock := range r.Locks {
		delete(l.locks, lock)
	}
}
