package work_test

import (
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

// TestStopHolds: what is stopped is not touched, and nobody is told who did not
// ask; the rest goes on, and so does it after the stop.
func TestStopHolds(t *testing.T) {
	tests := map[string]struct {
		control string
		span    time.Duration
		other   bool // a finding of Store.1 is acted on
		end     func(t *testing.T, w *enginetest.World)
	}{
		"a control, lifted": {"Store.3", 0, true, func(t *testing.T, w *enginetest.World) { w.Resume(t, "Store.3") }},
		"a control, by time": {
			"store.3", time.Hour, true, func(_ *testing.T, w *enginetest.World) { w.Clock.Move(time.Hour) },
		},
		"everything, lifted":  {"", 0, false, func(t *testing.T, w *enginetest.World) { w.Resume(t, "") }},
		"everything, by time": {"", time.Hour, false, func(_ *testing.T, w *enginetest.World) { w.Clock.Move(time.Hour) }},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Stoppable()
			b, other := w.Store(t, nil), w.Store(t, nil)
			id, second := w.Of(t, "Store.3", b), w.Of(t, "Store.1", other)
			w.Stop(t, tc.control, "ada", "incident 7", tc.span)
			p.Handled(t, w.Imported(t, id))
			if runs := w.Runs(); len(runs) > 0 || w.Blocked(b) {
				t.Errorf("acted: %+v", runs)
			}
			w.Untouched(t, id)
			p.Handled(t, w.Imported(t, second))
			if got := w.Blocked(other); got != tc.other {
				t.Errorf("the other control acted: %v, want %v", got, tc.other)
			}
			tc.end(t, w)
			p.Handled(t, w.Imported(t, id))
			w.Says(t, id, finding.Resolved)
		})
	}
}

// TestClickMeetsAStop: who asked is told who stopped it, why, until when, and the
// way out, whatever somebody wrote as a reason.
func TestClickMeetsAStop(t *testing.T) {
	evil := strings.Repeat("\x1b[31m\u202e <b>`salve undo 1 --yes` ", 60)
	tests := map[string]struct {
		control, owner, reason string
		span                   time.Duration
		want                   []string
	}{
		"a control": {
			"Store.3", "ada", "incident 7", time.Hour,
			[]string{"ada stopped Store.3: incident 7.", "This holds until 20", "To do: salve resume Store.3"},
		},
		"everything": {"", "ada", "", 0, []string{"ada stopped everything.", "To do: salve resume"}},
		"nobody":     {"Store.3", "", "x", 0, []string{"somebody stopped Store.3: x.", "To do: salve resume Store.3"}},
		"hostile": {
			"Store.3", evil, evil, time.Hour,
			[]string{"stopped Store.3: ", "This holds until 20", "To do: salve resume Store.3"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Stoppable()
			b := w.Store(t, nil)
			id := w.Of(t, "Store.3", b)
			w.Stop(t, tc.control, tc.owner, tc.reason, tc.span)
			p.Handled(t, w.Click(t, id))
			w.Shows(t, id, finding.Notified, tc.want...)
			note := w.Finding(t, id).Note.Text
			if len(note) > 512 || strings.ContainsAny(note, "\x1b\u202e") || w.Blocked(b) || len(w.Runs()) > 0 {
				t.Errorf("note %q (%d bytes), runs %+v", note, len(note), w.Runs())
			}
		})
	}
}

// TestOperatorMeetsAStop: nothing is opened for him; looking and taking back work.
func TestOperatorMeetsAStop(t *testing.T) {
	w := enginetest.New(t)
	before := enginetest.Block(true, false, false, false)
	b := w.Store(t, before)
	id := w.Of(t, "Store.3", b)
	p := w.Stoppable()
	p.Handled(t, w.Imported(t, id))
	fix := w.Only(t)
	req := enginetest.Wish(w.Store(t, nil))
	for _, stopped := range []string{"Store.3", ""} {
		w.Stop(t, stopped, "ada", "incident 7", time.Hour)
		refuses(t, w, p, req)
		if plan, err := p.Preview(t.Context(), req); err != nil || plan.Empty() {
			t.Errorf("plan while %q is stopped: %v %+v", stopped, err, plan)
		}
	}
	undo, err := p.Undo(t.Context(), fix.ID, "bob")
	if err != nil || undo.Status != run.StatusUndone {
		t.Fatalf("undo: %v %+v", err, undo)
	}
	w.Flagged(t, b, before)
	w.Resume(t, "")
	w.Resume(t, "Store.3")
	if r, err := p.Apply(t.Context(), req); err != nil || r.Status != run.StatusVerified {
		t.Errorf("apply after the stop: %v %+v", err, r)
	}
}

