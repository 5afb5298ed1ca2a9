package engine_test

import (
	"strings"
	"testing"
	"time"

	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// throttle keeps runs of S3.8 from reading anything.
func (w *world) throttle(t *testing.T) {
	t.Helper()
	w.inject(t, lab.Fault{Service: "s3", Operation: "GetPublicAccessBlock", Error: lab.FaultThrottle})
}

// TestEventsDoNotUseUpATry: findings that join a run that waits, and checks that
// come too early, leave it to its time.
func TestEventsDoNotUseUpATry(t *testing.T) {
	w := newWorld(t)
	bucket, id := w.waits(t, false)
	before := w.only(t)
	w.throttle(t)
	p := w.start(t)
	w.clock.move(time.Second)
	for range 6 { // more than a run is tried
		p.handle(t, w.imported(t, id),
			engine.Message{ID: "check", Body: `{"salve":"check","run":"` + before.ID + `"}`}, sweep())
	}
	if r := w.only(t); r.Attempts != before.Attempts || r.State != run.StateClaimed || !r.Due.Equal(before.Due) {
		t.Errorf("attempt %d, %s, due %v: want it to wait as before, at attempt %d until %v",
			r.Attempts, r.State, r.Due, before.Attempts, before.Due)
	}
	w.ClearFaults()
	w.clock.move(later)
	p.handle(t, sweep())
	w.fixed(t, bucket, id)
}

// TestClickJoinsARunThatWaits: a person who clicks on a finding that Salve has
// at hand already hears of it as anybody who clicks.
func TestClickJoinsARunThatWaits(t *testing.T) {
	w := newWorld(t)
	w.distrust(t)
	bucket := w.bucket(t, nil)
	id := w.report(t, w.spec(bucket))
	p := w.start(t)
	p.handle(t, w.imported(t, id))
	w.untouched(t, id)
	told := len(p.told())
	w.clock.move(time.Second)
	p.handle(t, w.click(t, id))
	if r := w.ended(t, run.StatusDenied); r.Trigger != run.TriggerClick || r.Actor != "unattributed" {
		t.Errorf("the run is by %s (%s)", r.Trigger, r.Actor)
	}
	w.shows(t, id, hubtypes.WorkflowStatusNotified, "Deploy deploy/member.yaml into account "+w.member)
	if news := p.told()[told:]; len(news) != 1 || news[0].Kind != notice.Denied ||
		!strings.Contains(news[0].ToDo, "member.yaml") {
		t.Errorf("told %+v", news)
	}
}

// TestClickJoinsAPlan: what the gate says to a click counts, not what it said to
// the event that began the run.
func TestClickJoinsAPlan(t *testing.T) {
	tests := map[string]struct {
		mode     gate.Mode // when the person clicks
		want     run.Status
		workflow hubtypes.WorkflowStatus
	}{
		"still a plan":     {gate.Plan, run.StatusPlanned, hubtypes.WorkflowStatusNew},
		"by hand now":      {gate.Manual, run.StatusVerified, hubtypes.WorkflowStatusResolved},
		"with an approval": {gate.Approve, run.StatusAwaitingApproval, hubtypes.WorkflowStatusNotified},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.config = modes(gate.Plan)
			bucket, id := w.waits(t, false)
			w.config = modes(tc.mode)
			p := w.start(t)
			p.handle(t, w.click(t, id))
			if r := w.ended(t, tc.want); r.Trigger != run.TriggerClick {
				t.Errorf("the run is by %s", r.Trigger)
			}
			w.shows(t, id, tc.workflow)
			if w.blocked(t, bucket) != (tc.want == run.StatusVerified) {
				t.Errorf("flags %+v", w.flags(t, bucket))
			}
		})
	}
}

// TestClickOnARefusedRun: a run that waited is refused without a word when
// nobody asked for it; a click on it is answered.
func TestClickOnARefusedRun(t *testing.T) {
	for name, clicked := range map[string]bool{"nobody clicks": false, "a person clicks": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			_, id := w.waits(t, false)
			p := w.start(t)
			want := hubtypes.WorkflowStatusNew
			if clicked {
				want = hubtypes.WorkflowStatusNotified
				w.throttle(t)
				p.handle(t, w.click(t, id)) // AWS throttles it again
				w.ClearFaults()
			}
			w.config = modes(gate.Off)
			w.clock.move(later)
			p.handle(t, sweep())
			w.ended(t, run.StatusRefused)
			w.shows(t, id, want)
			if told := len(p.told()); (told == 1) != clicked {
				t.Errorf("told %+v", p.told())
			}
		})
	}
}

// TestProbesAreNoTries: however long an account waited for its role, its runs
// are then tried as often as any other.
func TestProbesAreNoTries(t *testing.T) {
	w := newWorld(t)
	trust := w.distrust(t)
	bucket := w.bucket(t, nil)
	id := w.report(t, w.spec(bucket))
	p := w.start(t)
	p.handle(t, w.imported(t, id))
	next := func(status run.Status, state run.State) {
		t.Helper()
		w.clock.move(time.Hour)
		p.handle(t, sweep())
		if r := w.only(t); r.Status != status || r.State != state {
			t.Fatalf("run is %s, %s (%s) at attempt %d", r.State, r.Status, r.Reason, r.Attempts)
		}
	}
	for range 25 { // more than any run is taken up
		next(run.StatusDeferred, run.StateClaimed)
	}
	w.inject(t, lab.Fault{Service: "sts", Operation: "AssumeRole", Error: lab.FaultThrottle})
	next(run.StatusDeferred, run.StateClaimed) // it is not known whether there is a role
	w.ClearFaults()
	w.trust(t, trust)
	w.throttle(t)
	for range 4 {
		next(run.StatusDeferred, run.StateClaimed)
	}
	w.ClearFaults()
	next(run.StatusVerified, run.StateClosed)
	w.says(t, id, hubtypes.WorkflowStatusResolved)
	if !w.blocked(t, bucket) {
		t.Error("the bucket is open")
	}
}

// TestOperatorDoesNotWait: a person at the command line takes up a run that
// waits, and is told to ask again for what he wants himself.
func TestOperatorDoesNotWait(t *testing.T) {
	w := newWorld(t)
	bucket, id := w.waits(t, false)
	p := w.start(t)
	waiting := w.only(t)
	if r, err := p.Apply(t.Context(), w.request(bucket)); err != nil || r.ID != waiting.ID {
		t.Errorf("%+v, %v; want run %s, done", r, err, waiting.ID)
	}
	w.fixed(t, bucket, id)
	if r := w.ended(t, run.StatusVerified); r.Trigger != run.TriggerImported {
		t.Errorf("the run is by %s", r.Trigger)
	}
}
