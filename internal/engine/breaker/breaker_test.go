package breaker_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// fails lets n findings of Store.3 fail, in two accounts by turns, and expects
// that each was tried.
func fails(t *testing.T, w *enginetest.World, p *enginetest.Process, n int) {
	t.Helper()
	for range n {
		failsIn(t, w, p, []string{enginetest.Member, enginetest.Other}[len(w.Runs())%2], 1)
	}
}

// failsIn lets n findings of Store.3 in an account fail, and expects that each was tried.
func failsIn(t *testing.T, w *enginetest.World, p *enginetest.Process, account string, n int) {
	t.Helper()
	for range n {
		before := len(w.Runs())
		p.Handled(t, w.Imported(t, reportedIn(t, w, account)))
		if len(w.Runs()) != before+1 {
			t.Fatalf("not tried: %+v", p.Audited())
		}
	}
}

// reportedIn is a finding of Store.3 on a store of an account.
func reportedIn(t *testing.T, w *enginetest.World, account string) string {
	t.Helper()
	spec := enginetest.Spec(w.StoreOf(t, account, nil))
	spec.Account = account
	return w.Report(t, spec)
}

// rests expects that a new finding of Store.3 is left alone, and returns it.
func rests(t *testing.T, w *enginetest.World, p *enginetest.Process) string {
	t.Helper()
	return restsIn(t, w, p, enginetest.Member)
}

// restsIn is rests in an account.
func restsIn(t *testing.T, w *enginetest.World, p *enginetest.Process, account string) string {
	t.Helper()
	before := len(w.Runs())
	id := reportedIn(t, w, account)
	p.Handled(t, w.Imported(t, id))
	if n := len(w.Runs()); n != before {
		t.Errorf("%d runs more", n-before)
	}
	w.Untouched(t, id)
	return id
}

// tripped are the notices of a kind, and how often the breaker is in the audit log.
func tripped(processes ...*enginetest.Process) (notices []notice.Notice, lines int) {
	for _, p := range processes {
		for _, n := range p.Told() {
			if n.Kind == notice.Stopped {
				notices = append(notices, n)
			}
		}
		for _, l := range p.Audited() {
			if l.Event == audit.Tripped {
				lines++
			}
		}
	}
	return notices, lines
}

// once expects that people were told of the breaker once.
func once(t *testing.T, processes ...*enginetest.Process) notice.Notice {
	t.Helper()
	notices, lines := tripped(processes...)
	if len(notices) != 1 || lines != 1 {
		t.Fatalf("told %d times, audited %d times, want once: %+v", len(notices), lines, notices)
	}
	return notices[0]
}

// TestBreaker: five failures stop the control and nothing else, for a day or
// until somebody lifts it.
func TestBreaker(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, w *enginetest.World, id string, p *enginetest.Process){
		"lifted": func(t *testing.T, w *enginetest.World, id string, p *enginetest.Process) {
			w.Resume(t, "Store.3")
			p.Handled(t, w.Imported(t, id))
		},
		"by time": func(t *testing.T, w *enginetest.World, id string, p *enginetest.Process) {
			w.Clock.Move(24*time.Hour - time.Second)
			p.Handled(t, w.Imported(t, id))
			w.Untouched(t, id)
			w.Clock.Move(time.Second)
			p.Handled(t, w.Imported(t, id))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := enginetest.Broken(t, w.Stoppable(), enginetest.Denied)
			fails(t, w, p, 4)
			if notices, lines := tripped(p); len(notices)+lines > 0 {
				t.Fatalf("stopped after four: %+v", notices)
			}
			fails(t, w, p, 1)
			left := rests(t, w, p)
			other := w.Of(t, "Store.1", w.Store(t, nil))
			p.Handled(t, w.Imported(t, other))
			w.Says(t, other, finding.Resolved)
			want := notice.Notice{
				Kind: notice.Stopped, Control: "Store.3", Who: "Salve itself", Actor: "Salve", When: w.Clock.Now().Truncate(0),
				Until: w.Clock.Now().Add(24 * time.Hour),
				Why:   "5 runs ended without a fix within an hour: 5 denied.",
				ToDo:  "salve history --control Store.3 --since 24h", Undo: "salve resume Store.3",
			}
			got := once(t, p)
			want.Title, want.Severity = got.Title, got.Severity
			if d := cmp.Diff(want, got); d != "" || got.Title == "" || got.Severity == "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			end(t, w, left, p)
			w.Says(t, left, finding.Notified)
			fails(t, w, p, 1) // it has its five before it again
			once(t, p)
		})
	}
}