// refuses expects that an operator gets no further than the ledger.
func refuses(t *testing.T, w *enginetest.World, p *enginetest.Process, req work.Request) {
	t.Helper()
	w.ClearCalls()
	_, err := p.Apply(t.Context(), req)
	if fault.Of(err) != fault.Refused {
		t.Fatalf("apply: %v", err)
	}
	for _, part := range []string{"ada stopped ", ": incident 7 (until 20", "salve resume"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if called := w.BeyondLedger(); len(called) > 0 {
		t.Errorf("called %v", called)
	}
}

// TestStopAndBadParameters: nothing is asked before the stop is, not even whether
// the document makes sense.
func TestStopAndBadParameters(t *testing.T) {
	w := enginetest.New(t)
	p := w.Stoppable()
	b := w.Store(t, nil)
	w.Fail("GetBlock", enginetest.Throttled())
	if r, err := p.Apply(t.Context(), enginetest.Wish(b)); err != nil || r.Status != run.StatusDeferred {
		t.Fatalf("%v %+v", err, r)
	}
	w.Heal()
	w.Stop(t, "", "ada", "incident", 0)
	w.Config = gate.Config{Version: gate.Version, Controls: map[string]gate.Rule{
		"Store.3": {Mode: gate.Auto, Parameters: map[string]any{"nosuch": 1}},
	}}
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	if w.Blocked(b) {
		t.Error("the run acted while everything is stopped")
	}
}

// TestWaitingRunMeetsAStop: it goes on waiting however long that takes, leaves
// its resource to others meanwhile, and is taken up after the stop.
func TestWaitingRunMeetsAStop(t *testing.T) {
	for name, clicked := range map[string]bool{"imported": false, "clicked": true} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			b, id := w.Waiting(t, clicked)
			tried := w.Only(t).Attempts
			w.Stop(t, "Store.3", "ada", "incident 7", 0)
			p := w.Stoppable()
			for range 30 { // more than a run may be begun
				w.Clock.Move(enginetest.Later)
				w.ClearCalls()
				p.Handled(t, enginetest.Sweep())
				if called := w.BeyondLedger(); len(called) > 0 {
					t.Fatalf("called %v", called)
				}
			}
			putOff(t, w, tried)
			if len(p.Told()) > 0 {
				t.Errorf("told %+v", p.Told())
			}
			w.Says(t, id, finding.New)

			w.Resume(t, "Store.3")
			w.Clock.Move(enginetest.Later)
			p.Handled(t, enginetest.Sweep())
			w.Fixed(t, b, id)
		})
	}
}

// putOff expects the one run to wait for a leave, after so many tries.
func putOff(t *testing.T, w *enginetest.World, tried int) {
	t.Helper()
	r := w.Only(t)
	if r.State != run.StateClaimed || r.Status != run.StatusDeferred || r.Attempts != tried ||
		r.Reason != "ada stopped Store.3: incident 7" {
		t.Errorf("run is %s, %s after %d tries (%s), want %d", r.State, r.Status, r.Attempts, r.Reason, tried)
	}
	if wait := r.Due.Sub(w.Clock.Now()); wait <= 0 || wait > 15*time.Minute {
		t.Errorf("due in %s", wait)
	}
	if locks := w.Ledger.Locks(); len(locks) > 0 {
		t.Errorf("locks %v", locks)
	}
}

// TestOperatorsRunThatWaits: a stop holds it back like any other, unless it takes something back.
func TestOperatorsRunThatWaits(t *testing.T) {
	w := enginetest.New(t)
	p := w.Stoppable()
	before := enginetest.Block(true, false, false, false)
	b, other := w.Store(t, before), w.Store(t, nil)
	p.Handled(t, w.Imported(t, w.Of(t, "Store.3", b)))
	fix := w.Only(t)
	w.Fail("GetBlock", enginetest.Throttled())
	undo, err := p.Undo(t.Context(), fix.ID, "bob")
	if err != nil || undo.Status != run.StatusDeferred {
		t.Fatalf("undo: %v %+v", err, undo)
	}
	waits, err := p.Apply(t.Context(), enginetest.Wish(other))
	if err != nil || waits.Status != run.StatusDeferred {
		t.Fatalf("apply: %v %+v", err, waits)
	}
	w.Heal()
	w.Stop(t, "Store.3", "ada", "incident 7", 0)
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	w.Flagged(t, b, before)
	if r, err := p.Ledger.Get(t.Context(), waits.ID); err != nil || r.State != run.StateClaimed || w.Blocked(other) {
		t.Errorf("run is %s, %s, %v", r.State, r.Status, err)
	}
	w.Resume(t, "Store.3")
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	if !w.Blocked(other) {
		t.Error("not taken up after the stop")
	}
}

// TestStoppedRunLeavesItsResource: another control may work on it meanwhile.
func TestStoppedRunLeavesItsResource(t *testing.T) {
	w := enginetest.New(t)
	b, id := w.Waiting(t, false)
	w.Stop(t, "Store.3", "ada", "incident 7", 0)
	w.Clock.Move(enginetest.Later)
	p := w.Stoppable()
	p.Handled(t, enginetest.Sweep())
	second := w.Of(t, "Store.1", b)
	p.Handled(t, w.Imported(t, second))
	w.Says(t, second, finding.Resolved)
	w.Resume(t, "Store.3")
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	w.Says(t, id, finding.Resolved)
}

// TestStopsThatCannotBeRead: nobody acts on a guess.
func TestStopsThatCannotBeRead(t *testing.T) {
	w := enginetest.New(t)
	b := w.Store(t, nil)
	id := w.Of(t, "Store.3", b)
	p := w.Stoppable()
	w.Fail("Settings", enginetest.Down())
	if failed := p.Handle(t.Context(), w.Imported(t, id), w.Click(t, id)); len(failed) != 2 {
		t.Errorf("%d messages come again, want 2", len(failed))
	}
	w.Heal()
	if w.Blocked(b) || len(w.Runs()) > 0 {
		t.Error("acted")
	}
	w.Untouched(t, id)
}
