package engine_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// part is one part of the way of a run that starts something: its start or its end, of a fix or of an undo.
type part struct {
	tr    trigger
	undo  bool
	ends  bool
	takes time.Duration // of the execution: shorter or longer than until the next process comes
}

func (s part) String() string {
	name := s.tr.name
	if s.undo {
		name += ", undo"
	}
	if s.ends {
		return name + ", end"
	}
	return fmt.Sprintf("%s, start, takes %s", name, s.takes)
}

// parts are all of them. Who comes after a start that takes long finds it at work, and after a short one finds it over.
func parts() []part {
	var out []part
	for i, tr := range triggers() {
		for _, undo := range []bool{false, true}[:2-i] { // who asks for an undo is the same person, whatever was before
			out = append(out,
				part{tr, undo, false, enginetest.Later / 2}, part{tr, undo, false, 2 * enginetest.Later},
				part{tr, undo, true, enginetest.Later / 2})
		}
	}
	return out
}

// staged is a world right before such a part.
type staged struct {
	part
	*automation
	store, id string
	fix       *run.Run // that an undo takes back
	m         engine.Message
}

func (s part) stage(t *testing.T) *staged {
	t.Helper()
	w, store, id, m := s.tr.scene(t)
	a := automated(w)
	a.takes, a.own = s.takes, true
	st := &staged{part: s, automation: a, store: store, id: id, m: m}
	if s.undo {
		p := a.on(t, w.Start())
		p.Handled(t, m)
		st.until(t, p)
		st.fix = w.Ended(t, run.StatusVerified)
		w.Clock.Move(time.Second) // ids of runs sort by time
	}
	if s.ends {
		if again := st.asks(t.Context(), a.on(t, w.Start())); again || w.Runs()[len(w.Runs())-1].Execution == nil {
			t.Fatal("nothing was started")
		}
		w.Clock.Move(a.takes)
	}
	w.ClearCalls()
	return st
}

// asks is what a run begins with: a message, or the command line that takes the fix back.
func (s *staged) asks(ctx context.Context, p *enginetest.Process) (again bool) {
	if s.undo {
		_, err := p.Undo(ctx, s.fix.ID, "alice")
		return err != nil
	}
	return len(p.Handle(ctx, s.m)) > 0
}

// begin is what the part begins with.
func (s *staged) begin(ctx context.Context, p *enginetest.Process) (again bool) {
	if s.ends {
		return len(p.Handle(ctx, enginetest.Check(s.last().ID))) > 0
	}
	return s.asks(ctx, p)
}

func (s *staged) last() *run.Run { return s.Runs()[len(s.Runs())-1] }

// until lets sweeps come until everything is over.
func (s *staged) until(t *testing.T, p *enginetest.Process) {
	t.Helper()
	for range 8 {
		s.Clock.Move(enginetest.Later)
		p.Handled(t, enginetest.Sweep())
		if len(s.Runs()) > 0 && s.last().State == run.StateClosed {
			return
		}
	}
}

// claimed tells that the ledger knows of what was asked for.
func (s *staged) claimed() bool { return len(s.Runs()) > 1 || !s.undo && len(s.Runs()) > 0 }

// over expects that each run started one execution, and that all is as one undisturbed run leaves it.
func (s *staged) over(t *testing.T) {
	t.Helper()
	want, says, runs := run.StatusVerified, finding.Resolved, 1
	if s.undo {
		want, says, runs = run.StatusUndone, finding.New, 2
		s.Flagged(t, s.store, s.tr.before)
	} else if !s.Blocked(s.store) {
		t.Errorf("the store is open: %+v", s.Flags(s.store))
	}
	r := s.last()
	if len(s.Runs()) != runs || r.State != run.StateClosed || r.Status != want {
		t.Errorf("%d runs, the last is %s, %s (%s)", len(s.Runs()), r.State, r.Status, r.Reason)
	}
	if r.Execution != nil && r.Execution.ID != "x-"+r.ID || r.Plan == nil || r.Plan.Runbook == nil {
		t.Errorf("the run does not say what it started: %+v, %+v", r.Execution, r.Plan)
	}
	s.once(t, runs)
	s.Says(t, s.id, says)
}

