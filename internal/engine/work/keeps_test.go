package work_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// pushed is a push over something that work waits for, and whether that goes on.
type pushed struct {
	before, push func(c *gate.Config)
	goes         bool
}

func pushes() map[string]pushed {
	frozen := []gate.Freeze{{From: "2026-03-01", To: "2026-05-09", TZ: "UTC", Reason: "fair"}}
	return map[string]pushed{
		"freeze taken out": {
			func(c *gate.Config) { c.Freezes = frozen }, func(c *gate.Config) { c.Freezes = nil }, true,
		},
		"freeze of years": {
			func(c *gate.Config) {
				c.Freezes = []gate.Freeze{{From: "2026-03-01", To: "9999-12-31", TZ: "UTC", Reason: "x"}}
			},
			func(c *gate.Config) { c.Freezes = nil }, true,
		},
		"freeze that is about others now": {
			func(c *gate.Config) { c.Freezes = frozen },
			func(c *gate.Config) {
				c.Freezes = []gate.Freeze{frozen[0]}
				c.Freezes[0].Controls = []string{"Post.1"}
			}, true,
		},
		"window widened": {
			func(c *gate.Config) {
				c.Windows = []gate.Window{{Days: []string{"sun"}, From: "20:00", To: "22:00", TZ: "UTC"}}
			},
			func(c *gate.Config) {
				c.Windows = []gate.Window{{Days: []string{"mon"}, From: "00:00", To: "24:00", TZ: "UTC"}}
			}, true,
		},
		"freeze made longer": {
			func(c *gate.Config) { c.Freezes = frozen },
			func(c *gate.Config) {
				c.Freezes = []gate.Freeze{{From: "2026-03-01", To: "2026-06-09", TZ: "UTC", Reason: "fair"}}
			}, false,
		},
		"something else": {
			func(c *gate.Config) { c.Freezes = frozen }, func(c *gate.Config) { c.Contact = "ann@example.org" }, false,
		},
	}
}

// TestPushLetsGoWhatWaits: what waits for something that the configuration does not have any more goes on within
// twenty minutes, and what waits for something else is not looked at.
func TestPushLetsGoWhatWaits(t *testing.T) {
	for name, tc := range pushes() {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			tc.before(&w.Config)
			p := w.Start()
			store := w.Store(t, nil)
			id := w.Report(t, enginetest.Spec(store))
			p.Handled(t, w.Imported(t, id))
			if r := w.Only(t); r.Status != run.StatusDeferred || len(w.Rejections()) > 0 {
				t.Fatalf("run is %s: %s", r.Status, r.Reason)
			}
			tc.push(&w.Config)
			sweeps(t, w, p, 20)
			if w.Blocked(store) != tc.goes {
				t.Errorf("done: %t, want %t: %s", w.Blocked(store), tc.goes, w.Only(t).Reason)
			}
			w.ClearCalls()
			sweeps(t, w, p, 30)
			for _, c := range w.Calls() {
				if c.Operation == "Take" && !tc.goes {
					t.Errorf("it was looked at again: %+v", c)
				}
			}
		})
	}
}

// TestBudgetIsRaised: what waits for the limit draws on the new one, and no hour has more than that.
func TestBudgetIsRaised(t *testing.T) {
	for name, push := range map[string]*gate.Limits{"raised": {PerControlPerHour: number(20)}, "taken out": nil} {
		t.Run(name, func(t *testing.T) {
			const findings = 30
			w := enginetest.New(t)
			w.Config = limited(gate.Limits{PerControlPerHour: number(1)})
			p := w.Start()
			var stores []string
			for range findings {
				stores = append(stores, w.Store(t, nil))
				p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(stores[len(stores)-1]))))
			}
			w.Config.Limits = push
			sweeps(t, w, p, 20)
			want := findings
			if push != nil {
				want = 21
			}
			if n := blocked(w, stores); n != want {
				t.Errorf("%d are done within twenty minutes, want %d", n, want)
			}
			sweeps(t, w, p, 120)
			if n := blocked(w, stores); n != findings || len(w.Rejections()) > 0 {
				t.Errorf("%d of %d are done in the end", n, findings)
			}
		})
	}
}

