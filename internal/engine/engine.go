package engine

import (
	"context"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// Modes of a run, as the gate decided.
const (
	ModeAct  = "act"
	ModePlan = "plan"
	ModeAsk  = "ask"
)

// Engine carries out runs. All fields but Batch are required; it is safe for concurrent use.
type Engine struct {
	Controls   control.Registry
	Standards  finding.Standards
	Configured Configured
	Stops      Stops
	ActionArn  string // of our custom action
	Claims     Claims
	Runs       Runs
	Waiting    Waiting
	Telling    Untold
	Confirming Unconfirmed
	Past       Past
	Counts     Counts
	Accounts   Accounts
	Sessions   Sessions
	Around     Around
	SealKey    SealKey
	Hub        Hub
	Look       Look
	Tell       Tell
	Nudge      Nudge
	Reject     Reject
	Audit      Audit

	Batch  string        // what the ids of runs of this invocation begin with; empty for none in common
	Owner  string        // names this process in claims
	Lease  time.Duration // how long a claim of this process holds
	Digest time.Duration // how long successes are collected for one notice
	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error
}

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

// busyRetry is when a run whose resource another run holds is worth another try.
const busyRetry = 15 * time.Second

func (e *Engine) newRun(key run.Key, t control.Target, c control.Control) *run.Run {
	now := e.Now()
	return &run.Run{
		Schema: run.Schema, ID: run.InBatch(e.Batch, now), Key: key, Region: t.Region, Part: t.Partition,
		Lock:  lockOf(key, c, t),
		Owner: e.Owner, State: run.StateClaimed, Created: now, Findings: map[string]run.Finding{},
	}
}

// lockOf is the name under which a run excludes others: the main root of its
// resource, in its account and scope.
func lockOf(k run.Key, c control.Control, t control.Target) string {
	return k.Account + "#" + k.Scope + "#" + c.Root(t)
}
