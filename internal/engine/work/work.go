// Package work takes one run from its claim to its conclusion: gate, claim, plan,
// apply, verify, conclude. It knows ports, never a service client.
package work

import (
	"context"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/breaker"
	"github.com/salve-security/salve/internal/engine/rings"
	"github.com/salve-security/salve/internal/engine/tell"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// Worker carries out runs. All fields but Batch and Asked are required; it is safe for concurrent use.
type Worker struct {
	Controls   control.Registry
	Map        Map
	Standards  finding.Standards
	Configured Configured
	Stops      Stops
	ActionArn  string // of our custom action
	Claims     Claims
	Turns      Turns
	Budgets    Budgets
	Starts     Starts
	Runs       Runs
	Past       Past
	Answers    Answers
	Asked      Asked
	Sessions   Sessions
	Around     Around
	SealKey    SealKey
	Hub        Hub
	Look       run.Look
	People     *tell.People
	Breaker    *breaker.Breaker
	Rings      *rings.Rings
	Slots      Slots
	Nudge      Nudge
	Audit      audit.Log
	Settle     Settle

	Batch string        // what the ids of runs of this invocation begin with; empty for none in common
	Owner string        // names this process in claims
	Lease time.Duration // how long a claim of this process holds
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
}

// busyRetry is when a run whose resource another run holds is worth another try.
const busyRetry = 15 * time.Second

// newRun is a run that nobody has claimed yet. Its parameters also say what else it locks.
func (w *Worker) newRun(key run.Key, t control.Target, c control.Control, params control.Choice) *run.Run {
	now := w.Now()
	r := &run.Run{
		Schema: run.Schema, ID: run.InBatch(w.Batch, now), Key: key, Region: t.Region, Part: t.Partition,
		Params: params.Params, Sources: params.Sources, Unknown: params.Unknown, Beneath: params.Beneath,
		Owner: w.Owner, State: run.StateClaimed, Created: now, Findings: map[finding.Key]run.Finding{},
	}
	if r.Locks = locks(c, r); r.SortLocks() != nil {
		r.Locks = []string{run.Lock(key, t.Resource)} // enough to be stored and to fail: see lockable
	}
	return r
}

// locks are the names of all that a run of the control locks.
func locks(c control.Control, r *run.Run) []string {
	var names []string
	for _, root := range c.LockKeys(r.Target(), r.Params) {
		names = append(names, run.Lock(r.Key, root))
	}
	return names
}

// lockable is run.ErrLocks for a run that cannot have the locks it needs: people are told, as of every other mistake
// in a control.
func lockable(c control.Control, r *run.Run) error {
	if r.Begun() {
		return nil
	}
	wants := run.Run{Locks: locks(c, r)}
	return wants.SortLocks()
}
