package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/wire"
)

// switches are the stops of the ledger, read at every decision.
type switches struct{ book ledger.Ledger }

func (s switches) Overlay(ctx context.Context) (gate.Overlay, error) {
	stored, err := s.book.Settings(ctx)
	return gate.Overlay{Stops: stored.Stops}, err
}

func (s switches) Trip(ctx context.Context, stop gate.Stop, now time.Time) (gate.Stop, error) {
	return s.book.Trip(ctx, stop, now)
}

// heeding starts a process that hears of stops.
func (w *world) heeding(t *testing.T) *process {
	t.Helper()
	p := w.start(t)
	p.Stops = switches{wire.Ledger(w.hub, w.settings)}
	return p
}

// stop is what a person does; control "" is everything, and no span is for good.
func (w *world) stop(t *testing.T, control, owner, reason string, span time.Duration) {
	t.Helper()
	s := gate.Stop{Control: control, Since: w.clock.Now(), Origin: gate.Origin{Owner: owner, Reason: reason}}
	if span > 0 {
		s.Expires = w.clock.Now().Add(span)
	}
	if err := wire.Ledger(w.hub, w.settings).Stop(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

// resume lifts a stop that must be there.
func (w *world) resume(t *testing.T, control string) {
	t.Helper()
	lifted, err := wire.Ledger(w.hub, w.settings).Resume(t.Context(), control, w.clock.Now())
	if err != nil || !lifted {
		t.Fatalf("lifted %q: %v, %v", control, lifted, err)
	}
}

// of is a finding of a control on a bucket.
func (w *world) of(t *testing.T, control, bucket string) string {
	t.Helper()
	spec := w.spec(bucket)
	spec.Control = control
	return w.report(t, spec)
}

// TestStopHolds: what is stopped is not touched, and nobody hears who did not
// ask; the rest goes on, and so does it after the stop.
func TestStopHolds(t *testing.T) {
	tests := map[string]struct {
		control string
		span    time.Duration
		other   bool // a finding of S3.2 is acted on
		end     func(w *world, t *testing.T)
	}{
		"a control, lifted": {"S3.8", 0, true, func(w *world, t *testing.T) { w.resume(t, "S3.8") }},
		"a control, by time": {
			"s3.8", time.Hour, true, func(w *world, _ *testing.T) { w.clock.move(time.Hour) },
		},
		"everything, lifted":  {"", 0, false, func(w *world, t *testing.T) { w.resume(t, "") }},
		"everything, by time": {"", time.Hour, false, func(w *world, _ *testing.T) { w.clock.move(time.Hour) }},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.heeding(t)
			b, other := w.bucket(t, nil), w.bucket(t, nil)
			id, second := w.of(t, "S3.8", b), w.of(t, "S3.2", other)
			w.stop(t, tc.control, "ada", "incident 7", tc.span)
			p.handle(t, w.imported(t, id))
			if runs := w.runs(t); len(runs) > 0 || w.blocked(t, b) {
				t.Errorf("acted: %+v", runs)
			}
			w.untouched(t, id)
			p.handle(t, w.imported(t, second))
			if got := w.blocked(t, other); got != tc.other {
				t.Errorf("the other control acted: %v, want %v", got, tc.other)
			}
			tc.end(w, t)
			p.handle(t, w.imported(t, id))
			w.says(t, id, hubtypes.WorkflowStatusResolved)
		})
	}
}

// TestClickMeetsAStop: who asked hears who stopped it, why, until when, and the
// way out, whatever somebody wrote as a reason.
func TestClickMeetsAStop(t *testing.T) {
	evil := strings.Repeat("\x1b[31m\u202e <b>`salve undo 1 --yes` ", 60)
	tests := map[string]struct {
		control, owner, reason string
		span                   time.Duration
		want                   []string
	}{
		"a control": {
			"S3.8", "ada", "incident 7", time.Hour,
			[]string{"ada stopped S3.8: incident 7.", "This holds until 20", "To do: salve resume S3.8"},
		},
		"everything": {"", "ada", "", 0, []string{"ada stopped everything.", "To do: salve resume"}},
		"nobody":     {"S3.8", "", "x", 0, []string{"somebody stopped S3.8: x.", "To do: salve resume S3.8"}},
		"hostile": {
			"S3.8", evil, evil, time.Hour, []string{"stopped S3.8: ", "This holds until 20", "To do: salve resume S3.8"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.heeding(t)
			b := w.bucket(t, nil)
			id := w.of(t, "S3.8", b)
			w.stop(t, tc.control, tc.owner, tc.reason, tc.span)
			p.handle(t, w.click(t, id))
			w.shows(t, id, hubtypes.WorkflowStatusNotified, tc.want...)
			note := *w.finding(t, id).Note.Text
			if len(note) > 512 || strings.ContainsAny(note, "\x1b\u202e") || w.blocked(t, b) || len(w.runs(t)) > 0 {
				t.Errorf("note %q (%d bytes), runs %+v", note, len(note), w.runs(t))
			}
		})
	}
}

