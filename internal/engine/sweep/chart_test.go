package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
)

const unit = "ou-ab12-prod"

// inUnit is a world in which Store.3 acts by itself in a unit, which the member is in. Nobody has read the organization
// yet.
func inUnit(t *testing.T) *enginetest.World {
	t.Helper()
	w := enginetest.New(t)
	w.Config = enginetest.Where(gate.Where{OUs: []string{unit}})
	w.Above = map[string]string{enginetest.Member: unit, unit: enginetest.Root}
	return w
}

// readings are the calls of Organizations so far.
func readings(w *enginetest.World) int {
	n := 0
	for _, c := range w.Calls() {
		if c.Service == enginetest.Organizations {
			n++
		}
	}
	return n
}

// acts reports a finding on a store, and says whether it was fixed.
func acts(t *testing.T, w *enginetest.World, p *enginetest.Process) bool {
	t.Helper()
	store := w.Store(t, nil)
	p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(store))))
	return w.Blocked(store)
}

// TestOrganizationIsReadHourly: by the first sweep after rules begin to ask, then once an hour; where none asks, never;
// and by no event.
func TestOrganizationIsReadHourly(t *testing.T) {
	w := inUnit(t)
	rules := w.Config
	w.Config = enginetest.Modes(gate.Auto)
	p := w.Start()
	sweeps := func(n int) {
		for range n {
			p.Handled(t, enginetest.Sweep())
			w.Clock.Move(time.Minute)
		}
	}
	sweeps(120)
	if n := readings(w); n != 0 {
		t.Errorf("%d readings that nobody asks for", n)
	}
	w.Config = rules
	if acts(t, w, p) {
		t.Error("it acted before anybody knew the units")
	}
	sweeps(1)
	if !acts(t, w, p) || readings(w) != 1 {
		t.Errorf("the sweep after it did not read: %d", readings(w))
	}
	sweeps(179)
	for range 20 {
		acts(t, w, p)
	}
	if n := readings(w); n != 3 {
		t.Errorf("%d readings in three hours, and twenty events", n)
	}
}

// TestReadingFails: what was read before counts for six hours, and no longer. Each attempt is noted, ten minutes apart;
// the first that works puts things right.
func TestReadingFails(t *testing.T) {
	for name, err := range map[string]error{
		"throttled": errors.New("ThrottlingException: Rate exceeded"),
		"denied":    errors.New("AccessDeniedException: You don't have permissions"),
	} {
		t.Run(name, func(t *testing.T) {
			w := inUnit(t)
			p := w.Start()
			p.Handled(t, enginetest.Sweep())
			w.Fail("ListAccountsForParent", err)
			for range 6 * 60 {
				w.Clock.Move(time.Minute)
				p.Handled(t, enginetest.Sweep())
			}
			noted := 0
			for _, line := range p.Audited() {
				if line.Event == audit.NotCharted && strings.Contains(line.Error, err.Error()) {
					noted++
				}
			}
			if noted != 31 { // from one hour to six
				t.Errorf("noted %d times", noted)
			}
			if !acts(t, w, p) {
				t.Error("what was read six hours ago does not count")
			}
			w.Clock.Move(time.Minute)
			if acts(t, w, p) {
				t.Error("what is older counts")
			}
			w.Heal()
			w.Clock.Move(10 * time.Minute)
			p.Handled(t, enginetest.Sweep())
			stored, err := w.Ledger.Chart(t.Context())
			if err != nil || stored.Trouble != "" || !acts(t, w, p) {
				t.Errorf("stored %+v, %v", stored, err)
			}
		})
	}
}

