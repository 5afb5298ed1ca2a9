package sweep_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// evaluating is a world whose configuration has AWS Config asked again.
func evaluating(t *testing.T) *enginetest.World {
	t.Helper()
	w := enginetest.New(t)
	w.Config.StaysFixed = &gate.StaysFixed{EvaluateAgain: true}
	return w
}

// fixedStores has a process fix new stores that Security Hub reports.
func fixedStores(t *testing.T, w *enginetest.World, p *enginetest.Process, n int) {
	t.Helper()
	for range n {
		p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))))
	}
}

// sweeps lets sweeps go through, some minutes apart.
func sweeps(t *testing.T, w *enginetest.World, p *enginetest.Process, n int, apart time.Duration) {
	t.Helper()
	for range n {
		w.Clock.Move(apart)
		p.Handled(t, enginetest.Sweep())
	}
}

// lines are the audit lines of an event.
func lines(p *enginetest.Process, event string) []audit.Line {
	var out []audit.Line
	for _, line := range p.Audited() {
		if line.Event == event {
			out = append(out, line)
		}
	}
	return out
}

// TestEvaluatedAgain: what was fixed in an account and Region within minutes is asked about together, once what AWS
// Config has recorded is new, and said in the log.
func TestEvaluatedAgain(t *testing.T) {
	w := evaluating(t)
	p := w.Start()
	fixedStores(t, w, p, 3)
	sweeps(t, w, p, 9, time.Minute)
	if asked := w.Asked(); len(asked) > 0 {
		t.Fatalf("asked before anything is recorded: %+v", asked)
	}
	sweeps(t, w, p, 20, time.Minute)
	asked := w.Asked()
	if len(asked) != 1 || len(asked[0].Rules) != 3 || asked[0].Account != enginetest.Member ||
		asked[0].Region != enginetest.Region {
		t.Fatalf("asked %+v, want once for three rules", asked)
	}
	if said := lines(p, audit.Evaluated); len(said) != 1 || said[0].Account != enginetest.Member {
		t.Errorf("said %+v", said)
	}
	fixedStores(t, w, p, 1)
	sweeps(t, w, p, 20, time.Minute)
	if asked := w.Asked(); len(asked) != 2 {
		t.Errorf("asked %d times, want a second one", len(asked))
	}
}

// TestNotEvaluatedAgain: nobody is asked who was not to be, nor about what was not fixed, and no run suffers from that.
func TestNotEvaluatedAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(w *enginetest.World)
		later  func(w *enginetest.World)
		status run.Status
	}{
		"not configured": {func(w *enginetest.World) { w.Config.StaysFixed = nil }, nil, run.StatusVerified},
		"switched off meanwhile": {nil, func(w *enginetest.World) {
			w.Config.StaysFixed = nil
		}, run.StatusVerified},
		"not noted": {func(w *enginetest.World) { w.Fail("AskAgain", enginetest.Down()) }, nil, run.StatusVerified},
		"planned": {func(w *enginetest.World) {
			again := w.Config.StaysFixed
			w.Config = enginetest.Modes(gate.Plan)
			w.Config.StaysFixed = again
		}, nil, run.StatusPlanned},
	} {
		t.Run(name, func(t *testing.T) {
			w := evaluating(t)
			if tc.change != nil {
				tc.change(w)
			}
			p := w.Start()
			fixedStores(t, w, p, 1)
			w.Ended(t, tc.status)
			if tc.later != nil {
				tc.later(w)
			}
			sweeps(t, w, p, 30, time.Minute)
			if asked := w.Asked(); len(asked) > 0 {
				t.Errorf("asked %+v", asked)
			}
			left, err := w.Ledger.Evaluations(t.Context(), w.Clock.Now().Add(time.Hour), w.Clock.Now(), 10)
			if err != nil || len(left) > 0 {
				t.Errorf("left %+v, %v", left, err)
			}
		})
	}
}

