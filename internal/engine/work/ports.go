package work

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/run"
)

// Claims hands out work. internal/ledger implements it.
type Claims interface {
	Claim(ctx context.Context, r *run.Run, terms run.Terms) (run.Claim, error)
	Take(ctx context.Context, id, owner string, terms run.Terms) (*run.Run, error)
	Left(ctx context.Context, items ...string) ([]run.Left, error)
}

// Starts says when a run may start something in an account and Region. It outlives a process.
// internal/engine/share implements it.
type Starts interface {
	Next(ctx context.Context, account, region string, now time.Time) (time.Time, error)
}

// Runs keeps open runs. Rest and Await store one that waits: for somebody's leave,
// and for its account to get the role. internal/ledger implements it.
type Runs interface {
	Get(ctx context.Context, id string) (*run.Run, error)
	Save(ctx context.Context, r *run.Run) error
	Rest(ctx context.Context, r *run.Run) error
	Await(ctx context.Context, r *run.Run, probe time.Time) error
}

// Past knows earlier runs of the same work. internal/ledger implements it.
type Past interface {
	LastFix(ctx context.Context, k run.Key) (string, error)
	Latest(ctx context.Context, k run.Key) ([]string, error)
	Wrote(ctx context.Context, k run.Key) ([]string, error)
	Hold(ctx context.Context, k run.Key, now time.Time) (*run.Hold, error)
}

// Stops is what people and the breaker have put on top of the configuration.
// internal/wire implements it over the ledger.
type Stops interface {
	Overlay(ctx context.Context) (gate.Overlay, error)
}

// Hub writes status and note of findings. internal/hub implements it.
type Hub interface {
	Apply(ctx context.Context, updates []note.Update) (map[finding.Key]error, error)
}

// Sessions opens sessions in member accounts. internal/member implements it.
type Sessions interface {
	Open(ctx context.Context, r control.SessionRequest) (aws.Config, error)
}

// Around finds out what rules ask about the surroundings of a resource; nil
// means not known, which the gate takes for a reason not to act. internal/around implements it.
type Around interface {
	// Placed is what is known of an account. It asks the ledger and not the organization: events are many.
	Placed(ctx context.Context, account string) (gate.Placed, error)
	Tags(ctx context.Context, t control.Target, runID string) (map[string]string, error)
	// Calendars is what AWS says of change calendars now; one that it says nothing of has the reason why.
	Calendars(ctx context.Context, names []string) (map[string]gate.CalendarState, error)
	// Judged are the parameters by which Security Hub judges a control there, empty where it does by none. An error means
	// that nobody knows.
	Judged(ctx context.Context, t control.Target, controlID, runID string) (control.Judged, error)
}

// SealKey returns the key of the marks that stand for secrets. It stores a new
// one where there is none yet, unless nothing may be written. internal/ledger implements it.
type SealKey func(ctx context.Context, readOnly bool) ([]byte, error)

// Nudge sends the engine a message about a run after a while: the fast path
// beside the sweep. Those of runs that nobody waits for stand behind imported
// findings, however many they are. A failure is logged and forgotten.
type Nudge func(ctx context.Context, r *run.Run, after time.Duration) error

// Configured returns the configuration that holds now.
type Configured func(ctx context.Context) (gate.Config, error)

// Map is the control with its change carried out by a runbook that is not Salve's. internal/runbook implements it.
type Map func(id string, m control.Mapping) (control.Control, error)

// Settle brings concluded runs to their end. internal/engine/settle implements it.
type Settle func(ctx context.Context, runs []*run.Run) error
