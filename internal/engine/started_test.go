package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// automation carries out changes of stores by itself, a while after they were
// started. Who starts twice for one run gets one execution.
type automation struct {
	*enginetest.World
	takes time.Duration
	says  func() (control.Progress, error) // how far it is; nil for nobody knows
	// rights says that what is started may decide who may do what.
	rights bool

	mu      sync.Mutex
	started map[string]time.Time // by run
	after   int                  // how often it was asked for a run that has noted what it started
}

func automated(w *enginetest.World) *automation {
	return &automation{World: w, takes: 10 * time.Minute, started: map[string]time.Time{}}
}

func (a *automation) start(
	ctx context.Context, env control.Env, _ control.Runbook, _, to slowState,
) (control.Execution, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.Runs() {
		if r.ID == env.Run && r.Execution != nil {
			a.after++
		}
	}
	if _, known := a.started[env.Run]; !known {
		a.started[env.Run] = env.Now
	}
	// What it will write is there at once, and shown when it is done.
	return control.Execution{ID: "x-" + env.Run, Started: a.started[env.Run]}, enginetest.WriteBlock(ctx, env, to.Flags)
}

func (a *automation) read(ctx context.Context, env control.Env) (slowState, error) {
	now, err := enginetest.ReadBlock(ctx, env)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, at := range a.started {
		if a.Clock.Now().Before(at.Add(a.takes)) {
			return slowState{}, err
		}
	}
	return slowState{now}, err
}

func (a *automation) progress(context.Context, control.Env, control.Execution) (control.Progress, error) {
	if a.says == nil {
		return control.Progress{}, nil
	}
	return a.says()
}

// on makes Store.3 a control that starts for a process.
func (a *automation) on(t *testing.T, p *enginetest.Process) *enginetest.Process {
	t.Helper()
	info := enginetest.Declared(t, "Store.3")
	info.Settle, info.Identities = control.Settle{Typical: a.takes, Within: 2 * time.Hour}, a.rights
	return enginetest.Instead(t, p, control.Of[slowState]{
		Info: info, Read: a.read, Start: a.start, Progress: a.progress,
		Want: func(slowState, control.Env) (slowState, error) {
			return slowState{enginetest.Block(true, true, true, true)}, nil
		},
		Runbook: func(context.Context, control.Env, slowState, slowState) (control.Runbook, error) {
			return control.Runbook{Document: "Salve-Block", Version: "1", Content: "c0ffee"}, nil
		},
	})
}

// over expects the one run there is to have been started once and proven. Where a
// process died before it noted that, nobody knows what is there already comes from.
func (a *automation) over(t *testing.T, store, id string, unnoted bool) {
	t.Helper()
	r := a.Ended(t, run.StatusVerified)
	if r.Plan.Runbook == nil || r.Execution == nil && !unnoted || r.Execution != nil && r.Execution.ID != "x-"+r.ID {
		t.Errorf("the run does not say what it started: %+v, %+v", r.Execution, r.Plan)
	}
	if len(a.started) != 1 || a.after > 0 {
		t.Errorf("%d executions, %d starts of what was noted", len(a.started), a.after)
	}
	a.Fixed(t, store, id)
}

// TestStartedRunOnlyLooks: what was started goes on without a process, and every
// look after that is a look.
func TestStartedRunOnlyLooks(t *testing.T) {
	w, store, id, m := triggers()[0].scene(t)
	a := automated(w)
	p := a.on(t, w.Start())
	p.Handled(t, m)
	r := w.Only(t)
	if r.State != run.StateParked || r.Execution == nil || len(w.Ledger.Locks()) != 1 {
		t.Fatalf("run is %s with %+v; locks %v", r.State, r.Execution, w.Ledger.Locks())
	}
	for range 2 { // nothing is to be seen yet
		w.Clock.Move(time.Minute)
		p.Handled(t, enginetest.Check(r.ID))
	}
	if r := w.Only(t); r.State != run.StateParked {
		t.Fatalf("after looks that were too early the run is %s", r.State)
	}
	w.Clock.Move(a.takes)
	p.Handled(t, enginetest.Sweep())
	a.over(t, store, id, false)
}

// TestWhatDecidesRights: whatever the mode, neither a report nor a click starts what decides who may do what. A person
// does, and everything else is as with any other run.
func TestWhatDecidesRights(t *testing.T) {
	for name, c := range map[string]struct {
		by    trigger
		mode  gate.Mode
		waits bool
	}{
		"reported, auto": {triggers()[0], gate.Auto, false}, "clicked, auto": {triggers()[1], gate.Auto, false},
		"reported, approve": {triggers()[0], gate.Approve, true}, "clicked, approve": {triggers()[1], gate.Approve, true},
		"clicked, manual": {triggers()[1], gate.Manual, true},
	} {
		t.Run(name, func(t *testing.T) {
			w, store, id, m := c.by.scene(t)
			w.Config = enginetest.Modes(c.mode)
			a := automated(w)
			a.rights = true
			p := a.on(t, w.Start())
			p.Handled(t, m)
			if c.waits {
				if r := w.Ended(t, run.StatusAwaitingApproval); !strings.Contains(r.Reason, "decides who may do what") {
					t.Errorf("it says %q", r.Reason)
				}
			} else if n := len(w.Runs()); n > 0 {
				t.Errorf("%d runs", n)
			}
			if len(a.started) > 0 || w.Blocked(store) {
				t.Errorf("%d executions, blocked %v", len(a.started), w.Blocked(store))
			}
			if !c.waits {
				return
			}
			if _, err := p.Apply(t.Context(), enginetest.Wish(store)); err != nil {
				t.Fatal(err)
			}
			w.Clock.Move(a.takes)
			p.Handled(t, enginetest.Sweep())
			if len(a.started) != 1 || !w.Blocked(store) {
				t.Errorf("%d executions, blocked %v, finding %s", len(a.started), w.Blocked(store), id)
			}
		})
	}
}

