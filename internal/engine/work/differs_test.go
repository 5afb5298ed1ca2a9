package work_test

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// TestSecurityHubSeesItDifferently: a finding that failed in a check long after our fix, and a resource that we read
// as met, are two readings of which one is wrong. Nobody says RESOLVED to that; a check that came too early for it
// does not count.
func TestSecurityHubSeesItDifferently(t *testing.T) {
	for name, tc := range map[string]struct {
		checked  time.Duration // after our last write
		workflow string
		parts    []string
		notice   int
	}{
		"a check long after the fix": {31 * time.Minute, finding.Notified, []string{
			"Salve and Security Hub see Store.3 differently", "Salve read it as met on 2026-03-02 11:10 UTC",
			"Security Hub's check of 2026-03-02 10:41 UTC sees it as failed", "Salve changed nothing", "salve verify r",
		}, 1},
		"just too early": {30 * time.Minute, finding.Resolved, []string{"met already", "Fixed before by run"}, 0},
		"right after it": {time.Minute, finding.Resolved, []string{"met already", "Fixed before by run"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			store, id, fix := w.Repaired(t, p, nil)
			spec := enginetest.Spec(store)
			spec.At = fix.Finished.Add(tc.checked)
			w.Report(t, spec)
			w.Clock.Move(time.Hour)
			p.Handled(t, enginetest.Sweep()) // the digest of the fix
			w.Mark(t, id, finding.New)
			told := len(p.Told())
			p.Handled(t, w.Imported(t, id))
			w.Shows(t, id, tc.workflow, append(tc.parts, fix.ID)...)
			news := p.Told()[told:]
			if len(news) != tc.notice || tc.notice > 0 && news[0].Kind != notice.Disputed {
				t.Errorf("told %+v", news)
			}
			if w.Puts(store) != 1 || len(w.Runs()) != 2 {
				t.Errorf("%d writes, %d runs", w.Puts(store), len(w.Runs()))
			}
		})
	}
}

// TestSomebodyElseFixedIt: where no fix of ours stands, a failed check says nothing against our read.
func TestSomebodyElseFixedIt(t *testing.T) {
	t.Run("no run before", func(t *testing.T) {
		w := enginetest.New(t)
		store := w.Store(t, enginetest.Block(true, true, true, true))
		id := w.Report(t, enginetest.Spec(store))
		w.Start().Handled(t, w.Imported(t, id))
		w.Ended(t, run.StatusCompliant)
		w.Shows(t, id, finding.Resolved, "met already")
	})
	t.Run("ours was taken back", func(t *testing.T) {
		w := enginetest.New(t)
		p := w.Start()
		store, id, fix := w.Repaired(t, p, nil)
		w.TakenBack(t, p, fix)
		w.SetFlags(t, store, enginetest.Block(true, true, true, true))
		spec := enginetest.Spec(store)
		w.Clock.Move(8 * 24 * time.Hour)
		spec.At = w.Clock.Now()
		w.Report(t, spec)
		p.Handled(t, w.Imported(t, id))
		w.Shows(t, id, finding.Resolved, "met already")
	})
}

// TestKinWroteTheSameState: the last write of the state counts, whichever control made it.
func TestKinWroteTheSameState(t *testing.T) {
	for name, tc := range map[string]struct {
		checked  time.Duration // after the sibling's fix
		workflow string
		says     string
	}{
		"a check long after it": {31 * time.Minute, finding.Notified, "Salve and Security Hub see Store.3 differently"},
		"a check right after":   {time.Minute, finding.Resolved, "Fixed before by run"},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			store := w.Store(t, nil)
			p.Handled(t, w.Imported(t, w.Of(t, "Store.1", store)))
			fix := w.Ended(t, run.StatusVerified)
			spec := enginetest.Spec(store)
			spec.At = fix.Finished.Add(tc.checked)
			id := w.Report(t, spec)
			w.Clock.Move(time.Hour)
			p.Handled(t, w.Imported(t, id))
			w.Shows(t, id, tc.workflow, tc.says, fix.ID)
		})
	}
}
