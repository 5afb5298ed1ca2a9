package work_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// evening is a world at ten past ten in which something may happen from 20:00 to 22:00 only.
func evening(t *testing.T) *enginetest.World {
	t.Helper()
	w := enginetest.New(t)
	w.Config.Windows = []gate.Window{{
		Days: []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, From: "20:00", To: "22:00", TZ: "UTC",
	}}
	return w
}

// until moves the clock to a time of the day.
func until(w *enginetest.World, hour, minute int) {
	now := w.Clock.Now()
	w.Clock.Move(time.Date(now.Year(), now.Month(), now.Day(), hour, minute, 0, 0, time.UTC).Sub(now))
}

// sweeps lets minutes pass, each with its sweep.
func sweeps(t *testing.T, w *enginetest.World, p *enginetest.Process, minutes int) {
	t.Helper()
	for range minutes {
		w.Clock.Move(time.Minute)
		p.Handled(t, enginetest.Sweep())
	}
}

// TestReportedOutsideOfItsWindow: it is neither done nor dropped, and nobody has to report it again.
func TestReportedOutsideOfItsWindow(t *testing.T) {
	w := evening(t)
	p := w.Start()
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	w.ClearCalls()
	p.Handled(t, w.Imported(t, id))
	w.Untouched(t, id)
	r := w.Only(t)
	opens := time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC)
	if r.Status != run.StatusDeferred || r.Due.Before(opens) || !r.Due.Before(opens.Add(30*time.Minute)) {
		t.Fatalf("run is %s, due %s: %s", r.Status, r.Due, r.Reason)
	}
	if !strings.Contains(r.Reason, "outside the windows") || !strings.Contains(r.Reason, "20:00") {
		t.Errorf("it waits: %s", r.Reason)
	}
	if calls := w.BeyondLedger(); len(calls) > 0 {
		t.Errorf("it called %+v", calls)
	}
	w.Unlocked(t)
	until(w, 19, 30)
	sweeps(t, w, p, 29)
	if w.Blocked(store) {
		t.Fatal("it was done before its time")
	}
	sweeps(t, w, p, 35)
	w.Fixed(t, store, id)
	if n := len(p.Told()); n > 1 {
		t.Errorf("people were told %d times", n)
	}
}

// TestWaitedAndLooksAgain: what is so no more when the window opens is not done.
func TestWaitedAndLooksAgain(t *testing.T) {
	tests := map[string]struct {
		meanwhile func(t *testing.T, w *enginetest.World, store, id string)
		puts      int
		status    string
		state     run.State
	}{
		"suppressed": {func(t *testing.T, w *enginetest.World, _, id string) {
			w.Mark(t, id, finding.Suppressed)
		}, 0, finding.Suppressed, run.StateClosed},
		"fixed by somebody": {func(t *testing.T, w *enginetest.World, store, _ string) {
			w.SetFlags(t, store, enginetest.Block(true, true, true, true))
		}, 0, finding.Resolved, run.StateClosed},
		"switched off": {func(_ *testing.T, w *enginetest.World, _, _ string) {
			w.Config.Controls["Store.3"] = gate.Rule{Mode: gate.Off}
		}, 0, finding.New, run.StateClosed},
		"excepted": {func(_ *testing.T, w *enginetest.World, store, _ string) {
			w.Config.Exceptions = []gate.Exception{{Control: "Store.3", Resource: store}}
		}, 0, finding.New, run.StateClosed},
		"only to be asked for": {func(_ *testing.T, w *enginetest.World, _, _ string) {
			w.Config.Controls["Store.3"] = gate.Rule{Mode: gate.Approve}
		}, 0, finding.Notified, run.StateClosed},
		"frozen": {func(_ *testing.T, w *enginetest.World, _, _ string) {
			w.Config.Freezes = []gate.Freeze{{From: "2026-03-02", To: "2026-03-05", TZ: "UTC", Reason: "fair"}}
		}, 0, finding.New, run.StateClaimed},
		"nothing": {func(*testing.T, *enginetest.World, string, string) {}, 1, finding.Resolved, run.StateClosed},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := evening(t)
			p := w.Start()
			store := w.Store(t, nil)
			id := w.Report(t, enginetest.Spec(store))
			p.Handled(t, w.Imported(t, id))
			tc.meanwhile(t, w, store, id)
			until(w, 20, 0)
			sweeps(t, w, p, 35)
			if n := w.Puts(store); n != tc.puts {
				t.Errorf("%d writes, want %d", n, tc.puts)
			}
			w.Says(t, id, tc.status)
			if r := w.Only(t); r.State != tc.state {
				t.Errorf("run is %s %s, want %s: %s", r.State, r.Status, tc.state, r.Reason)
			}
			w.Unlocked(t)
		})
	}
}

