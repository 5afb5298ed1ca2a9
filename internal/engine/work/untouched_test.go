package work_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// firsts are the ways in which a run stores its plan and nothing of it is written.
func firsts() map[string]func(t *testing.T, w *enginetest.World, m engine.Message) {
	return map[string]func(t *testing.T, w *enginetest.World, m engine.Message){
		"throttled": func(t *testing.T, w *enginetest.World, m engine.Message) {
			w.Fail("PutBlock", enginetest.Throttled())
			w.Stoppable().Handled(t, m)
			w.Heal()
		},
		"killed": func(t *testing.T, w *enginetest.World, m engine.Message) { killed(t, w, "PutBlock", false, m) },
	}
}

// killed lets a process die at the first call of an operation: before it, or when it is done.
func killed(t *testing.T, w *enginetest.World, operation string, done bool, m engine.Message) {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	defer end()
	var dead atomic.Bool
	w.Stoppable(func(_ context.Context, c enginetest.Call) error {
		if c.Operation == operation && c.Done == done {
			dead.Store(true)
			end()
		}
		if dead.Load() {
			return enginetest.ErrDead
		}
		return nil
	}).Handle(ctx, m)
	if !dead.Load() {
		t.Fatal("the process lives")
	}
}

// storedOnly expects the one run to have stored its plan and to have written nothing.
func storedOnly(t *testing.T, w *enginetest.World, store string) {
	t.Helper()
	if r := w.Only(t); r.State != run.StateApplying || r.Plan == nil || w.Puts(store) > 0 {
		t.Fatalf("run is %s, %d writes", r.State, w.Puts(store))
	}
}

// since lets what holds now take effect.
func since(t *testing.T, w *enginetest.World) {
	t.Helper()
	w.Clock.Move(enginetest.Later)
	w.Stoppable().Handled(t, enginetest.Sweep())
}

// protect excepts a store in the document.
func protect(w *enginetest.World, store string) {
	w.Config.Exceptions = []gate.Exception{{
		Control: "Store.3", Resource: store, Reason: "static site", Owner: "web@example.org",
		Expires: gate.Date{Day: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)},
	}}
}

// freeze has nothing be changed for some days.
func freeze(w *enginetest.World) {
	w.Config.Freezes = []gate.Freeze{{From: "2026-03-02", To: "2026-03-05", TZ: "UTC", Reason: "fair"}}
}

// reconsidered are what may be decided after a plan is stored, and what becomes of the run then.
func reconsidered() map[string]struct {
	change func(t *testing.T, w *enginetest.World, store, id string)
	status run.Status
	says   string
} {
	type world = enginetest.World
	return map[string]struct {
		change func(t *testing.T, w *enginetest.World, store, id string)
		status run.Status
		says   string
	}{
		"stop": {
			func(t *testing.T, w *world, _, _ string) { w.Stop(t, "", "ada", "incident 7", 0) },
			run.StatusDeferred, finding.New,
		},
		"suppressed": {
			func(t *testing.T, w *world, _, id string) { w.Mark(t, id, finding.Suppressed) },
			run.StatusRefused, finding.Suppressed,
		},
		"freeze": {func(_ *testing.T, w *world, _, _ string) { freeze(w) }, run.StatusDeferred, finding.New},
		"window": {
			func(_ *testing.T, w *world, _, _ string) {
				w.Config.Windows = []gate.Window{{Days: []string{"fri"}, From: "20:00", To: "22:00", TZ: "UTC"}}
			}, run.StatusDeferred, finding.New,
		},
		"exception": {func(_ *testing.T, w *world, store, _ string) { protect(w, store) }, run.StatusRefused, finding.New},
		"disable":   {func(t *testing.T, w *world, _, _ string) { off(t, w, "Store.3") }, run.StatusRefused, finding.New},
		"hold": {
			func(t *testing.T, w *world, store, _ string) { keepOff(t, w, store) }, run.StatusRefused, finding.New,
		},
		"manual": {
			func(_ *testing.T, w *world, _, _ string) { w.Config = enginetest.Modes(gate.Manual) },
			run.StatusRefused, finding.New,
		},
		"off": {
			func(_ *testing.T, w *world, _, _ string) { w.Config = enginetest.Modes(gate.Off) },
			run.StatusRefused, finding.New,
		},
		"plan": {
			func(_ *testing.T, w *world, _, _ string) { w.Config = enginetest.Modes(gate.Plan) },
			run.StatusPlanned, finding.New,
		},
		"approve": {
			func(_ *testing.T, w *world, _, _ string) { w.Config = enginetest.Modes(gate.Approve) },
			run.StatusAwaitingApproval, finding.Notified,
		},
		"class": {
			func(_ *testing.T, w *world, store, _ string) {
				w.Config.Classes = &gate.Classes{Tag: "data", Unclassified: gate.Off}
				w.Tag(store, map[string]string{"data": "red"})
			}, run.StatusRefused, finding.New,
		},
	}
}

