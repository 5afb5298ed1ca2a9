// Package ledgertest holds what every ledger must do, whatever it is made of. The
// table of internal/ledger and the ledger of tests are held to the same cases.
package ledgertest

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// Ledger is a ledger under test.
type Ledger interface {
	open
	closed
	works
	histories
	evaluations
	fixes
	counts
	settings
	inside
}

type open interface {
	Claim(ctx context.Context, r *run.Run, ask run.Terms) (run.Claim, error)
	Take(ctx context.Context, id, owner string, ask run.Terms) (*run.Run, error)
	Get(ctx context.Context, id string) (*run.Run, error)
	Save(ctx context.Context, r *run.Run) error
	Close(ctx context.Context, runs []*run.Run) (map[string]error, error)
	Due(ctx context.Context, now time.Time, limit int32) ([]string, error)
	Postpone(ctx context.Context, id string, until time.Time) error
	Outdated(ctx context.Context, stamps []string, now, after time.Time, limit int) ([]string, error)
	Rest(ctx context.Context, r *run.Run) error
	Await(ctx context.Context, r *run.Run, probe time.Time) error
	Accounts(ctx context.Context, now time.Time, limit int32) ([]run.Account, error)
	Probed(ctx context.Context, a run.Account, next time.Time) error
	Release(ctx context.Context, account string, now time.Time, limit int32) (int, error)
}

type closed interface {
	Untold(ctx context.Context, now time.Time, limit int32) ([]*run.Run, error)
	Unconfirmed(ctx context.Context, now time.Time, limit int32) ([]*run.Run, error)
	Reserve(ctx context.Context, r *run.Run, until time.Time) (bool, error)
	Told(ctx context.Context, id string) error
	Confirmed(ctx context.Context, r *run.Run) error
	MarkUndone(ctx context.Context, id, by string) error
}

type works interface {
	LastFix(ctx context.Context, k run.Key) (string, error)
	Latest(ctx context.Context, k run.Key) ([]string, error)
	Wrote(ctx context.Context, k run.Key) ([]string, error)
	KeepOff(ctx context.Context, k run.Key, hold run.Hold) error
	Hold(ctx context.Context, k run.Key, now time.Time) (*run.Hold, error)
	Left(ctx context.Context, items ...string) ([]run.Left, error)
	GiveBack(ctx context.Context, left run.Left, now time.Time) (bool, error)
}

type histories interface {
	History(ctx context.Context, q run.Query) (run.Page, error)
	Waiting(ctx context.Context, q run.Query) (run.Page, error)
	Approvals(ctx context.Context, q run.Query) (run.Page, error)
	answered
	Open(ctx context.Context, q run.Query) (run.Page, error)
}

type evaluations interface {
	AskAgain(ctx context.Context, e run.Evaluation, now time.Time) error
	Evaluations(ctx context.Context, now, until time.Time, limit int32) ([]run.Evaluation, error)
	Evaluated(ctx context.Context, e run.Evaluation, done []run.Rule, next time.Time) error
	NotEvaluated(ctx context.Context, e run.Evaluation, off time.Time) error
}

type fixes interface {
	Fixed(ctx context.Context, now, until time.Time, limit int32) ([]run.Fixed, error)
	Stays(ctx context.Context, f run.Fixed, next time.Time) error
	Recurs(ctx context.Context, f run.Fixed, r run.Recurrence, tell time.Time) (bool, error)
}

type answered interface {
	Asked(ctx context.Context, k run.Key) (string, error)
	Answer(ctx context.Context, r *run.Run, a run.Answer) error
	Lapsed(ctx context.Context, now, until time.Time, limit int32) ([]string, error)
	Tell(ctx context.Context, message string, r run.Receipt) error
	Receipt(ctx context.Context, message string) (run.Receipt, error)
}

type counts interface {
	Once(ctx context.Context, key string, now, end time.Time) (bool, error)
	Count(ctx context.Context, key string, within time.Duration, now time.Time) (int, error)
	Tally(ctx context.Context, control, account string, outcome run.Status, at time.Time) (run.Hour, error)
	Draw(ctx context.Context, account string, span time.Duration, now, seen time.Time) (time.Time, bool, error)
	SealKey(ctx context.Context, readOnly bool) ([]byte, error)
}