// TestBudgetIsBack: a limit that was another one for some minutes leaves each run its turn.
func TestBudgetIsBack(t *testing.T) {
	w := enginetest.New(t)
	w.Config = limited(gate.Limits{PerControlPerHour: number(1)})
	p := w.Start()
	stores := []string{w.Store(t, nil), w.Store(t, nil)}
	for _, store := range stores {
		p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(store))))
	}
	due := deferred(t, w).Due
	sweeper := w.Start()
	w.Config.Limits = &gate.Limits{PerControlPerHour: number(2)}
	until(w, 10, 15)
	sweeper.Handled(t, enginetest.Sweep())
	w.Config.Limits = &gate.Limits{PerControlPerHour: number(1)}
	for w.Clock.Move(time.Minute); w.Clock.Now().Before(due.Add(-time.Minute)); w.Clock.Move(time.Minute) {
		p.Handled(t, enginetest.Sweep())
		if n := blocked(w, stores); n != 1 {
			t.Fatalf("%d are done at %s, before %s", n, w.Clock.Now(), due)
		}
	}
	sweeps(t, w, p, 5)
	if n := blocked(w, stores); n != 2 {
		t.Errorf("%d are done after its turn", n)
	}
}

// TestThousandsWaitForABudget: a thousand runs of which fifty may begin in an hour cost nothing while they wait,
// whatever else is pushed.
func TestThousandsWaitForABudget(t *testing.T) {
	const findings, perHour = 1000, 50
	w := enginetest.New(t)
	w.Config = limited(gate.Limits{PerControlPerHour: number(perHour)})
	p := w.Start()
	stores := make([]string, 0, findings)
	for range findings {
		stores = append(stores, w.Store(t, nil))
		p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(stores[len(stores)-1]))))
	}
	until(w, 11, 0)
	w.ClearCalls()
	for minute := range 60 {
		w.Config.Contact = fmt.Sprintf("of-minute-%d@example.org", minute)
		p.Handled(t, enginetest.Sweep())
		w.Clock.Move(time.Minute)
	}
	taken := 0
	for _, c := range w.Calls() {
		if c.Operation == "Take" && !c.Done {
			taken++
		}
	}
	if n := blocked(w, stores); n != 2*perHour || taken > perHour {
		t.Errorf("%d are done after an hour, and %d were looked at", n, taken)
	}
	if n := len(w.Runs()); n != findings || len(w.Rejections()) > 0 {
		t.Errorf("%d runs, %d messages are dead", n, len(w.Rejections()))
	}
}

// TestNobodyCanTellTheTurn: what a limit, or an account's share, has given out is years ahead or no number. Its runs
// wait and say so, and go on once it can be read.
func TestNobodyCanTellTheTurn(t *testing.T) {
	for name, odd := range map[string]func(w *enginetest.World, key string){
		"years ahead": func(w *enginetest.World, key string) {
			far := time.Date(5138, 11, 16, 9, 46, 39, 0, time.UTC)
			_, _, _ = w.Ledger.Draw(context.Background(), key, far.Sub(w.Clock.Now()), w.Clock.Now(), time.Time{})
		},
		"no number": func(w *enginetest.World, _ string) {
			w.Ledger.Before = func(_ context.Context, operation string) error {
				if operation == "Draw" {
					return fmt.Errorf("the mark is no number: %w", run.ErrMark)
				}
				return nil
			}
		},
	} {
		for _, key := range []string{"budget#control#store.3#5", enginetest.Member} {
			t.Run(name+", "+key, func(t *testing.T) {
				w := enginetest.New(t)
				w.Config = limited(gate.Limits{PerControlPerHour: number(5)})
				odd(w, key)
				p := w.Start()
				store := w.Store(t, nil)
				p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(store))))
				r := deferred(t, w)
				if !strings.Contains(r.Reason, "cannot be read") || r.Due.Sub(w.Clock.Now()) > 2*time.Hour {
					t.Fatalf("due %s: %s", r.Due, r.Reason)
				}
				if told := p.Told(); len(told) != 1 || !strings.Contains(told[0].Why, "cannot be read") {
					t.Errorf("told %+v", told)
				}
				sweeps(t, w, p, 180)
				if w.Blocked(store) || len(w.Rejections()) > 0 {
					t.Fatal("it did not wait")
				}
				if w.Ledger.Before = nil; name == "no number" {
					sweeps(t, w, p, 120)
					if !w.Blocked(store) {
						t.Error("it waits for what can be read by now")
					}
				}
			})
		}
	}
}
