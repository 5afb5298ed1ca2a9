package sweep

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/breaker"
	"github.com/salve-security/salve/internal/engine/tell"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/run"
)

// Due finds open runs whose time has come. internal/ledger implements it.
type Due interface {
	Due(ctx context.Context, now time.Time, limit int32) ([]string, error)
	Postpone(ctx context.Context, id string, until time.Time) error
	Outdated(ctx context.Context, stamps []string, now, after time.Time, limit int) ([]string, error)
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
	LastFix(ctx context.Context, k run.Key) (string, error)
}

// Lapsed finds plans that nobody has approved in time. internal/ledger implements it.
type Lapsed interface {
	Lapsed(ctx context.Context, now, until time.Time, limit int32) ([]string, error)
}

// Accounts knows the accounts that runs wait for. internal/ledger implements it.
type Accounts interface {
	Accounts(ctx context.Context, now time.Time, limit int32) ([]run.Account, error)
	Probed(ctx context.Context, a run.Account, next time.Time) error
	Release(ctx context.Context, account string, now time.Time, limit int32) (int, error)
}

// Sessions opens sessions in member accounts. internal/member implements it.
type Sessions interface {
	Open(ctx context.Context, r control.SessionRequest) (aws.Config, error)
}

// Hub writes status and note of findings. internal/hub implements it.
type Hub interface {
	Apply(ctx context.Context, updates []note.Update) (map[finding.Key]error, error)
}

// Deaf names the sources of events that bring none. internal/wire implements it.
type Deaf func(ctx context.Context) ([]string, error)

// Sweeper looks for what is due. It is safe for concurrent use.
type Sweeper struct {
	Due         Due
	Untold      Untold
	Unconfirmed Unconfirmed
	Accounts    Accounts
	Lapsed      Lapsed
	Charts      Charts
	// Organization is read where Asks, what rules ask about accounts, is not empty.
	Organization Organization
	Asks         func(ctx context.Context) (gate.Asks, error)
	Lease        time.Duration // longer than a process of the function lives
	Evaluations  Evaluations
	Fixes        Fixes
	Counts       Counts
	Sessions     Sessions
	Hub          Hub
	Look         run.Look
	People       *tell.People
	Breaker      *breaker.Breaker
	Audit        audit.Log
	Now          func() time.Time
	// Deaf names what should bring events and does not, such as a rule that somebody switched off.
	Deaf Deaf
	// Excepted are the exceptions that hold, of the document and by hand; nil: nobody is reminded of their end.
	Excepted func(ctx context.Context) ([]gate.Exception, error)
	// Beat is told of every sweep, when it is over.
	Beat func()
	// Stamps are those of what open runs wait for under the configuration that holds now.
	Stamps func(ctx context.Context) ([]string, error)
	// Nudge sends a message about a run that is due soon.
	Nudge func(ctx context.Context, r *run.Run, after time.Duration) error
	// Resume takes up an open run whose time has come.
	Resume func(ctx context.Context, id string) error
	// Held hears of fixes that Security Hub has confirmed, and may want to hear of one again; Doubt of those that it does
	// not agree with.
	Held  func(ctx context.Context, of *run.Run) (again time.Time, err error)
	Doubt func(ctx context.Context, of *run.Run, why string) error
	// LookAgain reads again what a fix led to.
	LookAgain func(ctx context.Context, f run.Fixed) (run.Looked, error)
	// Digest is how long what people are told is collected for one notice.
	Digest time.Duration
	// Evaluate asks AWS Config to evaluate rules again.
	Evaluate Evaluate
	// Lapse denies a plan that nobody has approved in time.
	Lapse func(ctx context.Context, id string) error
}
