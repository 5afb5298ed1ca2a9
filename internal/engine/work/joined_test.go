package work_test

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// throttle keeps runs of Store.3 from reading anything.
func throttle(t *testing.T, w *enginetest.World) {
	t.Helper()
	w.Fail("GetBlock", enginetest.Throttled())
}

// TestEventsDoNotUseUpATry: findings that join a run that waits, and checks that
// come too early, leave it to its time.
func TestEventsDoNotUseUpATry(t *testing.T) {
	w := enginetest.New(t)
	store, id := w.Waiting(t, false)
	before := w.Only(t)
	throttle(t, w)
	p := w.Start()
	w.Clock.Move(time.Second)
	for range 6 { // more than a run is tried
		p.Handled(t, w.Imported(t, id),
			engine.Message{ID: "check", Body: `{"salve":"check","run":"` + before.ID + `"}`}, enginetest.Sweep())
	}
	if r := w.Only(t); r.Attempts != before.Attempts || r.State != run.StateClaimed || !r.Due.Equal(before.Due) {
		t.Errorf("attempt %d, %s, due %v: want it to wait as before, at attempt %d until %v",
			r.Attempts, r.State, r.Due, before.Attempts, before.Due)
	}
	w.Heal()
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	w.Fixed(t, store, id)
}

// TestClickJoinsARunThatWaits: a click on a finding whose run waits for the role of its account ends nothing. The run
// goes on waiting, whoever clicked reads that, and it is done when there is a role.
func TestClickJoinsARunThatWaits(t *testing.T) {
	w := enginetest.New(t)
	w.Distrust(enginetest.Member)
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	p := w.Start()
	p.Handled(t, w.Imported(t, id))
	w.Untouched(t, id)
	told := len(p.Told())
	w.Clock.Move(time.Second)
	p.Handled(t, w.Click(t, id))
	waits := w.Only(t)
	if waits.Status != run.StatusDeferred || waits.State != run.StateClaimed || waits.Trigger != run.TriggerClick ||
		waits.Actor != "unattributed" {
		t.Errorf("the run is %s, %s, by %s (%s)", waits.State, waits.Status, waits.Trigger, waits.Actor)
	}
	w.Shows(t, id, finding.Notified, "Salve has not acted on Store.3 yet.", "The run waits for it", waits.ID,
		"Deploy deploy/member.yaml into account "+enginetest.Member)
	if news := p.Told()[told:]; len(news) != 0 {
		t.Errorf("told %+v: people hear of the account once a day", news)
	}
	w.Clock.Move(25 * time.Hour)
	p.Handled(t, enginetest.Sweep(), w.Click(t, id))
	if r := w.Only(t); r.Status != run.StatusDeferred {
		t.Fatalf("the run is %s, %s", r.State, r.Status)
	}
	w.Trust(enginetest.Member)
	w.Clock.Move(time.Hour)
	p.Handled(t, enginetest.Sweep()) // the probe, which makes the run due
	p.Handled(t, enginetest.Sweep())
	w.Fixed(t, store, id)
}

// TestClickWhileARunBeginsToWait: whoever clicks while a process is about to let the run wait for the role of its
// account, or has just done so, reads that it waits.
func TestClickWhileARunBeginsToWait(t *testing.T) {
	for name, at := range map[string]func(string, func()) enginetest.Hook{
		"before": enginetest.Meanwhile, "after": enginetest.Afterwards,
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			w.Distrust(enginetest.Member)
			id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
			p := w.Start(at("Await", func() { w.Start().Handled(t, w.Click(t, id)) }))
			p.Handled(t, w.Imported(t, id))
			w.Shows(t, id, finding.Notified, "The run waits for it", w.Only(t).ID)
		})
	}
}

// TestClickThatLookedAtTheClockBefore: it takes a while to join a run, and one that began to wait meanwhile is one that
// nobody is at.
func TestClickThatLookedAtTheClockBefore(t *testing.T) {
	w := enginetest.New(t)
	w.Distrust(enginetest.Member)
	id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
	w.Start(enginetest.Meanwhile("Claim", func() {
		w.Clock.Move(3 * time.Second)
		w.Start().Handled(t, w.Imported(t, id))
	})).Handled(t, w.Click(t, id))
	w.Shows(t, id, finding.Notified, "The run waits for it", w.Only(t).ID)
}

