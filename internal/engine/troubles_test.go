package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// TestClickOnAnAccountWithoutTheRole: the person learns at once what is missing.
func TestClickOnAnAccountWithoutTheRole(t *testing.T) {
	w := newWorld(t)
	w.distrust(t)
	b := w.bucket(t, nil)
	id := w.report(t, w.spec(b))
	p := w.start(t)
	p.handle(t, w.click(t, id))
	w.ended(t, run.StatusDenied)
	w.shows(t, id, hubtypes.WorkflowStatusNotified, "Nothing was changed",
		"To do: Deploy deploy/member.yaml into account "+w.member)
	told := p.told()
	if len(told) != 1 || told[0].Kind != notice.Denied || !strings.Contains(told[0].ToDo, "member.yaml") {
		t.Errorf("notices %+v", told)
	}
}

// TestBucketGone: before the run, or under its hands.
func TestBucketGone(t *testing.T) {
	tests := map[string]string{"before the run": "GetPublicAccessBlock", "before the write": "PutPublicAccessBlock"}
	for name, operation := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b := w.bucket(t, nil)
			id := w.report(t, w.spec(b))
			p := w.start(t, func(ctx context.Context, c call, do func(context.Context) error) error {
				if c.operation == operation {
					// It may be gone already: the look after the write is a read too.
					_, _ = w.S3(w.member).DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &b})
				}
				return do(ctx)
			})
			p.handle(t, w.imported(t, id))
			w.ended(t, run.StatusGone)
			w.shows(t, id, hubtypes.WorkflowStatusResolved, "no longer exists")
		})
	}
}

// TestTwoControlsOfOneBucket: they write to the same block, so one waits for the other.
func TestTwoControlsOfOneBucket(t *testing.T) {
	w := newWorld(t)
	b := w.bucket(t, nil)
	first, second := w.spec(b), w.spec(b)
	first.Control = "S3.2"
	ids := []string{w.report(t, first), w.report(t, second)}
	p := w.start(t)
	p.handle(t, w.imported(t, ids[0]), w.imported(t, ids[1]))
	states := map[run.State]int{}
	for _, r := range w.runs(t) {
		states[r.State]++
	}
	if states[run.StateClosed] != 1 || states[run.StateClaimed] != 1 {
		t.Fatalf("runs %v, want one done and one waiting", states)
	}
	w.clock.move(time.Minute)
	w.start(t).handle(t, sweep())
	for _, r := range w.runs(t) {
		if r.State != run.StateClosed {
			t.Errorf("run of %s is %s %s", r.Key.Control, r.State, r.Status)
		}
	}
	for _, id := range ids {
		w.shows(t, id, hubtypes.WorkflowStatusResolved)
	}
	if w.puts(b) != 1 || !w.blocked(t, b) || len(w.locks(t)) > 0 {
		t.Errorf("%d writes, flags %+v, locks %v", w.puts(b), w.flags(t, b), w.locks(t))
	}
}

// TestAttemptsAreCounted: what never works ends in front of a person, once.
func TestAttemptsAreCounted(t *testing.T) {
	w := newWorld(t)
	b := w.bucket(t, nil)
	id := w.report(t, w.spec(b))
	p := w.start(t)
	w.inject(t, lab.Fault{Service: "s3", Operation: "GetPublicAccessBlock", Error: lab.Fault500})
	p.handle(t, w.imported(t, id))
	tries := 1
	for ; w.only(t).State != run.StateClosed; tries++ {
		if tries > 20 {
			t.Fatal("it is tried for ever")
		}
		w.untouched(t, id)
		if told := p.told(); len(told) > 0 {
			t.Fatalf("told before the end: %+v", told)
		}
		w.clock.move(later)
		p.handle(t, sweep())
	}
	r := w.ended(t, run.StatusFailed)
	if !strings.Contains(r.Reason, "gave up after") {
		t.Errorf("reason %q does not say that it was tried often", r.Reason)
	}
	w.shows(t, id, hubtypes.WorkflowStatusNotified, "could not fix S3.8", "GetPublicAccessBlock", "Nothing was changed")
	w.clock.move(later)
	p.handle(t, sweep(), w.imported(t, id))
	told := p.told()
	if len(told) != 1 || told[0].Kind != notice.Failed || told[0].RunID != r.ID || len(w.runs(t)) != 1 {
		t.Errorf("notices %+v, %d runs: want to hear of it once", told, len(w.runs(t)))
	}
	if tries < 3 || w.puts(b) != 0 {
		t.Errorf("tried %d times, %d writes", tries, w.puts(b))
	}
}

func (w *world) inject(t *testing.T, f lab.Fault) {
	t.Helper()
	if err := w.Inject(f); err != nil {
		t.Fatal(err)
	}
}

// TestSecurityHubDown: the outcome is in the ledger, and the finding hears of it later.
func TestSecurityHubDown(t *testing.T) {
	w := newWorld(t)
	b := w.bucket(t, nil)
	id := w.report(t, w.spec(b))
	m := w.imported(t, id)
	w.inject(t, lab.Fault{Service: "securityhub", Operation: "BatchUpdateFindings", Error: lab.Fault500})
	w.start(t).handle(t, m)
	if r := w.only(t); r.State != run.StateRecorded || r.Status != run.StatusVerified || !w.blocked(t, b) {
		t.Errorf("run %s %s, flags %+v: want it proven and recorded", r.State, r.Status, w.flags(t, b))
	}
	w.untouched(t, id)
	w.clock.move(later)
	w.start(t).handle(t, sweep()) // still down
	if r := w.only(t); r.State != run.StateRecorded {
		t.Errorf("run %s", r.State)
	}
	w.ClearFaults()
	w.clock.move(later)
	p := w.start(t)
	p.handle(t, sweep())
	w.ended(t, run.StatusVerified)
	w.shows(t, id, hubtypes.WorkflowStatusResolved, "Salve fixed S3.8")
	if w.puts(b) != 1 {
		t.Errorf("%d writes, want 1", w.puts(b))
	}
}
