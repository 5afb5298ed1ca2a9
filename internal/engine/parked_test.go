package engine_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/run"
)

// parked is a scene of a run that parks: the message that starts it, then the
// check that finishes it, each handled by a process of its own.
type parked struct {
	*enginetest.World
	trigger
	slow      *slowStore
	store, id string
	first     engine.Message
}

// phases are those of a parked run.
func phases() []string { return []string{"first", "check"} }

func park(t *testing.T, tr trigger) parked {
	t.Helper()
	s := parked{trigger: tr}
	s.World, s.store, s.id, s.first = tr.scene(t)
	s.slow = &slowStore{clock: s.Clock, takes: 10 * time.Minute}
	return s
}

// begin is a process to which Store.3 is slow.
func (s parked) begin(t *testing.T, hooks ...enginetest.Hook) *enginetest.Process {
	t.Helper()
	return s.slow.on(t, s.Start(hooks...))
}

// message of a phase; that of the check can be known when the run has parked.
func (s parked) message(t *testing.T, phase int) engine.Message {
	t.Helper()
	if phase == 0 {
		return s.first
	}
	return enginetest.Check(s.Only(t).ID)
}

// reach lets all phases before one pass undisturbed.
func (s parked) reach(t *testing.T, phase int) {
	t.Helper()
	if phase == 0 {
		return
	}
	s.begin(t).Handled(t, s.first)
	if r := s.Only(t); r.State != run.StateParked {
		t.Fatalf("run is %s, %s, want it parked", r.State, r.Status)
	}
	s.Clock.Move(s.slow.takes)
}

// finish sweeps until the run is over, and proves that all is as after an
// undisturbed run.
func (s parked) finish(t *testing.T, p *enginetest.Process) {
	t.Helper()
	for range 3 {
		if s.Only(t).State == run.StateClosed {
			break
		}
		s.Clock.Move(enginetest.Later)
		p.Handled(t, enginetest.Sweep())
	}
	s.Fixed(t, s.store, s.id)
	final(t, s.World, p, s.trigger, s.first, s.store, s.id)
}

// parkedCalls are the calls of both phases of an undisturbed run.
func parkedCalls(t *testing.T, tr trigger) [][]enginetest.Call {
	t.Helper()
	s := park(t, tr)
	var all [][]enginetest.Call
	for phase := range phases() {
		m := s.message(t, phase)
		all = append(all, s.Watched(func(p *enginetest.Process) { s.slow.on(t, p).Handled(t, m) }))
		s.Clock.Move(s.slow.takes)
	}
	s.Fixed(t, s.store, s.id)
	return all
}

// eachParkedCall gives every call of a parked run a test.
func eachParkedCall(t *testing.T, do func(name string, tr trigger, phase int, c enginetest.Call)) {
	t.Helper()
	for _, tr := range triggers() {
		for phase, calls := range parkedCalls(t, tr) {
			for _, c := range calls {
				do(fmt.Sprintf("%s/%s/%02d %s", tr.name, phases()[phase], c.N, c.Operation), tr, phase, c)
			}
		}
	}
}

// TestParkedCrash kills a process at every single call of a run that parks,
// before and after the parking. Whoever comes next finishes it.
func TestParkedCrash(t *testing.T) {
	eachParkedCall(t, func(name string, tr trigger, phase int, c enginetest.Call) {
		for _, d := range deaths(c) {
			t.Run(fmt.Sprintf("%s %s/sweep", name, d), func(t *testing.T) { parkedCrash(t, tr, phase, d, false) })
			t.Run(fmt.Sprintf("%s %s/redelivery", name, d), func(t *testing.T) { parkedCrash(t, tr, phase, d, true) })
		}
	})
}

func parkedCrash(t *testing.T, tr trigger, phase int, d enginetest.Death, redelivered bool) {
	s := park(t, tr)
	s.reach(t, phase)
	m := s.message(t, phase)
	s.Die(t, d, func(ctx context.Context, p *enginetest.Process) { s.slow.on(t, p).Handle(ctx, m) })
	claimed := len(s.Runs()) > 0
	s.Clock.Move(enginetest.Later)
	next := s.begin(t)
	if redelivered || !claimed {
		next.Handled(t, m)
	}
	s.finish(t, next)
}

// TestParkedTrouble lets every single call of a run that parks go wrong.
func TestParkedTrouble(t *testing.T) {
	eachParkedCall(t, func(name string, tr trigger, phase int, c enginetest.Call) {
		for kind, trouble := range enginetest.Troubles() {
			t.Run(name+" "+kind, func(t *testing.T) { parkedTrouble(t, tr, phase, c.N, trouble) })
		}
	})
}

func parkedTrouble(t *testing.T, tr trigger, phase, at int, trouble enginetest.Trouble) {
	s := park(t, tr)
	s.reach(t, phase)
	m := s.message(t, phase)
	var over, hit atomic.Bool
	p := s.begin(t, honest(t, s.World, s.store), trouble.At(at, &over, &hit))
	failed := p.Handle(t.Context(), m)
	if over.Store(true); !hit.Load() {
		t.Fatalf("the %s message had no call %d", phases()[phase], at)
	}
	s.Clock.Move(enginetest.Later)
	if len(failed) > 0 {
		p.Handled(t, m)
	}
	s.finish(t, p)
}