// TestReadingCrash: whichever call of a reading the process dies at, what is stored is whole, and a later sweep reads
// anew, once whoever died could not live any more.
func TestReadingCrash(t *testing.T) {
	dead := errors.New("the process died")
	for _, at := range []string{"Chart", "ReserveChart", "ListAccountsForParent", "KeepChart"} {
		for _, done := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, done %v", at, done), func(t *testing.T) {
				w := inUnit(t)
				w.Start().Handled(t, enginetest.Sweep())
				w.Clock.Move(time.Hour)
				w.Above[enginetest.Member], w.Above["ou-ab12-test"] = "ou-ab12-test", enginetest.Root
				died := false
				w.Start(func(_ context.Context, c enginetest.Call) error {
					if died = died || c.Operation == at && c.Done == done; died {
						return dead
					}
					return nil
				}).Handle(t.Context(), enginetest.Sweep())
				if !died {
					t.Fatalf("no call %s", at)
				}
				stored, err := w.Ledger.Chart(t.Context())
				if err != nil || stored.Chart == nil || stored.Place(enginetest.Member, w.Clock.Now()).OUs == nil {
					t.Fatalf("stored %+v, %v", stored, err)
				}
				w.Clock.Move(names.Lease)
				p := w.Start()
				p.Handled(t, enginetest.Sweep())
				if acts(t, w, p) { // it is in another unit by now
					t.Error("nobody has read it again")
				}
			})
		}
	}
}

// TestTwoSweepsRead once: the others leave it to the one that is at it.
func TestTwoSweepsRead(t *testing.T) {
	w := inUnit(t)
	var all sync.WaitGroup
	for range 8 {
		p := w.Start()
		all.Go(func() { p.Handle(t.Context(), enginetest.Sweep()) })
	}
	all.Wait()
	if n := readings(w); n != 1 {
		t.Errorf("%d readings", n)
	}
}