// TestOperatorMeetsAStop: nothing is opened for him; looking and taking back work.
func TestOperatorMeetsAStop(t *testing.T) {
	w := newWorld(t)
	before := block(true, false, false, false)
	b := w.bucket(t, before)
	id := w.of(t, "S3.8", b)
	p := w.heeding(t)
	p.handle(t, w.imported(t, id))
	fix := w.only(t)
	req := w.wish(w.bucket(t, nil))
	for _, stopped := range []string{"S3.8", ""} {
		w.stop(t, stopped, "ada", "incident 7", time.Hour)
		w.refuses(t, p, req)
		if plan, err := p.Preview(t.Context(), req); err != nil || plan.Empty() {
			t.Errorf("plan while %q is stopped: %v %+v", stopped, err, plan)
		}
	}
	undo, err := p.Undo(t.Context(), fix.ID, "bob")
	if err != nil || undo.Status != run.StatusUndone {
		t.Fatalf("undo: %v %+v", err, undo)
	}
	w.flagged(t, b, before)
	w.resume(t, "")
	w.resume(t, "S3.8")
	if r, err := p.Apply(t.Context(), req); err != nil || r.Status != run.StatusVerified {
		t.Errorf("apply after the stop: %v %+v", err, r)
	}
}

// refuses expects that an operator gets no further than the ledger.
func (w *world) refuses(t *testing.T, p *process, req work.Request) {
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
	if called := w.beyondLedger(); len(called) > 0 {
		t.Errorf("called %v", called)
	}
}

// TestUndoUnderAStop: a run of the same work that waits and has written nothing
// gives way. It would have to wait for the end of the stop, and then come first.
func TestUndoUnderAStop(t *testing.T) {
	w := newWorld(t)
	p := w.heeding(t)
	before := block(true, false, false, false)
	b := w.bucket(t, before)
	id := w.of(t, "S3.8", b)
	p.handle(t, w.imported(t, id))
	fix := w.only(t)
	w.mark(t, id, hubtypes.WorkflowStatusNew)
	w.inject(t, lab.Fault{Service: "s3", Operation: "GetPublicAccessBlock", Error: lab.FaultThrottle})
	p.handle(t, w.imported(t, id))
	w.ClearFaults()
	if n := len(w.runs(t)); n != 2 {
		t.Fatalf("%d runs, want one that waits", n)
	}
	w.stop(t, "", "ada", "incident 7", 0)
	w.clock.move(later)
	p.handle(t, sweep())
	undo, err := p.Undo(t.Context(), fix.ID, "bob")
	if err != nil || undo.Status != run.StatusUndone {
		t.Fatalf("undo: %v %+v", err, undo)
	}
	w.flagged(t, b, before)
	w.shows(t, id, hubtypes.WorkflowStatusNew, "taken back by bob")
	for _, r := range w.runs(t) {
		waited := r.ID != fix.ID && r.ID != undo.ID
		if r.State != run.StateClosed || waited && !strings.Contains(r.Reason, "bob takes run "+fix.ID) {
			t.Errorf("run %s is %s %s: %s", r.ID, r.State, r.Status, r.Reason)
		}
	}
}

// TestStopAndBadParameters: nothing is asked before the stop is, not even whether
// the document makes sense.
func TestStopAndBadParameters(t *testing.T) {
	w := newWorld(t)
	p := w.heeding(t)
	b := w.bucket(t, nil)
	w.inject(t, lab.Fault{Service: "s3", Operation: "GetPublicAccessBlock", Error: lab.FaultThrottle})
	if r, err := p.Apply(t.Context(), w.wish(b)); err != nil || r.Status != run.StatusDeferred {
		t.Fatalf("%v %+v", err, r)
	}
	w.ClearFaults()
	w.stop(t, "", "ada", "incident", 0)
	w.config = gate.Config{Version: gate.Version, Controls: map[string]gate.Rule{
		"S3.8": {Mode: gate.Auto, Parameters: map[string]any{"nosuch": 1}},
	}}
	w.clock.move(later)
	p.handle(t, sweep())
	if w.blocked(t, b) {
		t.Error("the run acted while everything is stopped")
	}
}

// TestWaitingRunMeetsAStop: it goes on waiting however long that takes, leaves
// its resource to others meanwhile, and is taken up after the stop.
func TestWaitingRunMeetsAStop(t *testing.T) {
	for name, clicked := range map[string]bool{"imported": false, "clicked": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b, id := w.waits(t, clicked)
			tried := w.only(t).Attempts
			w.stop(t, "S3.8", "ada", "incident 7", 0)
			p := w.heeding(t)
			for range 30 { // more than a run may be begun
				w.clock.move(later)
				w.ClearCalls()
				p.handle(t, sweep())
				if called := w.beyondLedger(); len(called) > 0 {
					t.Fatalf("called %v", called)
				}
			}
			w.putOff(t, tried)
			if len(p.told()) > 0 {
				t.Errorf("told %+v", p.told())
			}
			w.says(t, id, hubtypes.WorkflowStatusNew)

			w.resume(t, "S3.8")
			w.clock.move(later)
			p.handle(t, sweep())
			w.fixed(t, b, id)
		})
	}
}

