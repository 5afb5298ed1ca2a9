package run

import (
	"fmt"
	"time"

	"github.com/salve-security/salve/internal/plain"
)

// Left is an item of the ledger that a run keeps from others: a lock, or a piece of
// work that is open.
type Left struct {
	Item  string // its key, "lock#" and a resource root, or "work#" and the key of the work
	Run   string // that has it
	Holds Holding
	Lease time.Time // of the run, zero where there is none
}

// Holding says how it stands with the run that has an item.
type Holding string

// How it can stand.
const (
	HoldingOpen    Holding = "open"    // the run goes on, or is taken up by the next sweep
	HoldingClosed  Holding = "closed"  // it has ended without giving the item back
	HoldingMissing Holding = "missing" // there is no such run: somebody deleted it
	HoldingUnread  Holding = "unread"  // it cannot be read by this version of Salve
)

// Free tells that nobody works on it any more: it may be released.
func (l Left) Free(now time.Time) bool {
	switch l.Holds {
	case HoldingClosed, HoldingMissing:
		return true
	case HoldingUnread:
		return !l.Lease.After(now)
	case HoldingOpen:
	}
	return false
}

// LockPrefix begins the key of the item of a lock.
const LockPrefix = "lock#"

// LeftError says that a run which does not exist keeps a piece of work. It is no leave to start afresh: the plan that
// it stored is lost, and nobody knows what it wrote.
type LeftError struct{ Item, Run string }

// Error names the command that shows it.
func (e *LeftError) Error() string {
	return fmt.Sprintf("run %s has this work and does not exist any more, somebody deleted it: release it with "+
		"%s", e.Run, e.Release())
}

// Release is the command that gives the item back.
func (e *LeftError) Release() string { return "salve locks release " + plain.Shell(e.Item) }
