package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/run"
)

// parked is a scene of a run that parks: the message that starts it, then the
// check that finishes it, each handled by a process of its own.
type parked struct {
	*world
	trigger
	slow       *slowBucket
	bucket, id string
	first      engine.Message
}

// phaseNames are the phases of a parked run.
func phaseNames() []string { return []string{"first", "check"} }

func park(t *testing.T, tr trigger) parked {
	t.Helper()
	s := parked{world: newWorld(t), trigger: tr}
	s.slow = &slowBucket{clock: s.clock, takes: 10 * time.Minute}
	s.bucket, s.id, s.first = tr.scene(s.world, t)
	return s
}

// begin is a process to which S3.8 is slow.
func (s parked) begin(t *testing.T, hooks ...hook) *process {
	t.Helper()
	return s.slow.on(t, s.start(t, hooks...))
}

// message of a phase; that of the check can be known when the run has parked.
func (s parked) message(t *testing.T, phase int) engine.Message {
	t.Helper()
	if phase == 0 {
		return s.first
	}
	return engine.Message{ID: "check", Body: fmt.Sprintf(`{"salve":"check","run":%q}`, s.only(t).ID)}
}

// reach lets all phases before one pass undisturbed.
func (s parked) reach(t *testing.T, phase int) {
	t.Helper()
	if phase == 0 {
		return
	}
	s.begin(t).handle(t, s.first)
	if r := s.only(t); r.State != run.StateParked {
		t.Fatalf("run is %s, %s, want it parked", r.State, r.Status)
	}
	s.clock.move(s.slow.takes)
}

// finish sweeps until the run is over, and proves that all is as after an
// undisturbed run.
func (s parked) finish(t *testing.T, p *process) {
	t.Helper()
	for range 3 {
		if s.only(t).State == run.StateClosed {
			break
		}
		s.clock.move(later)
		p.handle(t, sweep())
	}
	s.fixed(t, s.bucket, s.id)
	s.quiet(t, p, s.trigger, s.first, s.bucket, s.id)
}

// parkedCalls are the calls of both phases of an undisturbed run.
func parkedCalls(t *testing.T, tr trigger) [][]call {
	t.Helper()
	s := park(t, tr)
	all := make([][]call, len(phaseNames()))
	for phase := range phaseNames() {
		p := s.begin(t, func(ctx context.Context, c call, do func(context.Context) error) error {
			all[phase] = append(all[phase], c)
			return do(ctx)
		})
		p.handle(t, s.message(t, phase))
		s.clock.move(s.slow.takes)
	}
	s.fixed(t, s.bucket, s.id)
	return all
}

// eachParkedCall gives every call of a parked run a test.
func eachParkedCall(t *testing.T, do func(t *testing.T, name string, tr trigger, phase int, c call)) {
	t.Helper()
	for _, tr := range triggers() {
		for phase, calls := range parkedCalls(t, tr) {
			for _, c := range calls {
				do(t, fmt.Sprintf("%s/%s/%02d %s", tr.name, phaseNames()[phase], c.n, c.operation), tr, phase, c)
			}
		}
	}
}

// TestParkedCrash kills a process at every single call of a run that parks,
// before and after the parking. Whoever comes next finishes it.
func TestParkedCrash(t *testing.T) {
	eachParkedCall(t, func(t *testing.T, name string, tr trigger, phase int, c call) {
		t.Helper()
		for _, done := range []bool{false, true} {
			d := death{at: c.n, done: done}
			t.Run(fmt.Sprintf("%s %s/sweep", name, d), func(t *testing.T) { parkedCrash(t, tr, phase, d, false) })
			if tr.name == "imported" { // a click's message is kept by the same queue in the same way
				t.Run(fmt.Sprintf("%s %s/redelivery", name, d), func(t *testing.T) { parkedCrash(t, tr, phase, d, true) })
			}
		}
	})
}

func parkedCrash(t *testing.T, tr trigger, phase int, d death, redelivered bool) {
	s := park(t, tr)
	s.reach(t, phase)
	m := s.message(t, phase)
	s.die(t, d, func(ctx context.Context, p *process) { s.slow.on(t, p).Handle(ctx, []engine.Message{m}) })
	claimed := len(s.runs(t)) > 0
	s.clock.move(later)
	next := s.begin(t)
	if redelivered || !claimed {
		next.handle(t, m)
	}
	s.finish(t, next)
}

// TestParkedTrouble lets every single call of a run that parks go wrong.
func TestParkedTrouble(t *testing.T) {
	eachParkedCall(t, func(t *testing.T, name string, tr trigger, phase int, c call) {
		t.Helper()
		for kind, trouble := range troubles() {
			// What a click does otherwise than an imported finding is worth a refusal and a lost answer.
			if tr.name == "imported" || trouble.stay || trouble.kind == lab.FaultDrop {
				t.Run(name+" "+kind, func(t *testing.T) { parkedTrouble(t, tr, phase, c.n, trouble) })
			}
		}
	})
}

func parkedTrouble(t *testing.T, tr trigger, phase, at int, trouble trouble) {
	s := park(t, tr)
	s.reach(t, phase)
	m := s.message(t, phase)
	over, hit := false, false
	strike := func(ctx context.Context, c call, do func(context.Context) error) error {
		if !over && (c.n == at || trouble.stay && c.n > at) {
			hit = true
			return s.strike(ctx, trouble.kind, do)
		}
		return do(ctx)
	}
	p := s.begin(t, s.honest(t, s.bucket), strike)
	failed := p.Handle(t.Context(), []engine.Message{m})
	if over = true; !hit {
		t.Fatalf("the %s message had no call %d", phaseNames()[phase], at)
	}
	s.clock.move(later)
	if len(failed) > 0 {
		p.handle(t, m)
	}
	s.finish(t, p)
}
