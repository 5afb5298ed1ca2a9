package sweep_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

const week = 7 * 24 * time.Hour

// fixedStore is a store that a process has fixed.
func fixedStore(t *testing.T, w *enginetest.World, p *enginetest.Process) string {
	t.Helper()
	store, _ := reportedStore(t, w, p)
	return store
}

// reportedStore is the same with its finding.
func reportedStore(t *testing.T, w *enginetest.World, p *enginetest.Process) (store, id string) {
	t.Helper()
	store = w.Store(t, nil)
	id = w.Report(t, enginetest.Spec(store))
	p.Handled(t, w.Imported(t, id))
	return store, id
}

// reported is that Security Hub sees a finding as failed once more.
func reported(t *testing.T, w *enginetest.World, id string) engine.Message {
	t.Helper()
	w.Mark(t, id, finding.New)
	return w.Imported(t, id)
}

// open takes the fix of a store back behind Salve's back.
func open(t *testing.T, w *enginetest.World, store string) {
	t.Helper()
	w.SetFlags(t, store, enginetest.Block(false, false, false, false))
}

// recurrences are the notices of fixes that are undone, and the resources in them.
func recurrences(p *enginetest.Process) (notices, resources int) {
	for _, n := range p.Told() {
		switch {
		case n.Kind == notice.Recurred:
			notices, resources = notices+1, resources+1
		case n.Kind == notice.Digest && n.Of == notice.Recurred:
			notices, resources = notices+1, resources+len(n.Entries)
		}
	}
	return notices, resources
}

// TestFixesAreReadAgain: a fix that stays is read once a week, and no sooner; nothing is written and nobody told.
func TestFixesAreReadAgain(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	store := fixedStore(t, w, p)
	puts := w.Puts(store)
	sweeps(t, w, p, 6, 24*time.Hour)
	if got := lines(p, audit.Stands); len(got) > 0 {
		t.Fatalf("read after six days: %+v", got)
	}
	told := len(p.Told())
	sweeps(t, w, p, 4*7, 24*time.Hour)
	if got := lines(p, audit.Stands); len(got) != 4 || got[0].Resource != store || got[0].Control != "Store.3" {
		t.Errorf("read %d times in four weeks: %+v", len(got), got)
	}
	if w.Puts(store) != puts || len(p.Told()) != told {
		t.Errorf("%d writes, told %+v", w.Puts(store)-puts, p.Told()[told:])
	}
}

// TestRecurrence: a fix that is undone is told once, noted on its run and counted, and left as it is: only Security
// Hub's report has it fixed again, and that is looked after anew.
func TestRecurrence(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	store, id := reportedStore(t, w, p)
	first := w.Only(t)
	open(t, w, store)
	puts := w.Puts(store)
	w.Clock.Move(week)
	sweeps(t, w, p, 30, 10*time.Minute)
	sweeps(t, w, p, 30, 24*time.Hour)
	if notices, n := recurrences(p); notices != 1 || n != 1 {
		t.Fatalf("told %d times of %d: %+v", notices, n, p.Told())
	}
	if got := lines(p, audit.Recurred); len(got) != 1 || got[0].Run != first.ID || got[0].Reason == "" {
		t.Errorf("said %+v", got)
	}
	r := w.Only(t)
	if r.Recurrence == nil || r.Recurrence.Times != 1 || len(r.Recurrence.Left) == 0 || r.Status != run.StatusVerified {
		t.Errorf("the run says %+v", r.Recurrence)
	}
	if w.Puts(store) != puts || w.Blocked(store) {
		t.Error("it was fixed, and nobody reported it")
	}
	recursAgain(t, w, p, store, id)
}

// recursAgain has a store fixed once more, as it is reported, and its fix undone for the second time.
func recursAgain(t *testing.T, w *enginetest.World, p *enginetest.Process, store, id string) {
	t.Helper()
	p.Handled(t, reported(t, w, id))
	if !w.Blocked(store) {
		t.Fatal("not fixed when it was reported")
	}
	open(t, w, store)
	w.Clock.Move(week)
	sweeps(t, w, p, 3, 10*time.Minute)
	if _, n := recurrences(p); n != 2 {
		t.Fatalf("told of %d, want a second one", n)
	}
	last := p.Told()[len(p.Told())-1]
	if !strings.Contains(last.Why, "2 times") || !strings.Contains(last.ToDo, "a template or a pipeline") {
		t.Errorf("told %q, %q", last.Why, last.ToDo)
	}
}

