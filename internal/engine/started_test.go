package engine_test

import (
	"context"
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

// automation is SSM Automation: it carries out changes of stores by itself, a while after they were started. Who starts
// twice for one run gets one execution. Every question to it is a call.
type automation struct {
	*enginetest.World
	takes time.Duration
	lasts func(n int) time.Duration        // how long the n-th execution takes, where not as long as all
	says  func() (control.Progress, error) // how far it is; nil for nobody knows, or for own
	own   bool                             // each execution says how far it is by the clock
	edit  func(*control.Info)              // what is declared otherwise; nil for nothing

	mu      sync.Mutex
	started map[string]time.Time // by run
	changes map[string]*change   // that are on their way, by run
	after   int                  // how often it was asked for a run that has noted what it started
}

// change is what an execution writes at its end.
type change struct {
	store string
	to    *enginetest.Flags
	at    time.Time
}

func automated(w *enginetest.World) *automation {
	return &automation{
		World: w, takes: 10 * time.Minute, started: map[string]time.Time{}, changes: map[string]*change{},
	}
}

// asked is a call to Systems Manager.
func asked(operation string, write bool) enginetest.Call {
	return enginetest.Call{Service: "SSM", Operation: operation, Write: write}
}

func (a *automation) start(
	ctx context.Context, env control.Env, _ control.Runbook, _, to slowState,
) (out control.Execution, err error) {
	// The test itself asks, not the process.
	if r, err := a.Ledger.Get(context.Background(), env.Run); err == nil && r.Execution != nil {
		a.after++
	}
	err = enginetest.Do(ctx, env, asked("StartAutomationExecution", true), func() error {
		a.mu.Lock()
		defer a.mu.Unlock()
		if _, known := a.started[env.Run]; !known {
			takes := a.takes
			if a.lasts != nil {
				takes = a.lasts(len(a.started))
			}
			a.started[env.Run] = env.Now
			a.changes[env.Run] = &change{env.Target.Resource, to.Flags, env.Now.Add(takes)}
		}
		out = control.Execution{ID: "x-" + env.Run, Started: a.started[env.Run]}
		return nil
	})
	return out, err
}

// goOn lets what is over by now have written.
func (a *automation) goOn(t *testing.T) {
	a.mu.Lock()
	var over []*change
	for id, c := range a.changes {
		if !a.Clock.Now().Before(c.at) {
			over = append(over, c)
			delete(a.changes, id)
		}
	}
	a.mu.Unlock() // a start has the world first
	for _, c := range over {
		if a.There(c.store) { // a runbook may take it away
			a.SetFlags(t, c.store, c.to)
		}
	}
}

func (a *automation) progress(ctx context.Context, env control.Env, e control.Execution) (
	p control.Progress, err error,
) {
	if a.says == nil && !a.own {
		return control.Progress{}, nil
	}
	err = enginetest.Do(ctx, env, asked("GetAutomationExecution", false), func() error {
		if a.says == nil {
			p = a.howFar(e)
			return nil
		}
		p, err = a.says()
		return err
	})
	return p, err
}

// howFar is an execution by the clock.
func (a *automation) howFar(e control.Execution) control.Progress {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, c := range a.changes {
		if "x-"+id == e.ID && a.Clock.Now().Before(c.at) {
			return control.Progress{Status: "InProgress", Step: "Close"}
		}
	}
	return control.Progress{Status: "Success", Over: true}
}

// on makes Store.3 a control that starts for a process.
func (a *automation) on(t *testing.T, p *enginetest.Process) *enginetest.Process {
	t.Helper()
	info := enginetest.Declared(t, "Store.3")
	info.Settle = control.Settle{Typical: a.takes, Within: 2 * time.Hour}
	info.Actions = []string{
		"store:GetBlock", "ssm:DescribeDocument", "ssm:StartAutomationExecution", "ssm:GetAutomationExecution",
	}
	if a.edit != nil {
		a.edit(&info)
	}
	return enginetest.Instead(t, p, control.Of[slowState]{
		Info: info, Start: a.start, Progress: a.progress,
		Read: func(ctx context.Context, env control.Env) (slowState, error) {
			a.goOn(t)
			now, err := enginetest.ReadBlock(ctx, env)
			return slowState{now}, err
		},
		Want: func(slowState, control.Env) (slowState, error) {
			return slowState{enginetest.Block(true, true, true, true)}, nil
		},
		Runbook: func(ctx context.Context, env control.Env, _, _ slowState) (control.Runbook, error) {
			return control.Runbook{Document: "Salve-Block", Version: "1", Content: "c0ffee"},
				enginetest.Do(ctx, env, asked("DescribeDocument", false), func() error { return nil })
		},
	})
}

// over expects the one run there is to have been started once and proven.
func (a *automation) over(t *testing.T, store, id string) {
	t.Helper()
	r := a.Ended(t, run.StatusVerified)
	if r.Plan.Runbook == nil || r.Execution == nil || r.Execution.ID != "x-"+r.ID {
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
	a.over(t, store, id)
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
			a.edit = func(i *control.Info) { i.Identities = true }
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

// TestStartRefused: what cannot be started ends the run, and says so.
func TestStartRefused(t *testing.T) {
	w, store, _, m := triggers()[1].scene(t)
	a := automated(w)
	var refused atomic.Int32
	p := a.on(t, w.Start(func(_ context.Context, c enginetest.Call) error {
		if c.Operation == "StartAutomationExecution" && !c.Done {
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