// TestFreezeOfDays: what waits for the end of a freeze waits for days, and for the window after it.
func TestFreezeOfDays(t *testing.T) {
	w := evening(t)
	w.Config.Freezes = []gate.Freeze{{From: "2026-03-01", To: "2026-03-09", TZ: "UTC", Reason: "fair"}}
	p := w.Start()
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	p.Handled(t, w.Imported(t, id))
	for range 7 {
		w.Clock.Move(24 * time.Hour)
		p.Handled(t, w.Imported(t, id), enginetest.Sweep()) // Security Hub says it every day
	}
	if r := w.Only(t); r.Status != run.StatusDeferred || w.Blocked(store) || !strings.Contains(r.Reason, "fair") {
		t.Fatalf("run is %s: %s", r.Status, r.Reason)
	}
	w.Clock.Move(24 * time.Hour)
	until(w, 20, 30)
	sweeps(t, w, p, 2)
	w.Fixed(t, store, id)
}

// TestWindowGoneBy: where no sweep came through while it was open, the next one is waited for.
func TestWindowGoneBy(t *testing.T) {
	w := evening(t)
	p := w.Start()
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	p.Handled(t, w.Imported(t, id))
	until(w, 22, 30)
	sweeps(t, w, p, 5)
	if r := w.Only(t); r.Status != run.StatusDeferred || w.Blocked(store) || r.Due.Day() != 3 {
		t.Fatalf("run is %s, due %s: %s", r.Status, r.Due, r.Reason)
	}
	w.Clock.Move(24 * time.Hour)
	until(w, 20, 30)
	sweeps(t, w, p, 2)
	w.Fixed(t, store, id)
}

// TestClockGoesBack: a window that closed is not open again, and nothing is done twice.
func TestClockGoesBack(t *testing.T) {
	w := evening(t)
	p := w.Start()
	store, late := w.Store(t, nil), w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	p.Handled(t, w.Imported(t, id))
	until(w, 20, 5)
	sweeps(t, w, p, 30)
	w.Fixed(t, store, id)
	w.Clock.Move(-time.Hour) // 19:35
	w.Mark(t, id, finding.New)
	p.Handled(t, w.Imported(t, id), w.Imported(t, w.Report(t, enginetest.Spec(late))))
	sweeps(t, w, p, 5)
	if w.Puts(store) != 1 || w.Blocked(late) {
		t.Errorf("%d writes; the other store is blocked: %v", w.Puts(store), w.Blocked(late))
	}
	sweeps(t, w, p, 60)
	if w.Puts(late) != 1 {
		t.Errorf("%d writes to the other store", w.Puts(late))
	}
}

// TestClickOutsideOfItsWindow: who clicks hears when it is done, and it is done then.
func TestClickOutsideOfItsWindow(t *testing.T) {
	for name, before := range map[string]func(t *testing.T, w *enginetest.World, p *enginetest.Process, id string){
		"first": func(*testing.T, *enginetest.World, *enginetest.Process, string) {},
		"after a report": func(t *testing.T, w *enginetest.World, p *enginetest.Process, id string) {
			p.Handled(t, w.Imported(t, id))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := evening(t)
			p := w.Start()
			store := w.Store(t, nil)
			id := w.Report(t, enginetest.Spec(store))
			before(t, w, p, id)
			p.Handled(t, w.Click(t, id))
			w.Shows(t, id, finding.Notified, "outside the windows", "20:00")
			if w.Blocked(store) {
				t.Fatal("done before its time")
			}
			until(w, 20, 0)
			sweeps(t, w, p, 35)
			w.Fixed(t, store, id)
		})
	}
}

// TestOperatorChoosesHisTime: windows are no matter to a person with a name, and a run that waits for one gives way.
func TestOperatorChoosesHisTime(t *testing.T) {
	w := evening(t)
	p := w.Start()
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	p.Handled(t, w.Imported(t, id))
	wish := enginetest.Wish(store)
	wish.Findings = []run.Finding{w.Known(t, id)}
	r, err := p.Apply(t.Context(), wish)
	if err != nil || r.Status != run.StatusVerified || !w.Blocked(store) {
		t.Fatalf("%+v, %v", r, err)
	}
	w.Says(t, id, finding.Resolved)
	until(w, 20, 0)
	sweeps(t, w, p, 35)
	if n := w.Puts(store); n != 1 {
		t.Errorf("%d writes", n)
	}
}