// TestBreakerLimit: the document says how many are too many.
func TestBreakerLimit(t *testing.T) {
	w := enginetest.New(t)
	limit := 2
	w.Config.Limits = &gate.Limits{StopAfterFailures: &limit}
	p := enginetest.Broken(t, w.Stoppable(), enginetest.Denied)
	fails(t, w, p, 2)
	rests(t, w, p)
	once(t, p)
}

// TestBreakerForgetsTheLastHour: what failed slowly does not add up.
func TestBreakerForgetsTheLastHour(t *testing.T) {
	w := enginetest.New(t)
	p := enginetest.Broken(t, w.Stoppable(), enginetest.Denied)
	for range 3 {
		fails(t, w, p, 4)
		w.Clock.Move(time.Hour)
	}
	if notices, _ := tripped(p); len(notices) > 0 {
		t.Errorf("stopped: %+v", notices)
	}
}

func imported(t *testing.T, w *enginetest.World, p *enginetest.Process) {
	p.Handled(t, w.Imported(t, w.Of(t, "Store.3", w.Store(t, nil))))
}

func clicked(t *testing.T, w *enginetest.World, p *enginetest.Process) {
	p.Handled(t, w.Click(t, w.Of(t, "Store.3", w.Store(t, nil))))
}

func operated(t *testing.T, w *enginetest.World, p *enginetest.Process) {
	if _, err := p.Apply(t.Context(), enginetest.Wish(w.Store(t, nil))); err != nil {
		t.Fatal(err)
	}
}

// TestWhatTheBreakerCounts: what says something about the control, and nothing else.
func TestWhatTheBreakerCounts(t *testing.T) {
	tests := map[string]struct {
		answer func() error
		do     func(t *testing.T, w *enginetest.World, p *enginetest.Process)
		status run.Status
		counts bool
	}{
		"denied":           {enginetest.Denied, imported, run.StatusDenied, true},
		"denied, click":    {enginetest.Denied, clicked, run.StatusDenied, true},
		"failed":           {func() error { return errors.New("odd") }, imported, run.StatusFailed, true},
		"an operator sees": {enginetest.Denied, operated, run.StatusDenied, false},
		"refused": {
			func() error { return fault.New(fault.Refused, "not here") }, imported, run.StatusRefused, false,
		},
		"throttled": {
			func() error { return fault.New(fault.Retry, "slower") }, imported, run.StatusDeferred, false,
		},
		"no role, click": {enginetest.Denied, func(t *testing.T, w *enginetest.World, p *enginetest.Process) {
			w.Distrust(enginetest.Member)
			clicked(t, w, p)
		}, run.StatusDenied, false},
		"an undo": {enginetest.Denied, func(t *testing.T, w *enginetest.World, p *enginetest.Process) {
			fix := w.Stoppable()
			fix.Handled(t, w.Imported(t, w.Of(t, "Store.3", w.Store(t, enginetest.Block(true, false, false, false)))))
			fixed := w.Only(t)
			w.Forbid("store:PutBlock", "identity-based policy")
			if r, err := fix.Undo(t.Context(), fixed.ID, "bob"); err != nil || r.Status != run.StatusDenied {
				t.Fatalf("undo: %v %+v", err, r)
			}
		}, run.StatusDenied, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			limit := 1
			w.Config.Limits = &gate.Limits{StopAfterFailures: &limit}
			p := enginetest.Broken(t, w.Stoppable(), tc.answer)
			tc.do(t, w, p)
			found := false
			for _, r := range w.Runs() {
				found = found || r.Status == tc.status
			}
			if !found {
				t.Errorf("no run is %s: %+v", tc.status, w.Runs())
			}
			stored, err := p.Stops.Overlay(t.Context())
			if err != nil || (len(stored.Stops) > 0) != tc.counts {
				t.Errorf("stops %+v, %v; want one: %v", stored.Stops, err, tc.counts)
			}
		})
	}
}
