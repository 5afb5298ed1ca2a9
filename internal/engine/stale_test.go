package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/run"
)

// late are the ways in which a message comes when its copy of the finding may be old.
func late() map[string]func(w *enginetest.World, m message) message {
	return map[string]func(*enginetest.World, message) message{
		"an old event": func(w *enginetest.World, m message) message {
			w.Clock.Move(run.Stale + time.Second)
			return m
		},
		"received before": func(_ *enginetest.World, m message) message {
			m.Received = 2
			return m
		},
		"a redriven dead letter": func(w *enginetest.World, m message) message {
			w.Clock.Move(9 * 24 * time.Hour)
			m.Received = 1
			return m
		},
	}
}

// TestWhatPeopleWroteSinceWins: between an event and its handling somebody suppressed the finding, dealt with it, or
// Security Hub looked again. Nothing is done, and nothing is written over it.
func TestWhatPeopleWroteSinceWins(t *testing.T) {
	for name, since := range map[string]struct {
		write func(t *testing.T, w *enginetest.World, id string, spec labhub.FindingSpec)
		click bool // also where a person clicked before
	}{
		"suppressed": {func(t *testing.T, w *enginetest.World, id string, _ labhub.FindingSpec) {
			t.Helper()
			w.Comment(t, id, finding.Suppressed, "accepted until May, see RISK-7")
		}, true},
		"being dealt with": {func(t *testing.T, w *enginetest.World, id string, _ labhub.FindingSpec) {
			t.Helper()
			w.Comment(t, id, finding.Notified, "mine, hands off")
		}, false},
		"resolved": {func(t *testing.T, w *enginetest.World, id string, _ labhub.FindingSpec) {
			t.Helper()
			w.Comment(t, id, finding.Resolved, "gone with the stack")
		}, false},
		"archived": {func(t *testing.T, w *enginetest.World, _ string, spec labhub.FindingSpec) {
			t.Helper()
			spec.RecordState = finding.Archived
			w.Report(t, spec)
		}, true},
		"passed": {func(t *testing.T, w *enginetest.World, _ string, spec labhub.FindingSpec) {
			t.Helper()
			spec.Status = finding.Passed
			w.Report(t, spec)
		}, true},
	} {
		for how, hold := range late() {
			for trigger, event := range map[string]func(*enginetest.World, *testing.T, ...string) message{
				"imported": (*enginetest.World).Imported, "click": (*enginetest.World).Click,
			} {
				if trigger == "click" && !since.click {
					continue
				}
				t.Run(name+"/"+how+"/"+trigger, func(t *testing.T) {
					w := enginetest.New(t)
					spec := enginetest.Spec(w.Store(t, nil))
					id := w.Report(t, spec)
					m := event(w, t, id)
					w.Clock.Move(time.Second)
					since.write(t, w, id, spec)
					was := w.Finding(t, id)
					m = hold(w, m)
					w.ClearCalls()
					p := w.Start()
					p.Handled(t, m)
					w.Silent(t)
					if is := w.Finding(t, id); is != was {
						t.Errorf("finding is %+v, was %+v", is, was)
					}
					if n := w.Looks(); n != 1 {
						t.Errorf("%d look-ups, want 1", n)
					}
				})
			}
		}
	}
}

// TestStaleCopyOfWhatStillHolds: what nobody has changed since is fixed, late or not.
func TestStaleCopyOfWhatStillHolds(t *testing.T) {
	for how, hold := range late() {
		t.Run(how, func(t *testing.T) {
			w := enginetest.New(t)
			store := w.Store(t, nil)
			id := w.Report(t, enginetest.Spec(store))
			m := hold(w, w.Imported(t, id))
			w.Start().Handled(t, m)
			w.Fixed(t, store, id)
		})
	}
}

// TestNobodyElsesWordInALookUp: a member imports a finding with the Id of Security Hub's under a product of its own. In
// whatever order they stand there, it neither hides the real one nor stands for it.
func TestNobodyElsesWordInALookUp(t *testing.T) {
	for name, forgedFirst := range map[string]bool{"forged first": true, "forged last": false} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			store := w.Store(t, nil)
			spec := enginetest.Spec(store)
			real := func() string { return w.Report(t, spec) }
			if !forgedFirst {
				real()
			}
			w.Forge(t, spec, finding.Suppressed)
			id := real()
			m := w.Imported(t, id)
			w.Clock.Move(enginetest.Later)
			w.Start().Handled(t, m)
			w.Settled(t, store, id)
		})
	}
}

