package work_test

import (
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

const fortnight = 14 * 24 * time.Hour

// graced is a world in which others have fourteen days to fix what Store.3 is about, and a store that was found now.
func graced(t *testing.T) (w *enginetest.World, store, id string, m engine.Message) {
	t.Helper()
	w = enginetest.New(t)
	w.Config = gate.Config{Version: gate.Version, Controls: map[string]gate.Rule{"Store.3": {Mode: gate.Auto, After: 14}}}
	store, id, m = reportedOne(t, w)
	return w, store, id, m
}

// TestGrace: others have their days, and people hear which day it is; then Salve acts, on the day.
func TestGrace(t *testing.T) {
	w, store, id, m := graced(t)
	p := w.Start()
	p.Handled(t, m)
	for range 13 {
		w.Clock.Move(24 * time.Hour)
		p.Handled(t, w.Imported(t, id), enginetest.Sweep())
	}
	r := w.Only(t)
	if r.Status != run.StatusDeferred || w.Blocked(store) ||
		!strings.Contains(r.Reason, "It goes on from 2026-03-16 10:10 UTC") {
		t.Fatalf("%s: %s", r.Status, r.Reason)
	}
	w.Untouched(t, id)
	told := 0
	for _, n := range p.Told() {
		if n.Kind == notice.Grace {
			told++
			if !n.Until.Equal(r.Due) || !strings.Contains(n.Why, "Salve acts from 2026-03-16 10:") {
				t.Errorf("until %s: %s", n.Until, n.Why)
			}
		}
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
	w.Clock.Move(24*time.Hour + enginetest.Later + enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	w.Fixed(t, store, id)
}

// TestFixedInGrace: what others have fixed by the day ends as that, and nothing is written.
func TestFixedInGrace(t *testing.T) {
	for says, want := range map[string]run.Status{
		"": run.StatusCompliant, finding.Passed: run.StatusRefused, finding.Archived: run.StatusRefused,
	} {
		w, store, id, m := graced(t)
		p := w.Start()
		p.Handled(t, m)
		w.SetFlags(t, store, enginetest.Block(true, true, true, true))
		w.Clock.Move(time.Hour)
		w.Answer(t, store, id, says)
		w.Clock.Move(fortnight)
		p.Handled(t, enginetest.Sweep())
		if r := w.Ended(t, want); w.Puts(store) > 0 {
			t.Errorf("%q: written by %s", says, r.ID)
		}
	}
}

// TestClickInGrace: who asks does not wait, also where a run waits already.
func TestClickInGrace(t *testing.T) {
	w, store, id, m := graced(t)
	p := w.Start()
	p.Handled(t, m)
	w.Clock.Move(time.Hour)
	p.Handled(t, w.Click(t, id))
	w.Clock.Move(time.Minute)
	p.Handled(t, enginetest.Sweep())
	w.Fixed(t, store, id)
}

// TestGraceCountsAnew: Security Hub keeps the date of the first failure where a resource fails again; others have their
// days from then on all the same.
func TestGraceCountsAnew(t *testing.T) {
	w, store, _, _ := graced(t)
	w.Clock.Move(90 * 24 * time.Hour)
	id := w.Reopened(t, enginetest.Spec(store))
	p := w.Start()
	p.Handled(t, w.Imported(t, id))
	w.Clock.Move(fortnight - time.Hour)
	p.Handled(t, enginetest.Sweep())
	if r := w.Only(t); r.Status != run.StatusDeferred || w.Blocked(store) {
		t.Fatalf("%s: %s", r.Status, r.Reason)
	}
	w.Clock.Move(2 * time.Hour)
	p.Handled(t, enginetest.Sweep())
	w.Fixed(t, store, id)
}

// TestNoGraceWithoutADate: what nobody knows the age of is left alone.
func TestNoGraceWithoutADate(t *testing.T) {
	w, store, id, _ := graced(t)
	m := w.Imported(t, id)
	m.Body = strings.NewReplacer(`"FirstObservedAt"`, `"FirstObserved"`, `"CreatedAt"`, `"Created"`).Replace(m.Body)
	w.Start().Handled(t, m)
	if len(w.Runs()) > 0 || w.Blocked(store) {
		t.Errorf("runs %+v", w.Runs())
	}
	w.Untouched(t, id)
}
