package settle

import (
	"context"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/tell"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/run"
)

// Runs stores concluded runs and closes them. internal/ledger implements it.
type Runs interface {
	Get(ctx context.Context, id string) (*run.Run, error)
	Save(ctx context.Context, r *run.Run) error
	Close(ctx context.Context, runs []*run.Run) (map[string]error, error)
}

// Past knows earlier runs of the same work, and keeps the engine off it. internal/ledger implements it.
type Past interface {
	Latest(ctx context.Context, k run.Key) ([]string, error)
	Wrote(ctx context.Context, k run.Key) ([]string, error)
	KeepOff(ctx context.Context, k run.Key, hold run.Hold) error
	MarkUndone(ctx context.Context, id, by string) error
}

// Counts counts what people were told lately. internal/ledger implements it.
type Counts interface {
	Count(ctx context.Context, key string, within time.Duration, now time.Time) (int, error)
}

// Hub writes status and note of findings; the map says by finding what it
// could not write. internal/hub implements it.
type Hub interface {
	Apply(ctx context.Context, updates []note.Update) (map[finding.Key]error, error)
}

// Settler settles runs. It is safe for concurrent use.
type Settler struct {
	Runs        Runs
	Past        Past
	Counts      Counts
	Evaluations Evaluations
	Configured  Configured
	Hub         Hub
	Look        run.Look
	People      *tell.People
	Audit       audit.Log
	Now         func() time.Time
	Lease       time.Duration // how long a claim of this process holds
	Digest      time.Duration // how long successes are collected for one notice
	// Doubt notes what speaks against a control.
	Doubt func(ctx context.Context, of *run.Run, why string) error
}