// putOff expects the one run to wait for a leave, after so many tries.
func (w *world) putOff(t *testing.T, tried int) {
	t.Helper()
	r := w.only(t)
	if r.State != run.StateClaimed || r.Status != run.StatusDeferred || r.Attempts != tried ||
		r.Reason != "ada stopped S3.8: incident 7" {
		t.Errorf("run is %s, %s after %d tries (%s), want %d", r.State, r.Status, r.Attempts, r.Reason, tried)
	}
	if wait := r.Due.Sub(w.clock.Now()); wait <= 0 || wait > 15*time.Minute {
		t.Errorf("due in %s", wait)
	}
	if locks := w.locks(t); len(locks) > 0 {
		t.Errorf("locks %v", locks)
	}
}

// beyondLedger are the calls to anything but the ledger and the queue.
func (w *world) beyondLedger() []string {
	var out []string
	for _, c := range w.Calls(0) {
		if c.Service != "dynamodb" && c.Service != "sqs" {
			out = append(out, c.Service+" "+c.Operation)
		}
	}
	return out
}

// TestOperatorsRunThatWaits: a stop holds it back like any other, unless it takes something back.
func TestOperatorsRunThatWaits(t *testing.T) {
	w := newWorld(t)
	p := w.heeding(t)
	before := block(true, false, false, false)
	b, other := w.bucket(t, before), w.bucket(t, nil)
	p.handle(t, w.imported(t, w.of(t, "S3.8", b)))
	fix := w.only(t)
	w.inject(t, lab.Fault{Service: "s3", Operation: "GetPublicAccessBlock", Error: lab.FaultThrottle})
	undo, err := p.Undo(t.Context(), fix.ID, "bob")
	if err != nil || undo.Status != run.StatusDeferred {
		t.Fatalf("undo: %v %+v", err, undo)
	}
	waits, err := p.Apply(t.Context(), w.wish(other))
	if err != nil || waits.Status != run.StatusDeferred {
		t.Fatalf("apply: %v %+v", err, waits)
	}
	w.ClearFaults()
	w.stop(t, "S3.8", "ada", "incident 7", 0)
	w.clock.move(later)
	p.handle(t, sweep())
	w.flagged(t, b, before)
	if r, err := p.Ledger.Get(t.Context(), waits.ID); err != nil || r.State != run.StateClaimed || w.blocked(t, other) {
		t.Errorf("run is %s, %s, %v", r.State, r.Status, err)
	}
	w.resume(t, "S3.8")
	w.clock.move(later)
	p.handle(t, sweep())
	if !w.blocked(t, other) {
		t.Error("not taken up after the stop")
	}
}

// wish is what an operator asks for: S3.8 on a bucket.
func (w *world) wish(bucket string) work.Request {
	return work.Request{
		Control: "S3.8", Scope: w.Region(), Actor: "bob",
		Target: control.Target{Account: w.member, Region: w.Region(), Partition: "aws", Resource: "arn:aws:s3:::" + bucket},
	}
}

// TestStoppedRunLeavesItsResource: another control may work on it meanwhile.
func TestStoppedRunLeavesItsResource(t *testing.T) {
	w := newWorld(t)
	b, id := w.waits(t, false)
	w.stop(t, "S3.8", "ada", "incident 7", 0)
	w.clock.move(later)
	p := w.heeding(t)
	p.handle(t, sweep())
	second := w.of(t, "S3.2", b)
	p.handle(t, w.imported(t, second))
	w.says(t, second, hubtypes.WorkflowStatusResolved)
	w.resume(t, "S3.8")
	w.clock.move(later)
	p.handle(t, sweep())
	w.says(t, id, hubtypes.WorkflowStatusResolved)
}

// TestBegunRunIsFinished: half a change is worse than either end of it.
func TestBegunRunIsFinished(t *testing.T) {
	w := newWorld(t)
	b := w.bucket(t, nil)
	id := w.of(t, "S3.8", b)
	w.inject(t, lab.Fault{Service: "s3", Operation: "PutPublicAccessBlock", Error: lab.FaultThrottle})
	w.start(t).handle(t, w.imported(t, id))
	w.ClearFaults()
	if r := w.only(t); r.State != run.StateApplying {
		t.Fatalf("run is %s", r.State)
	}
	w.stop(t, "", "ada", "incident 7", 0)
	w.clock.move(later)
	w.heeding(t).handle(t, sweep())
	w.fixed(t, b, id)
}

// TestStopsThatCannotBeRead: nobody acts on a guess.
func TestStopsThatCannotBeRead(t *testing.T) {
	w := newWorld(t)
	b := w.bucket(t, nil)
	id := w.of(t, "S3.8", b)
	p := w.heeding(t)
	w.inject(t, lab.Fault{Service: "dynamodb", Operation: "GetItem", Error: lab.Fault500})
	if failed := p.Handle(t.Context(), []engine.Message{w.imported(t, id), w.click(t, id)}); len(failed) != 2 {
		t.Errorf("%d messages come again, want 2", len(failed))
	}
	w.ClearFaults()
	if w.blocked(t, b) || len(w.runs(t)) > 0 {
		t.Error("acted")
	}
	w.untouched(t, id)
}
