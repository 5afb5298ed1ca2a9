// Package engine is Salve's flow: event, finding, gate, claim, plan, apply,
// verify, record, tell. It knows ports, never a service client.
package engine

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// Claims hands out work. internal/ledger implements it.
type Claims interface {
	Claim(ctx context.Context, r *run.Run, ask run.Terms) (run.Claim, error)
	Take(ctx context.Context, id, owner string, ask run.Terms) (*run.Run, error)
}

// Runs keeps open runs and closes them. internal/ledger implements it.
type Runs interface {
	Get(ctx context.Context, id string) (*run.Run, error)
	Save(ctx context.Context, r *run.Run) error
	Close(ctx context.Context, runs []*run.Run) (map[string]error, error)
}

// Waiting finds open runs whose time has come. internal/ledger implements it.
type Waiting interface {
	Due(ctx context.Context, now time.Time, limit int32) ([]string, error)
	Postpone(ctx context.Context, id string, until time.Time) error
	Rest(ctx context.Context, r *run.Run) error
}

// Untold knows the closed runs that people have to be told of. internal/ledger implements it.
type Untold interface {
	Untold(ctx context.Context, now time.Time, limit int32) ([]*run.Run, error)
	Reserve(ctx context.Context, r *run.Run, until time.Time) (bool, error)
	Told(ctx context.Context, id string) error
}

// Unconfirmed knows the fixes that Security Hub has not confirmed. internal/ledger implements it.
type Unconfirmed interface {
	Unconfirmed(ctx context.Context, now time.Time, limit int32) ([]*run.Run, error)
	Confirmed(ctx context.Context, r *run.Run) error
}

// Past knows earlier runs of the same work. internal/ledger implements it.
type Past interface {
	LastFix(ctx context.Context, k run.Key) (string, error)
	Latest(ctx context.Context, k run.Key) ([]string, error)
	Wrote(ctx context.Context, k run.Key) ([]string, error)
	KeepOff(ctx context.Context, k run.Key, hold run.Hold) error
	Hold(ctx context.Context, k run.Key, now time.Time) (*run.Hold, error)
	MarkUndone(ctx context.Context, id, by string) error
}

// Counts remembers what happened how often. internal/ledger implements it.
type Counts interface {
	Once(ctx context.Context, key string, now, end time.Time) (bool, error)
	Count(ctx context.Context, key string, within time.Duration, now time.Time) (int, error)
	Tally(ctx context.Context, control string, outcome run.Status, at time.Time) (map[run.Status]int, error)
}

// Stops is what people and the breaker have put on top of the configuration.
// Trip stores a stop of the breaker, unless one holds already, and returns the
// one that holds then. internal/wire implements it over the ledger.
type Stops interface {
	Overlay(ctx context.Context) (gate.Overlay, error)
	Trip(ctx context.Context, s gate.Stop, now time.Time) (gate.Stop, error)
}

// Sessions opens sessions in member accounts. internal/member implements it.
type Sessions interface {
	Open(ctx context.Context, r control.SessionRequest) (aws.Config, error)
}

// Around finds out what rules ask about the surroundings of a resource; nil
// means not known, which the gate takes for a reason not to act. internal/around implements it.
type Around interface {
	Units(ctx context.Context, account string) ([]string, error)
	Tags(ctx context.Context, t control.Target, runID string) (map[string]string, error)
}

// SealKey returns the key of the marks that stand for secrets. It stores a new
// one where there is none yet, unless nothing may be written. internal/ledger implements it.
type SealKey func(ctx context.Context, readOnly bool) ([]byte, error)

// Nudge sends the engine a message about a run after a while: the fast path
// beside the sweep. A failure is logged and forgotten.
type Nudge func(ctx context.Context, runID string, after time.Duration) error

// Reject keeps a message that can never be handled where people find it, with the reason.
type Reject func(ctx context.Context, body, reason string) error
