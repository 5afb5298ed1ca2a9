package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// lazy is a resource whose service takes a change and shows it later.
type lazy struct {
	clock  *clock
	takes  time.Duration // negative: never shows it
	asked  bool
	since  time.Time
	writes int
}

type lazyState struct{ On bool }

func (l *lazy) read(context.Context, control.Env) (lazyState, error) {
	done := l.takes >= 0 && !l.clock.Now().Before(l.since.Add(l.takes))
	return lazyState{On: l.asked && done}, nil
}

func (l *lazy) write(_ context.Context, _ control.Env, _, to lazyState) error {
	l.asked, l.since = to.On, l.clock.Now()
	l.writes++
	return nil
}

// slowly makes S3.8 a control of the lazy resource for a process.
func (p *process) slowly(t *testing.T, l *lazy) *process {
	t.Helper()
	real, _ := p.Controls.Get("S3.8")
	info := real.Info
	info.Settle = control.Settle{Typical: 10 * time.Minute, Within: 2 * time.Hour}
	registry, err := control.NewRegistry(nil, control.Of[lazyState]{
		Info: info, Read: l.read, Write: l.write,
		Want: func(lazyState, control.Env) (lazyState, error) { return lazyState{On: true}, nil },
	}.Control())
	if err != nil {
		t.Fatal(err)
	}
	p.Controls = registry
	return p
}

// TestSlowControlParks: what AWS takes its time for keeps its lock and no
// process, is looked at ever more rarely, and is finished by the sweep.
func TestSlowControlParks(t *testing.T) {
	w := newWorld(t)
	l := &lazy{clock: w.clock, takes: 25 * time.Minute}
	p := w.start(t).slowly(t, l)
	id := w.report(t, w.spec(w.bucket(t, nil)))
	p.handle(t, w.imported(t, id))

	r := w.only(t)
	if r.State != run.StateParked || r.Status != run.StatusParked || len(w.locks(t)) != 1 {
		t.Fatalf("run is %s, %s; locks %v", r.State, r.Status, w.locks(t))
	}
	w.nextLook(t, r, 10*time.Minute) // the typical time
	w.says(t, id, hubtypes.WorkflowStatusNotified)
	if note := *w.finding(t, id).Note.Text; !strings.Contains(note, "Expected by") || !strings.Contains(note, r.ID) {
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
		w.clock.move(look.after)
		p.handle(t, sweep())
		r := w.only(t)
		if r.State != look.state {
			t.Fatalf("after %v more the run is %s, want %s", look.after, r.State, look.state)
		}
		w.nextLook(t, r, look.wait)
	}
	w.says(t, id, hubtypes.WorkflowStatusResolved)
	if r := w.only(t); r.Status != run.StatusVerified || l.writes != 1 || len(w.locks(t)) != 0 {
		t.Errorf("run %s after %d writes, locks %v", r.Status, l.writes, w.locks(t))
	}
}

// nextLook checks when a parked run is looked at again.
func (w *world) nextLook(t *testing.T, r *run.Run, want time.Duration) {
	t.Helper()
	if wait := r.Due.Sub(w.clock.Now()); r.State == run.StateParked && wait.Round(time.Second) != want {
		t.Errorf("next look after %v, want %v", wait, want)
	}
}

// TestParkedTooLong: past the declared time the run ends unproven, is never
// written again, and people hear of it.
func TestParkedTooLong(t *testing.T) {
	w := newWorld(t)
	l := &lazy{clock: w.clock, takes: -1}
	p := w.start(t).slowly(t, l)
	id := w.report(t, w.spec(w.bucket(t, nil)))
	p.handle(t, w.imported(t, id))
	for range 12 {
		w.clock.move(15 * time.Minute)
		p.handle(t, sweep())
	}
	r := w.only(t)
	if r.State != run.StateClosed || r.Status != run.StatusUnverified || l.writes != 1 {
		t.Errorf("run %s, %s after %d writes", r.State, r.Status, l.writes)
	}
	w.says(t, id, hubtypes.WorkflowStatusNotified)
	if told := p.told(); len(told) != 1 || told[0].Kind != notice.Unverified {
		t.Errorf("told %+v", told)
	}
}

// TestFindingJoinsParkedRun: a finding of another standard gets the result of
// the run that waits, and a person who clicks starts no second one.
func TestFindingJoinsParkedRun(t *testing.T) {
	w := newWorld(t)
	l := &lazy{clock: w.clock, takes: 12 * time.Minute}
	p := w.start(t).slowly(t, l)
	bucket := w.bucket(t, nil)
	first := w.report(t, w.spec(bucket))
	p.handle(t, w.imported(t, first))

	spec := w.spec(bucket)
	spec.Consolidated, spec.Standard = false, "cis-3.0.0"
	spec.StandardControlID = "2.1.4"
	second := w.report(t, spec)
	w.clock.move(time.Minute)
	p.handle(t, w.click(t, second), w.click(t, first))
	w.clock.move(later)
	p.handle(t, sweep())
	for _, id := range []string{first, second} {
		w.says(t, id, hubtypes.WorkflowStatusResolved)
	}
	if r := w.only(t); r.Status != run.StatusVerified || l.writes != 1 {
		t.Errorf("run %s after %d writes", r.Status, l.writes)
	}
}
