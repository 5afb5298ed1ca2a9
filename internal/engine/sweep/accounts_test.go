package sweep_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// TestAccountIsOnboardedLater: findings of an account without the role wait,
// however long it takes, are told of once a day, and are fixed once it has it.
func TestAccountIsOnboardedLater(t *testing.T) {
	w := enginetest.New(t)
	w.Distrust(enginetest.Member)
	p := w.Start()
	stores := []string{w.Store(t, nil), w.Store(t, nil)}
	var ids []string
	for _, b := range stores {
		id := w.Report(t, enginetest.Spec(b))
		ids = append(ids, id)
		p.Handled(t, w.Imported(t, id))
	}
	waiting(t, w, p)
	for _, id := range ids {
		w.Says(t, id, finding.New)
	}

	w.Trust(enginetest.Member)
	w.Clock.Move(5 * time.Minute)
	p.Handled(t, enginetest.Sweep()) // the probe, which makes the runs due
	p.Handled(t, enginetest.Sweep())
	for i, id := range ids {
		w.Says(t, id, finding.Resolved)
		if !w.Blocked(stores[i]) {
			t.Errorf("store %s is open", stores[i])
		}
	}
}

// waiting lets a day and more pass and proves that the runs still wait.
func waiting(t *testing.T, w *enginetest.World, p *enginetest.Process) {
	t.Helper()
	for range 6 { // more than any other failure is tried
		w.Clock.Move(5 * time.Hour)
		p.Handled(t, enginetest.Sweep())
	}
	for _, r := range w.Runs() {
		if r.Status != run.StatusDeferred || r.State != run.StateClaimed {
			t.Errorf("run %s is %s, %s", r.ID, r.State, r.Status)
		}
	}
	told := p.Told()
	if len(told) != 2 { // the first day, and the second
		t.Errorf("told %d times: %+v", len(told), told)
	}
	for _, n := range told {
		if n.Kind != notice.NotOnboarded || n.Account != enginetest.Member {
			t.Errorf("told %+v", n)
		}
	}
}

// TestOnboardingIsToldUntilSomebodyGetsIt: a notice to dead topics does not use up
// the day; one that a single channel got does.
func TestOnboardingIsToldUntilSomebodyGetsIt(t *testing.T) {
	errDead := errors.New("the topic is gone")
	tests := map[string]struct {
		dead error // what telling answers at first
		want int   // notices that are tried while it does
	}{
		"all topics dead": {errDead, 3},
		"one topic dead":  {errors.Join(notice.ErrPartly, errDead), 1},
		"none dead":       {nil, 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			w.Distrust(enginetest.Member)
			p := w.Start()
			tried, answer := 0, tc.dead
			p.Tell = func(context.Context, notice.Notice) error {
				tried++
				return answer
			}
			for range 2 { // the second finding comes within the same minute
				p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))))
			}
			for range 2 {
				w.Clock.Move(time.Hour)
				p.Handled(t, enginetest.Sweep())
			}
			if tried != tc.want {
				t.Errorf("told %d times, want %d", tried, tc.want)
			}
			answer = nil
			got := tried
			for range 3 {
				w.Clock.Move(time.Hour)
				p.Handled(t, enginetest.Sweep())
			}
			if again := tried - got; again > 1 || (again == 1) != (tc.want > 1) {
				t.Errorf("told %d times more once somebody gets it", again)
			}
			neverAnswered(t, p, tc.dead)
		})
	}
}

// neverAnswered checks that what could not be told is in the audit log.
func neverAnswered(t *testing.T, p *enginetest.Process, dead error) {
	t.Helper()
	n := 0
	for _, line := range p.Audited() {
		if line.Event == audit.NotTold && line.Account == enginetest.Member {
			n++
		}
	}
	if (n > 0) != (dead != nil) {
		t.Errorf("%d audit lines say that nobody was told", n)
	}
}

// TestReleasedSoon: an account that gets its role within the hour does not wait
// for the time its runs were put off to.
func TestReleasedSoon(t *testing.T) {
	w := enginetest.New(t)
	w.Distrust(enginetest.Member)
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	p := w.Start()
	p.Handled(t, w.Imported(t, id))
	if r := w.Only(t); r.Status != run.StatusDeferred {
		t.Fatalf("run is %s", r.Status)
	}
	w.Trust(enginetest.Member)
	for range 2 { // the probe, and what it released
		w.Clock.Move(10 * time.Minute)
		p.Handled(t, enginetest.Sweep())
	}
	w.Fixed(t, store, id)
}