// TestRecurrenceKeepsARing: what does not hold where a control came first is a doubt about what comes next.
func TestRecurrenceKeepsARing(t *testing.T) {
	w := enginetest.New(t)
	w.Config.Rings = &gate.Rings{Order: []gate.Ring{{
		Name: "first", Where: []gate.Where{{Accounts: []string{enginetest.Member}}},
	}}}
	p := w.Start()
	open(t, w, fixedStore(t, w, p))
	w.Clock.Move(week)
	sweeps(t, w, p, 3, 10*time.Minute)
	doubts, err := w.Ledger.Doubts(t.Context(), "Store.3")
	if err != nil || len(doubts) != 1 || !strings.Contains(fmt.Sprint(doubts), "found undone") {
		t.Errorf("doubts %+v, %v", doubts, err)
	}
}

// TestManyRecurrencesAreOneNotice: a wave of them is no wave of mails.
func TestManyRecurrencesAreOneNotice(t *testing.T) {
	w := enginetest.New(t)
	w.Config.StaysFixed = reads(600)
	p := w.Start()
	for range 9 {
		open(t, w, fixedStore(t, w, p))
	}
	w.Clock.Move(week)
	sweeps(t, w, p, 20, time.Minute)
	if notices, n := recurrences(p); notices != 1 || n != 9 {
		t.Errorf("told %d times of %d", notices, n)
	}
}

func reads(n int) *gate.StaysFixed { return &gate.StaysFixed{ReadPerHour: &n} }

// TestBudgetOfLooks: within an hour no more is read than the configuration says, none is lost, and 0 reads nothing.
func TestBudgetOfLooks(t *testing.T) {
	w := enginetest.New(t)
	w.Config.StaysFixed = reads(0)
	p := w.Start()
	const fixes = 12
	for range fixes {
		fixedStore(t, w, p)
	}
	w.Clock.Move(week)
	sweeps(t, w, p, 60, time.Minute)
	if got := lines(p, audit.Stands); len(got) > 0 {
		t.Fatalf("read %d with a budget of 0", len(got))
	}
	w.Config.StaysFixed = reads(5)
	w.Clock.Move(time.Hour - time.Duration(w.Clock.Now().Minute())*time.Minute) // an hour by the clock begins
	sweeps(t, w, p, 59, time.Minute)
	if got := lines(p, audit.Stands); len(got) != 5 {
		t.Errorf("read %d within an hour, want 5", len(got))
	}
	sweeps(t, w, p, 3*60, time.Minute)
	seen := map[string]int{}
	for _, line := range lines(p, audit.Stands) {
		seen[line.Resource]++
	}
	if len(seen) != fixes {
		t.Errorf("%d of %d were read", len(seen), fixes)
	}
}