// TestLookUpsAreShared: the stale messages of a batch share their look-ups, 20 findings in each, and fresh ones cost
// none.
func TestLookUpsAreShared(t *testing.T) {
	for name, tc := range map[string]struct{ messages, looks int }{
		"one":         {1, 1},
		"a batch":     {10, 1},
		"20":          {20, 1},
		"21":          {21, 2},
		"three dozen": {36, 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			var batch, fresh []message
			var ids []string
			for range tc.messages {
				id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
				ids = append(ids, id)
				batch = append(batch, w.Imported(t, id))
			}
			w.Clock.Move(enginetest.Later)
			for range 3 {
				id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
				ids = append(ids, id)
				fresh = append(fresh, w.Imported(t, id))
			}
			w.ClearCalls()
			w.Start().Handled(t, append(fresh, batch...)...)
			if n := w.Looks(); n != tc.looks {
				t.Errorf("%d look-ups, want %d", n, tc.looks)
			}
			for _, id := range ids {
				w.Says(t, id, finding.Resolved)
			}
		})
	}
}

// TestFreshEventsAreNotLookedUp: a copy of up to a minute is believed.
func TestFreshEventsAreNotLookedUp(t *testing.T) {
	w := enginetest.New(t)
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	m := w.Imported(t, id)
	m.Received = 1
	w.Clock.Move(run.Stale)
	w.ClearCalls()
	w.Start().Handled(t, m)
	w.Fixed(t, store, id)
	if n := w.Looks(); n != 0 {
		t.Errorf("%d look-ups, want none", n)
	}
}

// TestNobodyLooksWhereTheGateSaysNo: what is left alone anyway costs no look-up.
func TestNobodyLooksWhereTheGateSaysNo(t *testing.T) {
	w := enginetest.New(t)
	w.Config = enginetest.Modes("manual")
	id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
	m := w.Imported(t, id)
	w.Clock.Move(enginetest.Later)
	w.ClearCalls()
	w.Start().Handled(t, m)
	w.Silent(t)
	if n := w.Looks(); n != 0 {
		t.Errorf("%d look-ups, want none", n)
	}
}

// TestNoLookUpNoAct: while Security Hub does not answer, stale messages come again, and fresh ones go on.
func TestNoLookUpNoAct(t *testing.T) {
	w := enginetest.New(t)
	store, other := w.Store(t, nil), w.Store(t, nil)
	old := w.Imported(t, w.Report(t, enginetest.Spec(store)))
	w.Clock.Move(enginetest.Later)
	fresh := w.Imported(t, w.Report(t, enginetest.Spec(other)))
	w.Fail("GetFindings", enginetest.Throttled())
	failed := w.Start().Handle(t.Context(), old, fresh)
	if len(failed) != 1 || failed[0] != old.ID || w.Flags(store) != nil || !w.Blocked(other) {
		t.Errorf("failed %v, flags %+v, other %+v", failed, w.Flags(store), w.Flags(other))
	}
	w.Heal()
	w.Start().Handled(t, old)
	if !w.Blocked(store) {
		t.Error("the store is open")
	}
}

// TestStaleCopyOfADeletedFinding: nothing is done for a finding that is not there any more, and the log says so.
func TestStaleCopyOfADeletedFinding(t *testing.T) {
	w := enginetest.New(t)
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	m := w.Imported(t, id)
	m.Body = strings.ReplaceAll(m.Body, id, id[:len(id)-4]+"0000")
	w.Clock.Move(enginetest.Later)
	w.ClearCalls()
	p := w.Start()
	p.Handled(t, m)
	w.Silent(t)
	if lines := p.Audited(); len(lines) != 1 || lines[0].Event != audit.Refused || w.Flags(store) != nil {
		t.Errorf("audited %+v, flags %+v", lines, w.Flags(store))
	}
}

// TestAPersonsNoteIsQuoted: what somebody wrote on a finding that has to be answered stands in front of the answer,
// from a fresh event and from a look-up. Salve's own notes are not.
func TestAPersonsNoteIsQuoted(t *testing.T) {
	const text = `we opened this for the audit ("RISK-7")`
	quote := `Note before: "we opened this for the audit ('RISK-7')" Salve fixed Store.3`
	for name, wait := range map[string]time.Duration{"a fresh event": 0, "a look-up": enginetest.Later} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
			m := w.Imported(t, id)
			w.Comment(t, id, finding.New, text)
			if wait == 0 {
				m = w.Imported(t, id)
			}
			w.Clock.Move(wait)
			p := w.Start()
			p.Handled(t, m)
			w.Shows(t, id, finding.Resolved, quote, "Undo: salve undo")
			p.Handled(t, w.Click(t, id))
			w.Shows(t, id, finding.Resolved, strings.TrimSuffix(quote, "fixed Store.3")+"read the resource")
		})
	}
}