// TestStoredPlanAsksAgain: a run whose plan is stored, and of which nothing is written, does not act on an old yes.
func TestStoredPlanAsksAgain(t *testing.T) {
	for how, first := range firsts() {
		for name, tc := range reconsidered() {
			t.Run(how+"/"+name, func(t *testing.T) {
				w := enginetest.New(t)
				store := w.Store(t, nil)
				id := w.Report(t, enginetest.Spec(store))
				first(t, w, w.Imported(t, id))
				storedOnly(t, w, store)
				tc.change(t, w, store, id)
				since(t, w)
				r := w.Only(t)
				if w.Puts(store) > 0 || r.Status != tc.status {
					t.Errorf("run is %s (%s) after %d writes, want %s", r.Status, r.Reason, w.Puts(store), tc.status)
				}
				if r.Changed() || r.Undoable() {
					t.Error("it says that it changed the resource")
				}
				w.Says(t, id, tc.says)
				w.Unlocked(t)
			})
		}
	}
}

// TestStoredPlanMeetsItsRing: a ring that was put back holds it off, too.
func TestStoredPlanMeetsItsRing(t *testing.T) {
	for how, first := range firsts() {
		t.Run(how, func(t *testing.T) {
			w := enginetest.Ringed(t, 5)
			moved(t, w, "first", "second")
			store, _, m := w.StoreIn(t, enginetest.Other)
			first(t, w, m)
			storedOnly(t, w, store)
			moved(t, w, "second", "first")
			since(t, w)
			if r := w.Only(t); r.Status != run.StatusRefused || w.Puts(store) > 0 {
				t.Errorf("run is %s (%s) after %d writes", r.Status, r.Reason, w.Puts(store))
			}
		})
	}
}