// TestClickOnASuppressedFindingThatWaits: that the run waits is not written over what a person has suppressed.
func TestClickOnASuppressedFindingThatWaits(t *testing.T) {
	w := enginetest.New(t)
	w.Distrust(enginetest.Member)
	store := w.Store(t, nil)
	first, second := w.Report(t, enginetest.Spec(store)), w.Numbered(t, enginetest.Spec(store), 7)
	p := w.Start()
	p.Handled(t, w.Imported(t, first))
	w.Comment(t, first, finding.Suppressed, "accepted until May")
	p.Handled(t, w.Click(t, second))
	w.Shows(t, first, finding.Suppressed, "accepted until May")
	w.Shows(t, second, finding.Notified, "The run waits for it")
}

// TestClickJoinsAPlan: what the gate says to a click counts, not what it said to
// the event that began the run.
func TestClickJoinsAPlan(t *testing.T) {
	tests := map[string]struct {
		mode     gate.Mode // when the person clicks
		want     run.Status
		workflow string
	}{
		"still a plan":     {gate.Plan, run.StatusPlanned, finding.New},
		"by hand now":      {gate.Manual, run.StatusVerified, finding.Resolved},
		"with an approval": {gate.Approve, run.StatusAwaitingApproval, finding.Notified},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			w.Config = enginetest.Modes(gate.Plan)
			store, id := w.Waiting(t, false)
			w.Config = enginetest.Modes(tc.mode)
			p := w.Start()
			p.Handled(t, w.Click(t, id))
			if r := w.Ended(t, tc.want); r.Trigger != run.TriggerClick {
				t.Errorf("the run is by %s", r.Trigger)
			}
			w.Shows(t, id, tc.workflow)
			if w.Blocked(store) != (tc.want == run.StatusVerified) {
				t.Errorf("flags %+v", w.Flags(store))
			}
		})
	}
}

// TestClickOnARefusedRun: a run that waited is refused without a word when
// nobody asked for it; a click on it is answered.
func TestClickOnARefusedRun(t *testing.T) {
	for name, clicked := range map[string]bool{"nobody clicks": false, "a person clicks": true} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			_, id := w.Waiting(t, false)
			p := w.Start()
			want := finding.New
			if clicked {
				want = finding.Notified
				throttle(t, w)
				p.Handled(t, w.Click(t, id)) // AWS throttles it again
				w.Heal()
			}
			w.Config = enginetest.Modes(gate.Off)
			w.Clock.Move(enginetest.Later)
			p.Handled(t, enginetest.Sweep())
			w.Ended(t, run.StatusRefused)
			w.Shows(t, id, want)
			if told := len(p.Told()); (told == 1) != clicked {
				t.Errorf("told %+v", p.Told())
			}
		})
	}
}

// TestProbesAreNoTries: however long an account waited for its role, its runs
// are then tried as often as any other.
func TestProbesAreNoTries(t *testing.T) {
	w := enginetest.New(t)
	w.Distrust(enginetest.Member)
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	p := w.Start()
	p.Handled(t, w.Imported(t, id))
	next := func(status run.Status, state run.State) {
		t.Helper()
		w.Clock.Move(time.Hour)
		p.Handled(t, enginetest.Sweep())
		if r := w.Only(t); r.Status != status || r.State != state {
			t.Fatalf("run is %s, %s (%s) at attempt %d", r.State, r.Status, r.Reason, r.Attempts)
		}
	}
	for range 25 { // more than any run is taken up
		next(run.StatusDeferred, run.StateClaimed)
	}
	w.Fail("AssumeRole", enginetest.Throttled())
	next(run.StatusDeferred, run.StateClaimed) // it is not known whether there is a role
	w.Heal()
	w.Trust(enginetest.Member)
	throttle(t, w)
	for range 4 {
		next(run.StatusDeferred, run.StateClaimed)
	}
	w.Heal()
	next(run.StatusVerified, run.StateClosed)
	w.Says(t, id, finding.Resolved)
	if !w.Blocked(store) {
		t.Error("the store is open")
	}
}

// TestOperatorDoesNotWait: a person at the command line takes up a run that
// waits, and is told to ask again for what he wants himself.
func TestOperatorDoesNotWait(t *testing.T) {
	w := enginetest.New(t)
	store, id := w.Waiting(t, false)
	p := w.Start()
	waiting := w.Only(t)
	if r, err := p.Apply(t.Context(), enginetest.Wish(store)); err != nil || r.ID != waiting.ID {
		t.Errorf("%+v, %v; want run %s, done", r, err, waiting.ID)
	}
	w.Fixed(t, store, id)
	if r := w.Ended(t, run.StatusVerified); r.Trigger != run.TriggerImported {
		t.Errorf("the run is by %s", r.Trigger)
	}
}