// once expects so many executions, one a run, and nothing that is kept from anybody.
func (a *automation) once(t *testing.T, executions int) {
	t.Helper()
	if len(a.started) != executions || a.after > 0 {
		t.Errorf("%d executions, want %d; %d starts of what was noted", len(a.started), executions, a.after)
	}
	a.Unlocked(t)
}

// eachStartedCall gives every call of every part a test.
func eachStartedCall(t *testing.T, do func(name string, s part, c enginetest.Call)) {
	t.Helper()
	for _, s := range parts() {
		st := s.stage(t)
		calls := st.Watched(func(p *enginetest.Process) { st.begin(t.Context(), st.on(t, p)) })
		st.until(t, st.on(t, st.Start()))
		st.over(t)
		for _, c := range calls {
			do(fmt.Sprintf("%s/%02d %s", s, c.N, c.Operation), s, c)
		}
	}
}

// TestStartedCrash kills a process at every call of a run that starts something, of its undo, and of the look that ends
// them. Whoever comes next finishes it.
func TestStartedCrash(t *testing.T) {
	eachStartedCall(t, func(name string, s part, c enginetest.Call) {
		for _, d := range deaths(c) {
			t.Run(fmt.Sprintf("%s %s", name, d), func(t *testing.T) {
				st := s.stage(t)
				st.Die(t, d, func(ctx context.Context, p *enginetest.Process) { st.begin(ctx, st.on(t, p)) })
				st.Clock.Move(enginetest.Later)
				next := st.on(t, st.Start())
				if !st.claimed() || !s.undo && !s.ends {
					st.asks(t.Context(), next) // redelivered, or asked again
				}
				st.until(t, next)
				st.over(t)
			})
		}
	})
}

// TestStartedTrouble lets every one of these calls go wrong in every way. It ends as if nothing had happened.
func TestStartedTrouble(t *testing.T) {
	eachStartedCall(t, func(name string, s part, c enginetest.Call) {
		for kind, trouble := range enginetest.Troubles() {
			t.Run(name+" "+kind, func(t *testing.T) {
				st := s.struck(t, c.N, trouble)
				st.over(t)
			})
		}
	})
}

// struck is the end of a part in which a call went wrong.
func (s part) struck(t *testing.T, at int, trouble enginetest.Trouble) *staged {
	t.Helper()
	st := s.stage(t)
	var over, hit atomic.Bool
	hooks := []enginetest.Hook{trouble.At(at, &over, &hit)}
	if !s.undo {
		hooks = append(hooks, honest(t, st.World, st.store))
	}
	p := st.on(t, st.Start(hooks...))
	again := st.begin(t.Context(), p)
	if over.Store(true); !hit.Load() {
		t.Fatalf("there was no call %d", at)
	}
	st.Clock.Move(enginetest.Later)
	if again && !st.claimed() || again && !s.undo && !s.ends {
		st.asks(t.Context(), p)
	}
	st.until(t, p)
	return st
}

// TestStartedDenied: what a member account denies ends a run that has started nothing, and nothing else: of what was
// started, the look at the resource decides, and waits until it may look.
func TestStartedDenied(t *testing.T) {
	denied := enginetest.Trouble{Answer: enginetest.Denied()}
	eachStartedCall(t, func(name string, s part, c enginetest.Call) {
		if c.Service != "SSM" && c.Service != "Store" && c.Service != enginetest.STS {
			return
		}
		t.Run(name, func(t *testing.T) {
			st := s.struck(t, c.N, denied)
			r, executions, says := st.last(), len(st.Runs()), finding.Notified
			if r.Status != run.StatusDenied {
				st.over(t)
				return
			}
			if r.Execution == nil {
				executions--
			}
			if s.undo && r.Execution == nil {
				says = finding.Resolved // the fix holds
			}
			st.once(t, executions)
			st.Says(t, st.id, says)
		})
	})
}