// moved has ada move Store.3 from a ring to another.
func moved(t *testing.T, w *enginetest.World, from, to string) {
	t.Helper()
	stored, err := w.Ledger.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stage := stored.Overlay().Stage(w.Config, gate.Control{ID: "Store.3"})
	err = w.Ledger.MoveRing(t.Context(), gate.Change{
		Number: stored.Changes + 1, Control: "Store.3", From: from, To: to, Bound: stage.Bound,
		Version: stored.Version, By: "ada", At: w.Clock.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestStoredPlanGoesOn: where all still says yes it is done, once what held it back has ended, by a plan of then.
func TestStoredPlanGoesOn(t *testing.T) {
	for how, first := range firsts() {
		for name, stopped := range map[string]bool{"at once": false, "after a stop": true} {
			t.Run(how+"/"+name, func(t *testing.T) {
				w := enginetest.New(t)
				store := w.Store(t, nil)
				id := w.Report(t, enginetest.Spec(store))
				first(t, w, w.Imported(t, id))
				if stopped {
					w.Stop(t, "Store.3", "ada", "incident 7", 0)
					for range 30 {
						since(t, w)
					}
					w.SetFlags(t, store, enginetest.Block(true, false, false, false))
					w.Resume(t, "Store.3")
				}
				since(t, w)
				w.Fixed(t, store, id)
				r := w.Only(t)
				if !stopped {
					return
				}
				w.TakenBack(t, w.Stoppable(), r)
				w.Flagged(t, store, enginetest.Block(true, false, false, false))
			})
		}
	}
}

// TestStoppedPlanLeavesItsResource: while it waits for the end of a stop others may work there.
func TestStoppedPlanLeavesItsResource(t *testing.T) {
	for how, first := range firsts() {
		t.Run(how, func(t *testing.T) {
			w := enginetest.New(t)
			store := w.Store(t, nil)
			first(t, w, w.Imported(t, w.Of(t, "Store.3", store)))
			w.Stop(t, "Store.3", "ada", "incident 7", 0)
			since(t, w)
			second := w.Of(t, "Store.1", store)
			w.Stoppable().Handled(t, w.Imported(t, second))
			w.Says(t, second, finding.Resolved)
		})
	}
}

// TestHalfWrittenIsFinished: half a change is worse than either end, whatever says no by now.
func TestHalfWrittenIsFinished(t *testing.T) {
	for name, tc := range reconsidered() {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Stoppable()
			rack := racked(t, p)
			rack.k, rack.ends = 2, enginetest.Throttled
			store := w.Store(t, nil)
			id := w.Report(t, enginetest.Spec(store))
			p.Handled(t, w.Imported(t, id))
			if rack.shows() != "on off off" {
				t.Fatalf("it is %q", rack.shows())
			}
			rack.ends = nil
			tc.change(t, w, store, id)
			w.Clock.Move(enginetest.Later)
			p.Handled(t, enginetest.Sweep())
			if r := w.Only(t); r.Status != run.StatusVerified || rack.shows() != "on on on" {
				t.Errorf("run is %s (%s), it is %q", r.Status, r.Reason, rack.shows())
			}
		})
	}
}

// TestWrittenAndUnseen: of a process that died right after its write, the next one finishes what it finds written.
func TestWrittenAndUnseen(t *testing.T) {
	w := enginetest.New(t)
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	killed(t, w, "PutBlock", true, w.Imported(t, id))
	protect(w, store)
	w.Stop(t, "", "ada", "incident 7", 0)
	since(t, w)
	w.Ended(t, run.StatusVerified)
	w.Fixed(t, store, id)
}

// TestOperatorsStoredPlan: his own apply is bound by stops, exceptions and freezes, and by nothing else.
func TestOperatorsStoredPlan(t *testing.T) {
	binds := map[string]run.Status{
		"stop": run.StatusDeferred, "exception": run.StatusRefused, "freeze": run.StatusRefused,
	}
	for name, tc := range reconsidered() {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Stoppable()
			store := w.Store(t, nil)
			id := w.Report(t, enginetest.Spec(store))
			wish := enginetest.Wish(store)
			wish.Findings = []run.Finding{w.Known(t, id)}
			w.Fail("PutBlock", enginetest.Throttled())
			if r, err := p.Apply(t.Context(), wish); err != nil || r.State != run.StateApplying {
				t.Fatalf("%+v, %v", r, err)
			}
			w.Heal()
			tc.change(t, w, store, id)
			since(t, w)
			want, bound := binds[name]
			if !bound {
				want = run.StatusVerified
			}
			if r := w.Only(t); r.Status != want || w.Blocked(store) == bound {
				t.Errorf("run is %s (%s), want %s; done: %v", r.Status, r.Reason, want, w.Blocked(store))
			}
		})
	}
}

// TestUndosStoredPlan: to take back is bound by nothing of it.
func TestUndosStoredPlan(t *testing.T) {
	for name, tc := range reconsidered() {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Stoppable()
			before := enginetest.Block(true, false, false, false)
			store, id, fix := w.Repaired(t, p, before)
			w.Fail("PutBlock", enginetest.Throttled())
			undo, err := p.Undo(t.Context(), fix.ID, "alice")
			if err != nil || undo.State != run.StateApplying {
				t.Fatalf("%+v, %v", undo, err)
			}
			w.Heal()
			tc.change(t, w, store, id)
			since(t, w)
			w.Flagged(t, store, before)
		})
	}
}