// inTheWay is what keeps a look at a store from being taken, by name.
func inTheWay() map[string]func(t *testing.T, w *enginetest.World, p *enginetest.Process, store, id string) {
	member := gate.Where{Accounts: []string{enginetest.Member}}
	rule := func(w *enginetest.World, r gate.Rule) { w.Config.Controls["Store.3"] = r }
	return map[string]func(t *testing.T, w *enginetest.World, p *enginetest.Process, store, id string){
		"off": func(_ *testing.T, w *enginetest.World, _ *enginetest.Process, _, _ string) {
			rule(w, gate.Rule{Mode: gate.Off})
		},
		"off in the account": func(_ *testing.T, w *enginetest.World, _ *enginetest.Process, _, _ string) {
			rule(w, gate.Rule{Mode: gate.Auto, OffIn: []gate.Where{member}})
		},
		"disabled by hand": func(t *testing.T, w *enginetest.World, _ *enginetest.Process, _, _ string) {
			err := w.Ledger.Disable(t.Context(), gate.Disable{
				Origin: gate.Origin{Reason: "no", Owner: "ann"}, Control: "Store.3", Where: member, Since: w.Clock.Now(),
			}, w.Clock.Now())
			if err != nil {
				t.Fatal(err)
			}
		},
		"excepted": func(_ *testing.T, w *enginetest.World, _ *enginetest.Process, store, _ string) {
			w.Config.Exceptions = []gate.Exception{{
				Control: "Store.3", Resource: store, Reason: "public", Owner: "ann",
				Expires: gate.Date{Day: w.Clock.Now().AddDate(1, 0, 0).Truncate(24 * time.Hour)},
			}}
		},
		"stopped": func(t *testing.T, w *enginetest.World, _ *enginetest.Process, _, _ string) {
			stop := gate.Stop{Origin: gate.Origin{Reason: "all", Owner: "ann"}, Since: w.Clock.Now()}
			if err := w.Ledger.Stop(t.Context(), stop); err != nil {
				t.Fatal(err)
			}
		},
		"on hold": func(t *testing.T, w *enginetest.World, _ *enginetest.Process, _, _ string) {
			hold := run.Hold{Until: w.Clock.Now().Add(2 * week), By: "Salve", Reason: "something keeps changing it back"}
			if err := w.Ledger.KeepOff(t.Context(), w.Only(t).Key, hold); err != nil {
				t.Fatal(err)
			}
		},
		"taken back": func(t *testing.T, w *enginetest.World, p *enginetest.Process, store, _ string) {
			w.SetFlags(t, store, enginetest.Block(true, true, true, true)) // as it was fixed
			if _, err := p.Undo(t.Context(), w.Only(t).ID, "ann"); err != nil {
				t.Fatal(err)
			}
		},
		"failed since": func(t *testing.T, w *enginetest.World, _ *enginetest.Process, _, id string) {
			broken := enginetest.Broken(t, w.Start(), enginetest.Denied)
			broken.Handled(t, reported(t, w, id))
		},
	}
}

// TestLooksThatAreNotTaken: what is off, disabled, excepted, on hold, stopped, taken back or overtaken is not read, and
// nobody is told that it is not as it was.
func TestLooksThatAreNotTaken(t *testing.T) {
	for name, change := range inTheWay() {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Stoppable()
			store, id := reportedStore(t, w, p)
			open(t, w, store)
			change(t, w, p, store, id)
			w.Clock.Move(week)
			w.ClearCalls()
			sweeps(t, w, p, 20, time.Minute)
			if _, n := recurrences(p); n > 0 {
				t.Errorf("told %+v", p.Told())
			}
			for _, c := range w.Calls() {
				if c.Service == enginetest.STS {
					t.Errorf("a session was opened: %+v", c)
				}
			}
		})
	}
}

// TestUnreadableFixes: what cannot be read is no recurrence; it is counted and read later.
func TestUnreadableFixes(t *testing.T) {
	for name, tc := range map[string]struct {
		trouble func(w *enginetest.World)
		after   time.Duration
	}{
		"throttled":    {func(w *enginetest.World) { w.Fail("GetBlock", enginetest.Throttled()) }, time.Hour},
		"denied":       {func(w *enginetest.World) { w.Forbid("store:GetBlock", "service control policy") }, 24 * time.Hour},
		"without role": {func(w *enginetest.World) { w.Distrust(enginetest.Member) }, 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			open(t, w, fixedStore(t, w, p))
			w.Clock.Move(week)
			tc.trouble(w)
			sweeps(t, w, p, 20, time.Minute)
			if got := lines(p, audit.Unreadable); len(got) != 1 || got[0].Error == "" {
				t.Fatalf("said %+v", got)
			}
			if _, n := recurrences(p); n > 0 {
				t.Errorf("told %+v", p.Told())
			}
			w.Heal()
			w.Trust(enginetest.Member)
			w.Forbid("store:GetBlock", "")
			sweeps(t, w, p, 2, tc.after)
			sweeps(t, w, p, 3, 10*time.Minute)
			if _, n := recurrences(p); n != 1 {
				t.Errorf("told of %d once it could be read", n)
			}
		})
	}
}