// TestOperatorInAFreeze: it binds him, unless he says that he means it, which is kept and told.
func TestOperatorInAFreeze(t *testing.T) {
	w := enginetest.New(t)
	w.Config.Freezes = []gate.Freeze{{From: "2026-03-01", To: "2026-03-09", TZ: "UTC", Reason: "fair"}}
	p := w.Start()
	store := w.Store(t, nil)
	wish := enginetest.Wish(store)
	w.ClearCalls()
	_, err := p.Apply(t.Context(), wish)
	if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), "frozen (fair)") ||
		!strings.Contains(err.Error(), "--despite-freeze") || len(w.BeyondLedger()) > 0 {
		t.Fatalf("%v, calls %+v", err, w.BeyondLedger())
	}
	wish.DespiteFreeze = true
	r, err := p.Apply(t.Context(), wish)
	if err != nil || r.Status != run.StatusVerified || !strings.Contains(r.Despite, "fair") {
		t.Fatalf("%+v, %v", r, err)
	}
	w.TakenBack(t, p, r) // the way out of trouble is open
}

// TestFreezeMeetsAnOperatorsRun: one that waited does not go on in a freeze that he has not heard of.
func TestFreezeMeetsAnOperatorsRun(t *testing.T) {
	for name, means := range map[string]bool{"he does not know": false, "he means it": true} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			store := w.Store(t, nil)
			freezes := []gate.Freeze{{From: "2026-03-01", To: "2026-03-09", TZ: "UTC", Reason: "fair"}}
			if means {
				w.Config.Freezes = freezes
			}
			throttle(t, w)
			wish := enginetest.Wish(store)
			wish.DespiteFreeze = means
			if r, err := p.Apply(t.Context(), wish); err != nil || r.Status != run.StatusDeferred {
				t.Fatal(r, err)
			}
			w.Heal()
			w.Config.Freezes = freezes
			w.Clock.Move(enginetest.Later)
			p.Handled(t, enginetest.Sweep())
			if w.Blocked(store) != means {
				t.Errorf("done: %v, want %v: %s", w.Blocked(store), means, w.Only(t).Reason)
			}
		})
	}
}

// TestThousandWaitForOneMoment: they do not begin at once when the window opens: no minute has more than sweeps take up
// beside their other work, and the last begins while it is open.
func TestThousandWaitForOneMoment(t *testing.T) {
	moment := time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		lasts, within time.Duration
		most          int
	}{
		"no end":         {0, 30 * time.Minute, 50},
		"two hours":      {2 * time.Hour, 30 * time.Minute, 50},
		"twenty minutes": {20 * time.Minute, 10 * time.Minute, 140},
		"a second":       {time.Second, time.Second, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			minutes := map[int]int{}
			for n := range 1000 {
				key := run.Key{Account: enginetest.Member, Control: "Store.3", Resource: fmt.Sprintf("arn:aws:store:::s-%d", n)}
				d := gate.Decision{Verdict: gate.Defer, Until: moment, Lasts: tc.lasts}
				begins := work.Opens(d, key).Sub(moment)
				if begins < 0 || begins >= tc.within {
					t.Fatalf("the run of %s begins %s after that", key.Resource, begins)
				}
				minutes[int(begins.Minutes())]++
			}
			for minute, n := range minutes {
				if n > tc.most {
					t.Errorf("%d begin in minute %d, want at most %d", n, minute, tc.most)
				}
			}
		})
	}
}

// TestBudgetOfWhatWaited: what waited for its window is paid from the budget of the hour in which it begins.
func TestBudgetOfWhatWaited(t *testing.T) {
	w := evening(t)
	perHour := 3
	w.Config.Limits = &gate.Limits{PerControlPerHour: &perHour}
	p := w.Start()
	var stores []string
	for range 7 {
		store := w.Store(t, nil)
		stores = append(stores, store)
		p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(store))))
	}
	done := func() (n int) {
		for _, store := range stores {
			if w.Blocked(store) {
				n++
			}
		}
		return n
	}
	until(w, 20, 0)
	sweeps(t, w, p, 59)
	if n := done(); n != perHour {
		t.Errorf("%d are done within the first hour, want %d", n, perHour)
	}
	sweeps(t, w, p, 60)
	if n := done(); n != 2*perHour {
		t.Errorf("%d are done within two hours, want %d", n, 2*perHour)
	}
	w.Clock.Move(22 * time.Hour)
	sweeps(t, w, p, 60)
	if n := done(); n != len(stores) {
		t.Errorf("%d are done on the next evening, want %d", n, len(stores))
	}
}
