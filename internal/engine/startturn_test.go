package engine_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// TestOneStartASecond: AWS starts one runbook a second in an account and Region. What comes at once is due in a second
// of its own, has started nothing before, and has not been tried.
func TestOneStartASecond(t *testing.T) {
	const runs = 12
	w := enginetest.New(t)
	a := automated(w)
	var batch []engine.Message
	for range runs {
		batch = append(batch, w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))))
	}
	one, two := a.on(t, w.Start()), a.on(t, w.Start()) // processes that know nothing of each other
	one.Handled(t, batch[:runs/2]...)
	two.Handled(t, batch[runs/2:]...)
	began := w.Clock.Now()
	if len(a.started) != 1 {
		t.Errorf("%d were started at once", len(a.started))
	}
	waitingForTurns(t, w)
	for range runs {
		w.Clock.Move(time.Second)
		one.Handled(t, enginetest.Sweep())
	}
	at := map[string]bool{}
	for _, when := range a.started {
		at[when.Truncate(time.Second).String()] = true
	}
	if len(a.started) != runs || len(at) != runs {
		t.Errorf("%d starts in %d different seconds, want %d: %v", len(a.started), len(at), runs,
			slices.Sorted(maps.Keys(at)))
	}
	if took := w.Clock.Now().Sub(began); took > (runs+1)*time.Second {
		t.Errorf("it took %s", took)
	}
	for _, r := range w.Runs() {
		if r.State != run.StateParked {
			t.Errorf("run %s is %s", r.ID, r.State)
		}
	}
}

// waitingForTurns expects of runs that started nothing to be due at their turn, untried.
func waitingForTurns(t *testing.T, w *enginetest.World) {
	t.Helper()
	for _, r := range w.Runs() {
		if r.Execution == nil && (r.Begun() || !r.Due.Equal(r.Turn) || r.Attempts >= 0) {
			t.Errorf("run %s waits as %s, due %s for its turn at %s, attempt %d", r.ID, r.State, r.Due, r.Turn, r.Attempts)
		}
	}
}

// TestAThrottledStartGetsAnotherTurn: somebody else starts runbooks in the account too.
func TestAThrottledStartGetsAnotherTurn(t *testing.T) {
	w, store, id, m := triggers()[1].scene(t)
	a := automated(w)
	p := a.on(t, w.Start())
	w.Fail("StartAutomationExecution", enginetest.Throttled())
	p.Handled(t, m)
	if r := w.Only(t); r.State != run.StateApplying || !r.Turn.IsZero() {
		t.Fatalf("run is %s, its turn %s", r.State, r.Turn)
	}
	w.Heal()
	for range 3 {
		w.Clock.Move(enginetest.Later)
		p.Handled(t, enginetest.Sweep())
	}
	a.over(t, store, id)
}

// TestAStartHeedsPeople: who waits for a turn is asked again before it is used, whatever changed meanwhile.
func TestAStartHeedsPeople(t *testing.T) {
	for name, change := range map[string]func(w *enginetest.World, t *testing.T, ids []string){
		"stop": func(w *enginetest.World, t *testing.T, _ []string) {
			w.Stop(t, "Store.3", "ada", "incident 7", time.Hour)
		},
		"suppressed": func(w *enginetest.World, t *testing.T, ids []string) {
			for _, id := range ids {
				w.Comment(t, id, finding.Suppressed, "accepted until May")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			a := automated(w)
			var ids []string
			var batch []engine.Message
			for range 2 {
				id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
				ids, batch = append(ids, id), append(batch, w.Imported(t, id))
			}
			p := a.on(t, w.Stoppable())
			p.Handled(t, batch...)
			change(w, t, ids)
			for range 5 {
				w.Clock.Move(time.Second)
				p.Handled(t, enginetest.Sweep())
			}
			if len(a.started) != 1 {
				t.Errorf("%d starts, want no second one", len(a.started))
			}
		})
	}
}