// TestGoneIsNotReadAgain: a resource that is deleted is looked at no more, and nobody hears of it.
func TestGoneIsNotReadAgain(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	w.Remove(fixedStore(t, w, p))
	w.Clock.Move(week)
	sweeps(t, w, p, 3, time.Minute)
	w.ClearCalls()
	sweeps(t, w, p, 20, 24*time.Hour)
	for _, c := range w.Calls() {
		if c.Service == enginetest.STS {
			t.Errorf("read again: %+v", c)
		}
	}
	if _, n := recurrences(p); n > 0 || len(lines(p, audit.Unreadable)) > 0 {
		t.Errorf("told %+v", p.Told())
	}
}

// TestLookThatDies: wherever a sweep dies, the fix is looked at again, people are told once and the run says it once.
func TestLookThatDies(t *testing.T) {
	scene := func(t *testing.T) *enginetest.World {
		t.Helper()
		w := enginetest.New(t)
		open(t, w, fixedStore(t, w, w.Start()))
		sweeps(t, w, w.Start(), 2, 36*time.Hour) // all else is done by then
		w.Clock.Move(week)
		return w
	}
	for _, c := range scene(t).Watched(func(p *enginetest.Process) { p.Handled(t, enginetest.Sweep()) }) {
		for _, d := range []enginetest.Death{{At: c.N}, {At: c.N, Done: true}} {
			t.Run(fmt.Sprintf("%02d %s, %s", c.N, c.Operation, d), func(t *testing.T) {
				w := scene(t)
				w.Die(t, d, func(ctx context.Context, p *enginetest.Process) { p.Handle(ctx, enginetest.Sweep()) })
				p := w.Start()
				sweeps(t, w, p, 30, 2*time.Minute)
				if _, n := recurrences(p); n != 1 {
					t.Errorf("told of %d", n)
				}
				if r := w.Only(t); r.Recurrence == nil || r.Recurrence.Times != 1 {
					t.Errorf("the run says %+v", r.Recurrence)
				}
			})
		}
	}
}

// TestLooksOfTwoSweeps: of two sweeps at once one reads.
func TestLooksOfTwoSweeps(t *testing.T) {
	w := enginetest.New(t)
	fixedStore(t, w, w.Start())
	w.Clock.Move(week)
	other := w.Start()
	p := w.Start(enginetest.Meanwhile("AssumeRole", func() { other.Handled(t, enginetest.Sweep()) }))
	p.Handled(t, enginetest.Sweep())
	if n := len(lines(p, audit.Stands)) + len(lines(other, audit.Stands)); n != 1 {
		t.Errorf("read %d times", n)
	}
}

// TestFixedMeanwhile: a run that ends while somebody looks at an older fix is not told of as undone.
func TestFixedMeanwhile(t *testing.T) {
	w := enginetest.New(t)
	store, id := reportedStore(t, w, w.Start())
	open(t, w, store)
	w.Clock.Move(week)
	m := reported(t, w, id)
	p := w.Start(enginetest.Afterwards("GetBlock", func() { w.Start().Handled(t, m) }))
	p.Handled(t, enginetest.Sweep())
	sweeps(t, w, p, 10, 10*time.Minute)
	if _, n := recurrences(p); n > 0 || !w.Blocked(store) {
		t.Errorf("told of %d, blocked %t", n, w.Blocked(store))
	}
}

// TestLooksWhereClocksJump: a clock that jumps ahead has all read soon, within the budget; one that jumps back has it
// read when its time has come again.
func TestLooksWhereClocksJump(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	fixedStore(t, w, p)
	w.Clock.Move(400 * 24 * time.Hour / 2)
	sweeps(t, w, p, 3, time.Minute)
	if got := lines(p, audit.Stands); len(got) != 1 {
		t.Fatalf("read %d times after a jump ahead", len(got))
	}
	w.Clock.Move(-week)
	sweeps(t, w, p, 3, time.Minute)
	if got := lines(p, audit.Stands); len(got) != 1 {
		t.Errorf("read %d times after a jump back", len(got))
	}
	w.Clock.Move(2 * week)
	sweeps(t, w, p, 3, time.Minute)
	if got := lines(p, audit.Stands); len(got) != 2 {
		t.Errorf("read %d times once its time had come again", len(got))
	}
}