type ringed interface {
	MoveRing(ctx context.Context, c gate.Change) error
	RingChanges(ctx context.Context) ([]gate.Change, error)
	Doubt(ctx context.Context, k run.Key, why string, now time.Time) error
	Settled(ctx context.Context, k run.Key) ([]gate.Doubt, error)
	Doubts(ctx context.Context, control string) ([]gate.Doubt, error)
	Held(ctx context.Context, control, stamp, id string, now time.Time) (int, error)
	Slots(ctx context.Context, account, region string) (run.Slots, error)
	PutSlots(ctx context.Context, account, region string, s run.Slots, now time.Time) (bool, error)
	HeldSoFar(ctx context.Context, control, stamp string) (int, error)
}

type settings interface {
	ringed

	Settings(ctx context.Context) (gate.Settings, error)
	Config(ctx context.Context) (doc string, version int64, err error)
	PushConfig(ctx context.Context, p gate.Push) error
	Pushes(ctx context.Context) ([]gate.Pushed, error)
	Pushed(ctx context.Context, version int64) (gate.Pushed, error)
	Disable(ctx context.Context, d gate.Disable, now time.Time) error
	Lift(ctx context.Context, d gate.Disable) (bool, error)
	Except(ctx context.Context, g gate.Given) error
	EndExcept(ctx context.Context, id, by string, now time.Time) (bool, error)
	Given(ctx context.Context) ([]gate.Given, error)
	Stop(ctx context.Context, s gate.Stop) error
	Trip(ctx context.Context, s gate.Stop, now time.Time) (gate.Stop, error)
	Resume(ctx context.Context, control, account string, now time.Time) (bool, error)
	charts
}

type charts interface {
	Chart(ctx context.Context) (gate.Charted, error)
	ReserveChart(ctx context.Context, now, until time.Time) (bool, error)
	KeepChart(ctx context.Context, c gate.Chart, over int64) (bool, error)
	ChartFailed(ctx context.Context, why string, now, next time.Time) error
}

// inside looks behind the methods that the program has.
type inside interface {
	// Holder is the run that has a lock; "" if none does.
	Holder(t *testing.T, lock string) string
	// Forget takes a run out, as somebody may by hand.
	Forget(t *testing.T, id string)
	// Spoil makes the configuration document something that cannot be read.
	Spoil(t *testing.T)
	// Garble makes the document of a run something that cannot be read.
	Garble(t *testing.T, id string)
	// Stored is all that is stored of a run; "" if nothing is.
	Stored(t *testing.T, id string) string
}

// suite is a ledger, and how to get another one.
type suite struct {
	Book
	fresh func(t *testing.T) suite
}

// cases are tests by name.
type cases map[string]func(t *testing.T, s suite)

// Contract runs all cases. Before each, and before some of their parts, it asks
// for a ledger without configuration, stops and key of secrets; runs of other
// tests may be in it.
func Contract(t *testing.T, ledger func(t *testing.T) Ledger) {
	t.Helper()
	all := cases{}
	for _, some := range []cases{
		accountCases(), afterCases(), againCases(), answersCases(), byHandCases(), chartCases(), claimCases(), closeCases(),
		configCases(), coolCases(), countCases(), evaluateCases(), givenCases(),
		fixedCases(), fixesCases(), historyCases(), holdCases(), joinCases(), keepoffCases(), leftCases(), locksCases(),
		openCases(),
		pagesCases(), ringCases(), schemaCases(), sealCases(), shareCases(), spoiltCases(), statusCases(), stopCases(),
		waitCases(),
		waitingCases(),
	} {
		maps.Copy(all, some)
	}
	var fresh func(t *testing.T) suite
	fresh = func(t *testing.T) suite { return suite{Book: Book{ledger(t)}, fresh: fresh} }
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) { all[name](t, fresh(t)) })
	}
}
