package engine_test

import (
	"context"
	"testing"
	"time"

	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/wire"
)

// waits makes a run of S3.8 that AWS throttled before it read anything.
func (w *world) waits(t *testing.T, clicked bool) (bucket, id string) {
	t.Helper()
	bucket = w.bucket(t, nil)
	id = w.report(t, w.spec(bucket))
	m := w.imported(t, id)
	if clicked {
		m = w.click(t, id)
	}
	w.inject(t, lab.Fault{Service: "s3", Operation: "GetPublicAccessBlock", Error: lab.FaultThrottle})
	w.start(t).handle(t, m)
	w.ClearFaults()
	if r := w.only(t); r.Status != run.StatusDeferred {
		t.Fatalf("run is %s, want it to wait", r.Status)
	}
	return bucket, id
}

// keepOff holds S3.8 off a bucket.
func (w *world) keepOff(t *testing.T, bucket string) {
	t.Helper()
	key := run.Key{
		Account: w.member, Scope: w.Region(), Control: "S3.8", Resource: "arn:aws:s3:::" + bucket,
	}
	err := wire.Ledger(w.hub, w.settings).KeepOff(t.Context(), key, run.Hold{
		Until: w.clock.Now().Add(7 * 24 * time.Hour), By: "alice", Reason: "run r1 was taken back",
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWaitingRunAsksAgain: a run that waited acts only if it still may. What
// people decided meanwhile counts, and what they wrote on findings stays.
func TestWaitingRunAsksAgain(t *testing.T) {
	exception := gate.Exception{
		Control: "S3.8", Resource: "*", Reason: "static site", Owner: "web@example.org",
		Expires: gate.Date{Day: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)},
	}
	tests := map[string]struct {
		clicked   bool
		meanwhile func(w *world, bucket, id string)
		acts      bool
		workflow  hubtypes.WorkflowStatus
	}{
		"nothing":            {false, func(*world, string, string) {}, true, "RESOLVED"},
		"switched to manual": {false, func(w *world, _, _ string) { w.config = modes(gate.Manual) }, false, "NEW"},
		"switched off":       {false, func(w *world, _, _ string) { w.config = modes(gate.Off) }, false, "NEW"},
		"switched off after a click": {
			true, func(w *world, _, _ string) { w.config = modes(gate.Off) }, false, "NOTIFIED",
		},
		"only a plan now": {false, func(w *world, _, _ string) { w.config = modes(gate.Plan) }, false, "NEW"},
		"an approval now": {false, func(w *world, _, _ string) { w.config = modes(gate.Approve) }, false, "NOTIFIED"},
		"an exception": {
			false, func(w *world, _, _ string) { w.config.Exceptions = []gate.Exception{exception} }, false, "NEW",
		},
		"held by an undo of a sibling": {
			false, func(w *world, bucket, _ string) { w.keepOff(t, bucket) }, false, "NEW",
		},
		"held after a click": {
			true, func(w *world, bucket, _ string) { w.keepOff(t, bucket) }, false, "NOTIFIED",
		},
		"suppressed": {
			false, func(w *world, _, id string) { w.mark(t, id, "SUPPRESSED") }, false, "SUPPRESSED",
		},
		"suppressed after a click": {
			true, func(w *world, _, id string) { w.mark(t, id, "SUPPRESSED") }, false, "SUPPRESSED",
		},
		"archived": {
			false, func(w *world, bucket, _ string) {
				spec := w.spec(bucket)
				spec.RecordState, spec.At = "ARCHIVED", time.Now().Add(time.Second)
				w.report(t, spec)
			}, false, "NEW",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			bucket, id := w.waits(t, tt.clicked)
			tt.meanwhile(w, bucket, id)
			w.clock.move(later)
			w.start(t).handle(t, sweep())
			if got := w.blocked(t, bucket); got != tt.acts {
				t.Errorf("acted: %v, want %v", got, tt.acts)
			}
			w.says(t, id, tt.workflow)
			if r := w.only(t); r.State != run.StateClosed || len(w.locks(t)) > 0 {
				t.Errorf("run is %s, %s; locks %v", r.State, r.Status, w.locks(t))
			}
		})
	}
}

// TestOldProofIsNotSaid: an outcome that Security Hub could not be told is
// proven again before it is.
func TestOldProofIsNotSaid(t *testing.T) {
	w := newWorld(t)
	p := w.start(t)
	bucket := w.bucket(t, nil)
	id := w.report(t, w.spec(bucket))
	w.inject(t, lab.Fault{Service: "securityhub", Operation: "BatchUpdateFindings", Error: lab.FaultThrottle})
	p.handle(t, w.imported(t, id))
	w.ClearFaults()
	if r := w.only(t); r.State != run.StateRecorded {
		t.Fatalf("run is %s", r.State)
	}
	w.setFlags(t, bucket, block(false, false, false, false))
	w.clock.move(later)
	w.start(t).handle(t, sweep())
	w.says(t, id, hubtypes.WorkflowStatusNotified)
	if r := w.only(t); r.State != run.StateClosed || r.Status != run.StatusRefused {
		t.Errorf("run is %s, %s", r.State, r.Status)
	}
}

// TestFindingThatCannotBeTold: where Security Hub will never take the note, the
// resource is free in the end, and looks become rare before that.
func TestFindingThatCannotBeTold(t *testing.T) {
	w := newWorld(t)
	p := w.start(t, mutedHub)
	bucket := w.bucket(t, nil)
	id := w.report(t, w.spec(bucket))
	p.handle(t, w.imported(t, id))
	sweeps := 0
	for w.only(t).State != run.StateClosed {
		if sweeps++; sweeps > 20 {
			t.Fatalf("after %d hours the run is %s and keeps %v", sweeps, w.only(t).State, w.locks(t))
		}
		w.clock.move(time.Hour)
		w.start(t, mutedHub).handle(t, sweep())
	}
	if locks := w.locks(t); len(locks) > 0 || !w.blocked(t, bucket) {
		t.Errorf("locks left: %v", locks)
	}
	w.says(t, id, hubtypes.WorkflowStatusNew)
}

// mutedHub is a Security Hub that takes no updates from us.
func mutedHub(ctx context.Context, c call, do func(context.Context) error) error {
	if c.operation == "BatchUpdateFindings" {
		return &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "not by you"}
	}
	return do(ctx)
}

