package work_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// lazy is a resource whose service takes a change and shows it later.
type lazy struct {
	clock  *enginetest.Clock
	takes  time.Duration // negative: never shows it
	asked  bool
	since  time.Time
	writes int
}

func (l *lazy) read(context.Context, control.Env) (enginetest.Switch, error) {
	done := l.takes >= 0 && !l.clock.Now().Before(l.since.Add(l.takes))
	return enginetest.Switch{On: l.asked && done}, nil
}

func (l *lazy) write(_ context.Context, _ control.Env, _, to enginetest.Switch) error {
	l.asked, l.since = to.On, l.clock.Now()
	l.writes++
	return nil
}

// slowly makes Store.3 a control of the lazy resource for a process.
func slowly(t *testing.T, p *enginetest.Process, l *lazy) *enginetest.Process {
	t.Helper()
	c := enginetest.Switched(l.read, l.write)
	c.Info = enginetest.Declared(t, "Store.3")
	c.Settle = control.Settle{Typical: 10 * time.Minute, Within: 2 * time.Hour}
	return enginetest.Instead(t, p, c)
}

// TestSlowControlParks: what AWS takes its time for keeps its lock and no
// process, is looked at ever more rarely, and is finished by the sweep.
func TestSlowControlParks(t *testing.T) {
	w := enginetest.New(t)
	l := &lazy{clock: w.Clock, takes: 25 * time.Minute}
	p := slowly(t, w.Start(), l)
	id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
	p.Handled(t, w.Imported(t, id))

	r := w.Only(t)
	if r.State != run.StateParked || r.Status != run.StatusParked || len(w.Ledger.Locks()) != 1 {
		t.Fatalf("run is %s, %s; locks %v", r.State, r.Status, w.Ledger.Locks())
	}
	nextLook(t, w, r, 10*time.Minute) // the typical time
	w.Says(t, id, finding.Notified)
	if note := w.Finding(t, id).Note.Text; !strings.Contains(note, "Expected by") || !strings.Contains(note, r.ID) {
		t.Errorf("note %q", note)
	}

	for _, look := range []struct {
		after, wait time.Duration
		state       run.State
	}{
		{9 * time.Minute, time.Minute, run.StateParked}, // nothing is due
		{time.Minute, 10 * time.Minute, run.StateParked},
		{10 * time.Minute, 15 * time.Minute, run.StateParked},
		{15 * time.Minute, 0, run.StateClosed},
	} {
		w.Clock.Move(look.after)
		p.Handled(t, enginetest.Sweep())
		r := w.Only(t)
		if r.State != look.state {
			t.Fatalf("after %v more the run is %s, want %s", look.after, r.State, look.state)
		}
		nextLook(t, w, r, look.wait)
	}
	w.Says(t, id, finding.Resolved)
	if r := w.Only(t); r.Status != run.StatusVerified || l.writes != 1 || len(w.Ledger.Locks()) != 0 {
		t.Errorf("run %s after %d writes, locks %v", r.Status, l.writes, w.Ledger.Locks())
	}
}

// nextLook checks when a parked run is looked at again.
func nextLook(t *testing.T, w *enginetest.World, r *run.Run, want time.Duration) {
	t.Helper()
	if wait := r.Due.Sub(w.Clock.Now()); r.State == run.StateParked && wait.Round(time.Second) != want {
		t.Errorf("next look after %v, want %v", wait, want)
	}
}

// TestParkedTooLong: past the declared time the run ends unproven, is never
// written again, and people are told.
func TestParkedTooLong(t *testing.T) {
	w := enginetest.New(t)
	l := &lazy{clock: w.Clock, takes: -1}
	p := slowly(t, w.Start(), l)
	id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
	p.Handled(t, w.Imported(t, id))
	for range 12 {
		w.Clock.Move(15 * time.Minute)
		p.Handled(t, enginetest.Sweep())
	}
	r := w.Only(t)
	if r.State != run.StateClosed || r.Status != run.StatusUnverified || l.writes != 1 {
		t.Errorf("run %s, %s after %d writes", r.State, r.Status, l.writes)
	}
	w.Says(t, id, finding.Notified)
	if told := p.Told(); len(told) != 1 || told[0].Kind != notice.Unverified {
		t.Errorf("told %+v", told)
	}
}

// TestFindingJoinsParkedRun: a finding of another standard gets the result of
// the run that waits, and a person who clicks starts no second one.
func TestFindingJoinsParkedRun(t *testing.T) {
	w := enginetest.New(t)
	l := &lazy{clock: w.Clock, takes: 12 * time.Minute}
	p := slowly(t, w.Start(), l)
	store := w.Store(t, nil)
	first := w.Report(t, enginetest.Spec(store))
	p.Handled(t, w.Imported(t, first))

	spec := enginetest.Spec(store)
	spec.Consolidated, spec.Standard = false, "cis-3.0.0"
	spec.StandardControlID = "2.1.4"
	second := w.Report(t, spec)
	w.Clock.Move(time.Minute)
	p.Handled(t, w.Click(t, second), w.Click(t, first))
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	for _, id := range []string{first, second} {
		w.Says(t, id, finding.Resolved)
	}
	if r := w.Only(t); r.Status != run.StatusVerified || l.writes != 1 {
		t.Errorf("run %s after %d writes", r.Status, l.writes)
	}
}