// TestApprovedStoredPlan: a yes to the plan lifts nothing that came since, and carries out what was approved.
func TestApprovedStoredPlan(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(w *enginetest.World, store, id string)
		puts   int
		status run.Status
	}{
		"nothing":   {func(*enginetest.World, string, string) {}, 1, run.StatusVerified},
		"exception": {func(w *enginetest.World, store, _ string) { protect(w, store) }, 0, run.StatusRefused},
		"another plan": {func(w *enginetest.World, store, _ string) {
			w.SetFlags(t, store, enginetest.Block(false, false, false, false))
		}, 0, run.StatusAwaitingApproval},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			w.Config = enginetest.Approving(false)
			p := w.Stoppable()
			store := w.Store(t, enginetest.Block(true, false, false, false))
			id := w.Report(t, enginetest.Spec(store))
			p.Handled(t, w.Imported(t, id))
			asked := w.Ended(t, run.StatusAwaitingApproval)
			w.Clock.Move(time.Hour)
			w.Fail("PutBlock", enginetest.Throttled())
			m := enginetest.Answer(t, enginetest.Alice, asked, run.Approve)
			p.Handled(t, m)
			w.Heal()
			tc.change(w, store, id)
			since(t, w)
			r, err := w.Ledger.Get(t.Context(), w.Told(t, m).Run)
			if err != nil || r.Status != tc.status || w.Puts(store) != tc.puts {
				t.Errorf("run %+v, %v, %d writes", r, err, w.Puts(store))
			}
		})
	}
}

// TestNobodySeesWhetherItIsWritten: what the gate refuses does not happen, be it unknown whether it was written; the
// plan stays, to be taken back, and people read that nobody knows.
func TestNobodySeesWhetherItIsWritten(t *testing.T) {
	for name, tc := range reconsidered() {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Stoppable()
			rack := racked(t, p)
			rack.k, rack.ends = 1, enginetest.Throttled
			store := w.Store(t, nil)
			id := w.Report(t, enginetest.Spec(store))
			p.Handled(t, w.Imported(t, id))
			rack.ends, rack.slots["A"] = nil, "ON" // as AWS has it, or as somebody else wants it
			tc.change(t, w, store, id)
			w.Clock.Move(enginetest.Later)
			p.Handled(t, enginetest.Sweep())
			r := w.Only(t)
			if rack.shows() != "ON off off" {
				t.Errorf("it wrote on an old yes: %q", rack.shows())
			}
			if r.Status != run.StatusDeferred && (r.Status != run.StatusFailed || r.Plan == nil || !r.Changed()) {
				t.Errorf("run is %s (%s), changed %v", r.Status, r.Reason, r.Changed())
			}
			if waits := r.Status == run.StatusDeferred; waits != (len(w.Ledger.Locks()) > 0) {
				t.Errorf("it waits: %v, locks %v", waits, w.Ledger.Locks())
			}
			if told := p.Told(); r.Status == run.StatusFailed &&
				(len(told) != 1 || !strings.Contains(told[0].Undo, r.ID)) {
				t.Errorf("told %+v", told)
			}
		})
	}
}

// TestWrittenAndSeenLate: what AWS shows only when the run has planned anew is the run's own, and can be taken back.
func TestWrittenAndSeenLate(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	on, reads, writes := false, 0, 0
	enginetest.Instead(t, p, enginetest.Switched(
		func(context.Context, control.Env) (enginetest.Switch, error) {
			reads++ // to plan, to see what was written, and once more by the next try
			return enginetest.Switch{On: on && reads > 3}, nil
		},
		func(_ context.Context, _ control.Env, _, to enginetest.Switch) error {
			on, writes = to.On, writes+1
			if writes == 1 {
				return enginetest.Down()
			}
			return nil
		}), "Store.1")
	p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))))
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	r := w.Ended(t, run.StatusVerified)
	if writes != 1 {
		t.Errorf("%d writes", writes)
	}
	w.TakenBack(t, p, r)
	if on {
		t.Error("the undo left it on")
	}
}