// TestLateReading: one that hangs until its time is over takes the place of nothing that was read later.
func TestLateReading(t *testing.T) {
	w := inUnit(t)
	late := w.Start(func(_ context.Context, c enginetest.Call) error {
		if c.Operation != "ListAccountsForParent" || !c.Done {
			return nil
		}
		w.Above = map[string]string{enginetest.Member: "ou-ab12-new", "ou-ab12-new": enginetest.Root}
		w.Clock.Move(names.Lease)
		w.Start().Handle(t.Context(), enginetest.Sweep())
		return nil
	})
	late.Handled(t, enginetest.Sweep())
	stored, err := w.Ledger.Chart(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := stored.Place(enginetest.Member, w.Clock.Now()).OUs; len(got) != 2 || got[0] != "ou-ab12-new" {
		t.Errorf("in %v", got)
	}
}

// TestOddCharts: what is of a time to come or of another release is not believed, and read anew by the next sweep.
func TestOddCharts(t *testing.T) {
	for name, odd := range map[string]func(now time.Time, c gate.Charted) gate.Charted{
		"a clock was wrong": func(now time.Time, c gate.Charted) gate.Charted {
			c.Chart.At = now.Add(24 * time.Hour)
			return c
		},
		"of a newer release": func(_ time.Time, c gate.Charted) gate.Charted {
			return gate.Charted{Unread: "it has form 2, this release reads 1", Revision: c.Revision}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := inUnit(t)
			p := w.Start()
			p.Handled(t, enginetest.Sweep())
			stored, err := w.Ledger.Chart(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			w.Ledger.Charted(odd(w.Clock.Now(), stored))
			if acts(t, w, p) {
				t.Error("it was believed")
			}
			p.Handled(t, enginetest.Sweep())
			if !acts(t, w, p) {
				t.Error("it was not read anew")
			}
		})
	}
}

// byTag is a world in which Store.3 acts by itself in accounts with a tag.
func byTag(t *testing.T, tags map[string]string) *enginetest.World {
	t.Helper()
	w := inUnit(t)
	w.Config = enginetest.Where(gate.Where{AccountTags: map[string][]string{"env": {"dev"}}})
	w.AccountTags = map[string]map[string]string{enginetest.Member: tags}
	return w
}

// TestRulesByAccountTags: they hold by what sweeps read, and by nothing else; what is not tagged belongs nowhere.
func TestRulesByAccountTags(t *testing.T) {
	for name, tc := range map[string]struct {
		tags map[string]string
		want bool
	}{
		"the tag":       {map[string]string{"env": "dev", "team": "a"}, true},
		"another value": {map[string]string{"env": "prod"}, false},
		"no such tag":   {map[string]string{"team": "a"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := byTag(t, tc.tags)
			p := w.Start()
			for range 2 { // the units, then the tags
				if acts(t, w, p) {
					t.Error("it acted before anybody knew the tags")
				}
				p.Handled(t, enginetest.Sweep())
			}
			if got := acts(t, w, p); got != tc.want {
				t.Errorf("acted: %v", got)
			}
			stored, err := w.Ledger.Chart(t.Context())
			if err != nil || len(stored.Chart.Tags[enginetest.Member].Tags) > 1 {
				t.Errorf("kept %v, %v: rules ask for one", stored.Chart.Tags, err)
			}
		})
	}
}

// TestTagsOfManyAccounts: some hundred a sweep, until all were read, then an hour later again; a new key has all of
// them read anew.
func TestTagsOfManyAccounts(t *testing.T) {
	w := byTag(t, nil)
	for n := range 999 {
		w.Above[fmt.Sprintf("%012d", 500_000_000_000+n)] = unit
	}
	p := w.Start()
	sweeps := func(n int) int {
		before := readings(w)
		for range n {
			p.Handled(t, enginetest.Sweep())
			w.Clock.Move(time.Minute)
		}
		return readings(w) - before
	}
	for n, want := range []int{1, 300, 300, 300, 100, 0, 0} {
		if got := sweeps(1); got != want {
			t.Errorf("sweep %d made %d calls, want %d", n, got, want)
		}
	}
	if got := sweeps(60); got != 1001 {
		t.Errorf("%d calls in the next hour", got)
	}
	rule := w.Config.Controls["Store.3"]
	rule.Where[0].AccountTags["team"] = []string{"a"}
	if got := sweeps(5); got != 1000 {
		t.Errorf("%d calls for another key", got)
	}
}

// TestTagsFail: what was read before the failure is kept, and units stay known.
func TestTagsFail(t *testing.T) {
	w := byTag(t, map[string]string{"env": "dev"})
	p := w.Start()
	p.Handled(t, enginetest.Sweep())
	w.Fail("ListTagsForResource", errors.New("AccessDeniedException: no"))
	p.Handled(t, enginetest.Sweep())
	stored, err := w.Ledger.Chart(t.Context())
	if err != nil || !strings.Contains(stored.Trouble, "AccessDenied") {
		t.Fatalf("%+v, %v", stored, err)
	}
	placed := stored.Place(enginetest.Member, w.Clock.Now())
	if placed.OUs == nil || placed.Tags != nil || acts(t, w, p) {
		t.Errorf("%+v", placed)
	}
	id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
	p.Handled(t, w.Click(t, id))
	w.Shows(t, id, finding.Notified, "which tags the account has", "salve doctor")
	w.Heal()
	w.Clock.Move(10 * time.Minute)
	p.Handled(t, enginetest.Sweep())
	if !acts(t, w, p) {
		t.Error("they were read, and nothing happened")
	}
	w.Clock.Move(6*time.Hour + time.Minute) // and no sweep
	if acts(t, w, p) {
		t.Error("tags of this morning count")
	}
}

// TestClickWhereUnitsAreNotKnown: who clicked reads why, and what to do.
func TestClickWhereUnitsAreNotKnown(t *testing.T) {
	w := inUnit(t)
	w.Fail("ListAccountsForParent", errors.New("AccessDeniedException: no"))
	p := w.Start()
	p.Handled(t, enginetest.Sweep())
	id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
	p.Handled(t, w.Click(t, id))
	w.Shows(t, id, finding.Notified, "was never read", "AccessDeniedException", "salve doctor")
}
