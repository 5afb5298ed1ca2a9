// Package engine is Salve's flow: event, finding, gate, claim, plan, apply,
// verify, record, tell. Package work takes a run to its conclusion, settle brings
// it to its end, sweep looks for what is due. All know ports, never a service client.
package engine

import (
	"context"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/breaker"
	"github.com/salve-security/salve/internal/engine/rings"
	"github.com/salve-security/salve/internal/engine/settle"
	"github.com/salve-security/salve/internal/engine/sweep"
	"github.com/salve-security/salve/internal/engine/tell"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// Ledger keeps runs, claims, holds and counts. internal/ledger implements it.
type Ledger interface {
	work.Claims
	work.Runs
	work.Past
	settle.Runs
	settle.Past
	settle.Counts
	settle.Evaluations
	sweep.Due
	sweep.Untold
	sweep.Unconfirmed
	sweep.Accounts
	sweep.Lapsed
	sweep.Charts
	sweep.Evaluations
	sweep.Fixes
	work.Answers
	work.Asked
	tell.Once
	breaker.Tallies
	rings.Book
}

// Stops is what people and the breaker have put on top of the configuration.
// internal/wire implements it over the ledger.
type Stops interface {
	work.Stops
	breaker.Stops
}

// Reject keeps a message that can never be handled where people find it, with the reason.
type Reject func(ctx context.Context, body, reason string) error

// Ports are what an engine needs. All but Batch are required.
type Ports struct {
	Controls   control.Registry
	Map        work.Map
	Standards  finding.Standards
	Configured work.Configured
	Stops      Stops
	ActionArn  string // of our custom action
	Ledger     Ledger
	Turns      work.Turns   // outlive the engine
	Budgets    work.Budgets // outlive the engine
	Starts     work.Starts  // outlive the engine
	Slots      work.Slots   // outlive the engine
	Sessions   work.Sessions
	Around     work.Around
	// Organization is read by sweeps, where rules ask for it.
	Organization sweep.Organization
	SealKey      work.SealKey
	Hub          work.Hub
	Look         run.Look
	Tell         tell.Send
	Nudge        work.Nudge
	Reject       Reject
	Audit        audit.Log
	Deaf         sweep.Deaf
	Evaluate     sweep.Evaluate
	Beat         func() // is told of every sweep

	Batch  string        // what the ids of runs of this invocation begin with; empty for none in common
	Owner  string        // names this process in claims
	Lease  time.Duration // how long a claim of this process holds
	Digest time.Duration // how long successes are collected for one notice
	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error
}

// Engine handles messages and what people at the command line ask for. It is safe for concurrent use.
type Engine struct {
	*work.Worker
	settle *settle.Settler
	sweep  *sweep.Sweeper
	ports  Ports
}

// New puts an engine together.
func New(p Ports) *Engine {
	hub := asking{p.Hub, p.Configured}
	people := &tell.People{
		Send: p.Tell, Once: p.Ledger, Controls: p.Controls, Map: p.Map, Audit: p.Audit, Now: p.Now,
		Configured: p.Configured,
	}
	stop := &breaker.Breaker{
		Tallies: p.Ledger, Stops: p.Stops, Configured: p.Configured, People: people, Audit: p.Audit, Now: p.Now,
	}
	ringed := &rings.Rings{Book: p.Ledger, Configured: p.Configured, People: people, Audit: p.Audit, Now: p.Now}
	settler := &settle.Settler{
		Runs: p.Ledger, Past: p.Ledger, Counts: p.Ledger, Evaluations: p.Ledger, Hub: hub, Look: p.Look, People: people,
		Configured: settle.Configured(p.Configured), Doubt: ringed.Doubt,
		Audit: p.Audit, Now: p.Now, Lease: p.Lease, Digest: p.Digest,
	}
	worker := &work.Worker{
		Controls: p.Controls, Map: p.Map, Standards: p.Standards, Configured: p.Configured, Stops: p.Stops,
		ActionArn: p.ActionArn,
		Claims:    p.Ledger, Turns: p.Turns, Budgets: p.Budgets, Starts: p.Starts, Slots: p.Slots,
		Runs: p.Ledger, Past: p.Ledger,
		Answers: p.Ledger, Asked: p.Ledger,
		Sessions: p.Sessions, Around: p.Around, SealKey: p.SealKey,
		Hub: hub, Look: p.Look, People: people, Breaker: stop, Rings: ringed,
		Nudge: p.Nudge, Audit: p.Audit, Settle: settler.Settle,
		Batch: p.Batch, Owner: p.Owner, Lease: p.Lease, Now: p.Now, Sleep: p.Sleep,
	}
	sweeper := &sweep.Sweeper{
		Due: p.Ledger, Untold: p.Ledger, Unconfirmed: p.Ledger, Accounts: p.Ledger, Lapsed: p.Ledger,
		Charts: p.Ledger, Evaluations: p.Ledger, Evaluate: p.Evaluate,
		Fixes: p.Ledger, Counts: p.Ledger, LookAgain: worker.LookAgain, Digest: p.Digest,
		Organization: p.Organization, Asks: worker.Asks, Stamps: worker.Stamps, Nudge: p.Nudge,
		Lease: p.Lease, Sessions: p.Sessions, Hub: hub,
		Look: p.Look, People: people, Breaker: stop, Audit: p.Audit, Now: p.Now, Deaf: p.Deaf, Beat: p.Beat,
		Resume: worker.Resume, Excepted: worker.Held, Lapse: worker.Lapse,
		Held: ringed.Held, Doubt: ringed.Doubt,
	}
	return &Engine{Worker: worker, settle: settler, sweep: sweeper, ports: p}
}

// Sweep looks for what is due.
func (e *Engine) Sweep(ctx context.Context) error { return e.sweep.Sweep(ctx) }

// Pause waits for d or until ctx ends: the Sleep of a running program.
func Pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
