package breaker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
)

// TestDisputeCounts: that Security Hub does not agree is a failure too.
func TestDisputeCounts(t *testing.T) {
	w := enginetest.New(t)
	limit := 1
	w.Config.Limits = &gate.Limits{StopAfterFailures: &limit}
	w.Disputable(t)
	p := w.Stoppable()
	p.Handled(t, enginetest.Sweep())
	if n := once(t, p); n.Why != "1 run ended without a fix within an hour: 1 unverified." {
		t.Errorf("why: %s", n.Why)
	}
	rests(t, w, p)
}

// TestBreakerLeavesAPersonsStop: it says what a person said, and people are not told twice.
func TestBreakerLeavesAPersonsStop(t *testing.T) {
	w := enginetest.New(t)
	p := enginetest.Broken(t, w.Start(), enginetest.Denied) // it does not know of the stop yet
	p.Stops = late{switches: w.Stoppable().Stops}
	w.Stop(t, "Store.3", "ada", "incident 7", time.Hour)
	fails(t, w, p, 6)
	if notices, lines := tripped(p); len(notices)+lines > 0 {
		t.Errorf("told %+v", notices)
	}
	stored, err := w.Stoppable().Stops.Overlay(t.Context())
	if err != nil || len(stored.Stops) != 1 || stored.Stops[0].Owner != "ada" {
		t.Errorf("stops %+v, %v", stored.Stops, err)
	}
}

// late knows of no stop, as a process that has read the configuration just before.
type late struct{ switches engine.Stops }

func (late) Overlay(context.Context) (gate.Overlay, error) { return gate.Overlay{}, nil }

func (l late) Trip(ctx context.Context, s gate.Stop, now time.Time) (gate.Stop, error) {
	return l.switches.Trip(ctx, s, now)
}

// TestBreakerTellsOnce: however many processes fail at the same time.
func TestBreakerTellsOnce(t *testing.T) {
	w := enginetest.New(t)
	first, second := enginetest.Broken(t, w.Start(), enginetest.Denied), enginetest.Broken(t, w.Start(), enginetest.Denied)
	for _, p := range []*enginetest.Process{first, second} {
		p.Stops = late{switches: w.Stoppable().Stops}
	}
	fails(t, w, first, 5)
	fails(t, w, second, 2)
	w.Clock.Move(10 * time.Minute)
	fails(t, w, first, 1)
	once(t, first, second)
}

// TestBreakerThatCannotTrip: that is noted, and changes nothing for the run.
func TestBreakerThatCannotTrip(t *testing.T) {
	w := enginetest.New(t)
	p := enginetest.Broken(t, w.Stoppable(), enginetest.Denied)
	p.Stops = stuck{p.Stops}
	fails(t, w, p, 5)
	id := w.Of(t, "Store.3", w.Store(t, nil))
	p.Handled(t, w.Imported(t, id))
	w.Says(t, id, finding.Notified)
	noted := 0
	for _, l := range p.Audited() {
		if l.Event == audit.NotTripped && l.Error == "no answer" {
			noted++
		}
	}
	if noted != 2 {
		t.Errorf("noted %d times, want 2", noted)
	}
}

// stuck cannot store a stop.
type stuck struct{ engine.Stops }

func (stuck) Trip(context.Context, gate.Stop, time.Time) (gate.Stop, error) {
	return gate.Stop{}, errors.New("no answer")
}

// last is the one failure too many, at the write or before the plan.
type last struct {
	name string
	read func(context.Context, control.Env) (enginetest.Switch, error)
}

func lasts() []last {
	return []last{
		{"at the write", enginetest.Off},
		{"before the plan", func(context.Context, control.Env) (enginetest.Switch, error) {
			return enginetest.Switch{}, enginetest.Denied()
		}},
	}
}

// scene is a world in which the next failure stops Store.3.
func (f last) scene(t *testing.T) (*enginetest.World, string, engine.Message) {
	t.Helper()
	w, limit := enginetest.New(t), 1
	w.Config.Limits = &gate.Limits{StopAfterFailures: &limit}
	id := w.Of(t, "Store.3", w.Store(t, nil))
	return w, id, w.Imported(t, id)
}

// of lets Store.3 fail in a process that heeds stops.
func (f last) of(t *testing.T, p *enginetest.Process) *enginetest.Process {
	t.Helper()
	return enginetest.Unable(t, p, f.read, enginetest.Denied)
}

// TestBreakerDies kills the process that trips at every single call after it
// failed. The run comes to its end, the control is stopped, and people are told.
func TestBreakerDies(t *testing.T) {
	for _, f := range lasts() {
		w, _, m := f.scene(t)
		calls := w.Watched(func(p *enginetest.Process) {
			p.Stops = w.Stops()
			f.of(t, p).Handled(t, m)
		})
		from := slices.IndexFunc(calls, func(c enginetest.Call) bool { return c.Operation == "Tally" })
		if from < 0 {
			t.Fatalf("nothing was counted: %+v", calls)
		}
		for _, c := range calls[from:] { // what dies before is TestCrash
			for _, done := range []bool{false, true} {
				d := enginetest.Death{At: c.N, Done: done}
				t.Run(fmt.Sprintf("%s/%02d %s %s", f.name, c.N, c.Operation, d), func(t *testing.T) { f.dies(t, d) })
			}
		}
	}
}

func (f last) dies(t *testing.T, d enginetest.Death) {
	w, id, m := f.scene(t)
	var first *enginetest.Process
	w.Die(t, d, func(ctx context.Context, p *enginetest.Process) {
		p.Stops = w.Stops()
		first = f.of(t, p)
		first.Handle(ctx, m)
	})
	next := enginetest.Unable(t, w.Stoppable(), f.read, enginetest.Denied)
	w.Clock.Move(enginetest.Later)
	next.Handled(t, m)
	next.Handled(t, enginetest.Sweep())
	if notices, _ := tripped(first, next); len(notices) == 0 {
		t.Error("people were not told")
	}
	rests(t, w, next)
	w.ResumeIn(t, "Store.3", enginetest.Member)
	w.Clock.Move(enginetest.Later)
	next.Handled(t, enginetest.Sweep())
	w.Says(t, id, finding.Notified)
	w.Unlocked(t)
}
