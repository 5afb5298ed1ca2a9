package work_test

import (
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// limited is a configuration under which controls act by themselves, within limits.
func limited(l gate.Limits) gate.Config {
	config := enginetest.Modes(gate.Auto)
	config.Limits = &l
	return config
}

func number(n int) *int { return &n }

// TestBudgetLosesNothing: 300 open findings and 50 runs an hour. Each is fixed in its turn, no hour has more, none is
// lost or dead, and waiting was no attempt.
func TestBudgetLosesNothing(t *testing.T) {
	const findings, perHour = 300, 50
	w := enginetest.New(t)
	w.Config = limited(gate.Limits{PerControlPerHour: number(perHour)})
	p := w.Start()
	stores := make([]string, 0, findings)
	for range findings {
		stores = append(stores, w.Store(t, nil))
		p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(stores[len(stores)-1]))))
	}
	p = w.Start() // another process: what is left is not in the memory of the first
	end := w.Clock.Now().Add((findings/perHour + 1) * time.Hour)
	for ; w.Clock.Now().Before(end); w.Clock.Move(10 * time.Minute) {
		p.Handled(t, enginetest.Sweep())
	}
	hours := map[time.Time]int{}
	for _, r := range w.Runs() {
		if r.Status != run.StatusVerified || r.Attempts > 1 {
			t.Fatalf("run %s is %s after %d attempts: %s", r.ID, r.Status, r.Attempts, r.Reason)
		}
		hours[r.Finished.Truncate(time.Hour)]++
	}
	for hour, n := range hours {
		if n > perHour {
			t.Errorf("%d runs in the hour of %s", n, hour)
		}
	}
	if n := blocked(w, stores); n != findings || len(w.Rejections()) > 0 {
		t.Errorf("%d of %d are fixed, %d messages are dead", n, findings, len(w.Rejections()))
	}
}

// TestBudgetOfBoth: what waits for one budget takes nothing of the others; the notice names the limit; people who ask
// do not wait.
func TestBudgetOfBoth(t *testing.T) {
	w := enginetest.New(t)
	w.Config = limited(gate.Limits{PerControlAndAccountPerHour: number(2), PerControlPerHour: number(3)})
	p := w.Start()
	report := func(account string) string {
		t.Helper()
		store := w.StoreOf(t, account, nil)
		spec := enginetest.Spec(store)
		spec.Account = account
		p.Handled(t, w.Imported(t, w.Report(t, spec)))
		return store
	}
	mine := []string{report(enginetest.Member), report(enginetest.Member), report(enginetest.Member)}
	others := []string{report(enginetest.Other), report(enginetest.Other)}
	if n, m := blocked(w, mine), blocked(w, others); n != 2 || m != 1 {
		t.Errorf("%d of 3 and %d of 2 are fixed, want 2 and 1", n, m)
	}
	var why []string
	for _, n := range p.Told() {
		if n.Kind == notice.Limited {
			why = append(why, n.Why)
		}
	}
	if len(why) != 2 || !strings.Contains(why[0], "allows 2 runs an hour of Store.3 in account 222222222222") ||
		!strings.Contains(why[1], "allows 3 runs an hour of Store.3;") {
		t.Errorf("people were told %q", why)
	}
	clicked := w.Store(t, nil)
	p.Handled(t, w.Click(t, w.Report(t, enginetest.Spec(clicked))))
	if !w.Blocked(clicked) {
		t.Error("a person who clicks waits")
	}
}

// TestCooldown: after a run the work rests as long as the configuration says.
func TestCooldown(t *testing.T) {
	w := enginetest.New(t)
	pause := gate.Duration(45 * time.Minute)
	w.Config = limited(gate.Limits{Cooldown: &pause})
	p := w.Start()
	store := w.Store(t, nil)
	p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(store))))
	w.Clock.Move(44 * time.Minute)
	w.SetFlags(t, store, nil)
	p.Handled(t, w.Imported(t, w.Numbered(t, enginetest.Spec(store), 2)))
	if r := deferred(t, w); w.Blocked(store) || r.Due.Sub(w.Clock.Now()) != time.Minute {
		t.Errorf("the run waits until %s, the resource is fixed: %t", r.Due, w.Blocked(store))
	}
	w.Clock.Move(time.Minute)
	p.Handled(t, enginetest.Sweep())
	if !w.Blocked(store) {
		t.Error("not fixed after the pause")
	}
}

// TestAttempts: what keeps being throttled is given up after as many tries as the configuration says.
func TestAttempts(t *testing.T) {
	for _, want := range []int{1, 3} {
		w := enginetest.New(t)
		w.Config = limited(gate.Limits{Attempts: &want})
		p := w.Start()
		store := w.Store(t, nil)
		w.Fail("GetBlock", fault.New(fault.Retry, "slow down"))
		id := w.Report(t, enginetest.Spec(store))
		p.Handled(t, w.Imported(t, id))
		for range 5 {
			w.Clock.Move(run.LongestWait)
			p.Handled(t, enginetest.Sweep())
		}
		if r := w.Runs()[0]; r.Status != run.StatusFailed || r.Attempts != want {
			t.Errorf("%d attempts: %s after %d", want, r.Status, r.Attempts)
		}
	}
}