// TestBusyConfigIsAskedLater: AWS Config that is busy is asked again, ever more rarely, and left alone in the end.
func TestBusyConfigIsAskedLater(t *testing.T) {
	w := evaluating(t)
	p := w.Start()
	fixedStores(t, w, p, 1)
	w.Fail("StartConfigRulesEvaluation", enginetest.Throttled())
	sweeps(t, w, p, 60, time.Minute)
	w.Heal()
	sweeps(t, w, p, 60, time.Minute)
	if asked := w.Asked(); len(asked) != 1 {
		t.Errorf("asked %+v, want once it was free", asked)
	}
	fixedStores(t, w, p, 1)
	w.Fail("StartConfigRulesEvaluation", enginetest.Throttled())
	sweeps(t, w, p, 24*12, 5*time.Minute)
	w.Heal()
	sweeps(t, w, p, 24, 5*time.Minute)
	if asked := w.Asked(); len(asked) != 1 {
		t.Errorf("asked %+v a day later", asked)
	}
	if said := lines(p, audit.NotEvaluated); len(said) != 1 {
		t.Errorf("said %+v", said)
	}
	if told := p.Told(); len(told) > 2 { // the fixes
		t.Errorf("told %+v", told)
	}
}

// TestDeniedEvaluationIsToldOnce: where the account does not let AWS Config be asked, people hear it once a month, one
// call a day is made, and fixes go on.
func TestDeniedEvaluationIsToldOnce(t *testing.T) {
	w := evaluating(t)
	p := w.Start()
	w.Fail("StartConfigRulesEvaluation", enginetest.Denied())
	for range 3 * 24 {
		fixedStores(t, w, p, 1)
		sweeps(t, w, p, 4, 15*time.Minute)
	}
	if said := lines(p, audit.NotEvaluated); len(said) < 2 || len(said) > 4 {
		t.Errorf("%d calls in three days, want one a day", len(said))
	}
	told := 0
	for _, n := range p.Told() {
		if n.Kind == notice.NotEvaluated {
			told++
		}
	}
	if told != 1 {
		t.Errorf("told %d times, want once", told)
	}
	w.Heal()
	w.Clock.Move(24 * time.Hour)
	fixedStores(t, w, p, 1)
	sweeps(t, w, p, 4, 15*time.Minute)
	if asked := w.Asked(); len(asked) != 1 {
		t.Errorf("asked %+v, want once the account lets it be", asked)
	}
}

// TestEvaluationOfADeadProcess: wherever a sweep dies, AWS Config is asked, at most once more than it had to be.
func TestEvaluationOfADeadProcess(t *testing.T) {
	scene := func(t *testing.T) *enginetest.World {
		t.Helper()
		w := evaluating(t)
		fixedStores(t, w, w.Start(), 1)
		w.Clock.Move(20 * time.Minute)
		return w
	}
	for _, c := range scene(t).Watched(func(p *enginetest.Process) { p.Handled(t, enginetest.Sweep()) }) {
		for _, d := range []enginetest.Death{{At: c.N}, {At: c.N, Done: true}} {
			t.Run(fmt.Sprintf("%02d %s, %s", c.N, c.Operation, d), func(t *testing.T) {
				w := scene(t)
				w.Die(t, d, func(ctx context.Context, p *enginetest.Process) { p.Handle(ctx, enginetest.Sweep()) })
				sweeps(t, w, w.Start(), 30, time.Minute)
				if asked := w.Asked(); len(asked) < 1 || len(asked) > 2 {
					t.Errorf("asked %d times", len(asked))
				}
			})
		}
	}
}

// TestEvaluationsOfTwoSweeps: of two sweeps at once one asks.
func TestEvaluationsOfTwoSweeps(t *testing.T) {
	w := evaluating(t)
	fixedStores(t, w, w.Start(), 1)
	w.Clock.Move(20 * time.Minute)
	w.Start(enginetest.Meanwhile("StartConfigRulesEvaluation", func() {
		w.Start().Handled(t, enginetest.Sweep())
	})).Handled(t, enginetest.Sweep())
	if asked := w.Asked(); len(asked) != 1 {
		t.Errorf("asked %d times", len(asked))
	}
}