// TestDefectOfAPlaybook: a playbook that breaks is a failed run, told and over;
// the other findings of the batch do not notice.
func TestDefectOfAPlaybook(t *testing.T) {
	w := newWorld(t)
	p := w.start(t)
	good, _ := p.Controls.Get("S3.2")
	bad, _ := p.Controls.Get("S3.8")
	bad.State = "" // is not what S3.2 writes
	registry, err := control.NewRegistry(nil, good, control.Of[lazyState]{
		Info: bad.Info,
		Read: func(context.Context, control.Env) (lazyState, error) {
			var nothing *lazyState
			return *nothing, nil
		},
		Want:  func(lazyState, control.Env) (lazyState, error) { return lazyState{On: true}, nil },
		Write: func(context.Context, control.Env, lazyState, lazyState) error { return nil },
	}.Control())
	if err != nil {
		t.Fatal(err)
	}
	p.Controls = registry
	one, other := w.bucket(t, nil), w.bucket(t, nil)
	broken, spec := w.report(t, w.spec(one)), w.spec(other)
	spec.Control = "S3.2"
	fine := w.report(t, spec)
	p.handle(t, w.imported(t, broken), w.imported(t, fine))
	w.says(t, broken, hubtypes.WorkflowStatusNotified)
	w.says(t, fine, hubtypes.WorkflowStatusResolved)
	if locks := w.locks(t); len(locks) > 0 || !w.blocked(t, other) {
		t.Errorf("locks left: %v", locks)
	}
}

// TestLaterRunSpeaksForTheWork: what Security Hub says after a second fix is
// not held against the first.
func TestLaterRunSpeaksForTheWork(t *testing.T) {
	w := newWorld(t)
	p := w.start(t)
	bucket := w.bucket(t, nil)
	spec := w.spec(bucket)
	spec.At = w.clock.Now()
	id := w.report(t, spec)
	p.handle(t, w.imported(t, id))
	w.clock.move(30 * time.Hour)
	w.setFlags(t, bucket, block(false, false, false, false))
	spec.At = w.clock.Now()
	w.report(t, spec)
	w.mark(t, id, hubtypes.WorkflowStatusNew)
	w.clock.move(time.Minute)
	p.handle(t, w.imported(t, id))
	w.clock.move(7 * time.Hour)
	p.handle(t, sweep())
	w.clock.move(time.Minute)
	p.handle(t, sweep())
	w.says(t, id, hubtypes.WorkflowStatusResolved)
	said := map[run.Confirmed]int{}
	for _, r := range w.runs(t) {
		said[r.Confirmed]++
	}
	if said[run.ConfirmedLater] != 1 || said[""] != 1 {
		t.Errorf("confirmed: %v", said)
	}
}