// TestStartedThatNeverEnds: after its time it is unverified, and nothing was started twice.
func TestStartedThatNeverEnds(t *testing.T) {
	w, _, _, m := triggers()[0].scene(t)
	a := automated(w)
	p := a.on(t, w.Start())
	a.takes = 1000 * time.Hour
	p.Handled(t, m)
	for range 20 {
		w.Clock.Move(enginetest.Later)
		p.Handled(t, enginetest.Sweep())
	}
	r := w.Ended(t, run.StatusUnverified)
	if len(a.started) != 1 || a.after > 0 {
		t.Errorf("%d executions, %d starts of what was noted", len(a.started), a.after)
	}
	if !r.Undoable() { // it may still come to its end, and then somebody wants that back
		t.Error("what was started and not seen cannot be taken back")
	}
}

// TestStartedCrash kills a process at every call of a run that starts something,
// before and after it is noted. Whoever comes next finishes it.
func TestStartedCrash(t *testing.T) {
	for _, tr := range triggers() {
		for phase, calls := range startedCalls(t, tr) {
			for _, c := range calls {
				for _, d := range deaths(c) {
					t.Run(fmt.Sprintf("%s/%s/%02d %s %s", tr.name, phases()[phase], c.N, c.Operation, d), func(t *testing.T) {
						startedCrash(t, tr, phase, d)
					})
				}
			}
		}
	}
}

// startedCalls are the calls of both phases of an undisturbed run.
func startedCalls(t *testing.T, tr trigger) [][]enginetest.Call {
	t.Helper()
	w, store, id, m := tr.scene(t)
	a := automated(w)
	first := w.Watched(func(p *enginetest.Process) { a.on(t, p).Handled(t, m) })
	w.Clock.Move(a.takes)
	check := w.Watched(func(p *enginetest.Process) { a.on(t, p).Handled(t, enginetest.Check(w.Only(t).ID)) })
	a.over(t, store, id, false)
	return [][]enginetest.Call{first, check}
}

func startedCrash(t *testing.T, tr trigger, phase int, d enginetest.Death) {
	w, store, id, m := tr.scene(t)
	a := automated(w)
	if phase == 1 {
		a.on(t, w.Start()).Handled(t, m)
		w.Clock.Move(a.takes)
		m = enginetest.Check(w.Only(t).ID)
	}
	w.Die(t, d, func(ctx context.Context, p *enginetest.Process) { a.on(t, p).Handle(ctx, m) })
	unnoted := len(a.started) > 0 && w.Only(t).Execution == nil
	w.Clock.Move(enginetest.Later)
	next := a.on(t, w.Start())
	next.Handled(t, m) // redelivered
	for range 3 {
		w.Clock.Move(enginetest.Later)
		next.Handled(t, enginetest.Sweep())
	}
	a.over(t, store, id, unnoted)
}

// TestStartRefused: what cannot be started ends the run, and says so.
func TestStartRefused(t *testing.T) {
	w, store, _, m := triggers()[1].scene(t)
	a := automated(w)
	var refused atomic.Int32
	p := a.on(t, w.Start(func(_ context.Context, c enginetest.Call) error {
		if c.Operation == "PutBlock" && !c.Done {
			refused.Add(1)
			return enginetest.Denied()
		}
		return nil
	}))
	p.Handled(t, m)
	if refused.Load() == 0 {
		t.Fatal("nothing was refused")
	}
	if r := w.Ended(t, run.StatusDenied); r.Execution != nil || w.Blocked(store) {
		t.Errorf("run %+v", r)
	}
}

// TestStartedIsNotStartedAgain: a run whose outcome its findings could not be told looks again. What somebody changed
// back meanwhile it does not start once more.
func TestStartedIsNotStartedAgain(t *testing.T) {
	w, store, id, m := triggers()[0].scene(t)
	a := automated(w)
	p := a.on(t, w.Start())
	p.Handled(t, m)
	w.Clock.Move(a.takes)
	w.Fail("BatchUpdateFindings", enginetest.Down())
	p.Handled(t, enginetest.Sweep())
	if r := w.Only(t); r.State != run.StateRecorded || r.Status != run.StatusVerified {
		t.Fatalf("run is %s %s", r.State, r.Status)
	}
	w.Heal()
	w.SetFlags(t, store, nil)
	for range 20 {
		w.Clock.Move(enginetest.Later)
		p.Handled(t, enginetest.Sweep())
	}
	w.Ended(t, run.StatusUnverified)
	w.Says(t, id, finding.Notified)
	if len(a.started) != 1 || a.after > 0 {
		t.Errorf("%d executions, %d starts of what was noted", len(a.started), a.after)
	}
}
