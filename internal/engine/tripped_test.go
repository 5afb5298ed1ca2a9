package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/gate"
)

// TestDisputeCounts: that Security Hub does not agree is a failure too.
func TestDisputeCounts(t *testing.T) {
	w := newWorld(t)
	limit := 1
	w.config.Limits = &gate.Limits{StopAfterFailures: &limit}
	w.disputable(t)
	p := w.heeding(t)
	p.handle(t, sweep())
	if n := once(t, p); n.Why != "1 run ended without a fix within an hour: 1 unverified." {
		t.Errorf("why: %s", n.Why)
	}
	w.rests(t, p)
}

// TestBreakerLeavesAPersonsStop: it says what a person said, and people are not told twice.
func TestBreakerLeavesAPersonsStop(t *testing.T) {
	w := onTheHour(t)
	p := w.start(t).broken(t, denied) // it has not heard of the stop yet
	p.Stops = late{switches: w.heeding(t).Stops}
	w.stop(t, "S3.8", "ada", "incident 7", time.Hour)
	w.fails(t, p, 6)
	if notices, lines := tripped(p); len(notices)+lines > 0 {
		t.Errorf("told %+v", notices)
	}
	stored, err := w.heeding(t).Stops.Overlay(t.Context())
	if err != nil || len(stored.Stops) != 1 || stored.Stops[0].Owner != "ada" {
		t.Errorf("stops %+v, %v", stored.Stops, err)
	}
}

// late hears of no stop, as a process that has read the configuration just before.
type late struct{ switches engine.Stops }

func (late) Overlay(context.Context) (gate.Overlay, error) { return gate.Overlay{}, nil }

func (l late) Trip(ctx context.Context, s gate.Stop, now time.Time) (gate.Stop, error) {
	return l.switches.Trip(ctx, s, now)
}

// TestBreakerTellsOnce: however many processes fail at the same time.
func TestBreakerTellsOnce(t *testing.T) {
	w := onTheHour(t)
	first, second := w.start(t).broken(t, denied), w.start(t).broken(t, denied)
	for _, p := range []*process{first, second} {
		p.Stops = late{switches: w.heeding(t).Stops}
	}
	w.fails(t, first, 5)
	w.fails(t, second, 2)
	w.clock.move(10 * time.Minute)
	w.fails(t, first, 1)
	once(t, first, second)
}

// TestBreakerThatCannotTrip: that is noted, and changes nothing for the run.
func TestBreakerThatCannotTrip(t *testing.T) {
	w := onTheHour(t)
	p := w.heeding(t).broken(t, denied)
	p.Stops = stuck{p.Stops}
	w.fails(t, p, 5)
	id := w.of(t, "S3.8", w.bucket(t, nil))
	p.handle(t, w.imported(t, id))
	w.says(t, id, hubtypes.WorkflowStatusNotified)
	noted := 0
	for _, l := range p.audited() {
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
	read func(context.Context, control.Env) (lazyState, error)
}

func lasts() []last {
	return []last{
		{"at the write", func(context.Context, control.Env) (lazyState, error) { return lazyState{}, nil }},
		{"before the plan", func(context.Context, control.Env) (lazyState, error) { return lazyState{}, denied() }},
	}
}

// scene is a world in which the next failure stops S3.8.
func (f last) scene(t *testing.T) (*world, string, engine.Message) {
	t.Helper()
	w, limit := onTheHour(t), 1
	w.config.Limits = &gate.Limits{StopAfterFailures: &limit}
	id := w.of(t, "S3.8", w.bucket(t, nil))
	return w, id, w.imported(t, id)
}

// of lets S3.8 fail in a process that has its stops as the program has them.
func (f last) of(t *testing.T, p *process) *process {
	t.Helper()
	p.Stops = p.wired
	return p.unable(t, f.read, denied)
}

// TestBreakerDies kills the process that trips at every single call after it
// failed. The run
// comes to its end, the control is stopped, and people hear of it.
func TestBreakerDies(t *testing.T) {
	for _, f := range lasts() {
		w, _, m := f.scene(t)
		var calls []call
		f.of(t, w.start(t, func(ctx context.Context, c call, do func(context.Context) error) error {
			calls = append(calls, c)
			return do(ctx)
		})).handle(t, m)
		from := slices.IndexFunc(calls, counted)
		if from < 0 {
			t.Fatalf("nothing was counted: %+v", calls)
		}
		for _, c := range calls[from:] { // what dies before is TestCrash
			for _, done := range []bool{false, true} {
				d := death{at: c.n, done: done}
				t.Run(fmt.Sprintf("%s/%02d %s %s", f.name, c.n, c.operation, d), func(t *testing.T) { f.dies(t, d) })
			}
		}
	}
}

// counted tells that a call counts a failure.
func counted(c call) bool {
	in, ok := c.input.(*dynamodb.UpdateItemInput)
	if !ok {
		return false
	}
	key, ok := in.Key["pk"].(*types.AttributeValueMemberS)
	return ok && strings.HasPrefix(key.Value, "tally#S3.8")
}

func (f last) dies(t *testing.T, d death) {
	w, id, m := f.scene(t)
	var first *process
	w.die(t, d, func(ctx context.Context, p *process) {
		first = f.of(t, p)
		first.Handle(ctx, []engine.Message{m})
	})
	next := w.heeding(t).unable(t, f.read, denied)
	w.clock.move(later)
	next.handle(t, m)
	next.handle(t, sweep())
	if notices, _ := tripped(first, next); len(notices) == 0 {
		t.Error("people were not told")
	}
	w.rests(t, next)
	w.resume(t, "S3.8")
	w.clock.move(later)
	next.handle(t, sweep())
	w.says(t, id, hubtypes.WorkflowStatusNotified)
	if locks := w.locks(t); len(locks) > 0 {
		t.Errorf("locks left: %v", locks)
	}
}
