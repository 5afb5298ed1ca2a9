package labtest

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// fixed proves that a bucket and its findings are where one undisturbed run
// leaves them: fixed by one write, said on every finding, nothing held or open.
func (w *world) fixed(t *testing.T, bucket string, findings ...string) {
	t.Helper()
	if n := w.puts(bucket); n != 1 {
		t.Errorf("%d writes to the bucket, want 1", n)
	}
	w.settled(t, bucket, findings...)
}

// settled is fixed, however many writes that took.
func (w *world) settled(t *testing.T, bucket string, findings ...string) {
	t.Helper()
	if !w.blocked(t, bucket) {
		t.Errorf("bucket is open: %+v", w.flags(t, bucket))
	}
	for _, id := range findings {
		w.says(t, id, hubtypes.WorkflowStatusResolved)
	}
	r := w.only(t)
	if r.State != run.StateClosed || r.Status != run.StatusVerified {
		t.Errorf("run is %s, %s (%s)", r.State, r.Status, r.Reason)
	}
	if len(r.Findings) != len(findings) {
		t.Errorf("run knows %d findings, want %d", len(r.Findings), len(findings))
	}
	if locks := w.locks(t); len(locks) > 0 {
		t.Errorf("locks left: %v", locks)
	}
}

// says checks a finding's workflow status. A finding that is not NEW any more
// says why.
func (w *world) says(t *testing.T, id string, want hubtypes.WorkflowStatus) {
	t.Helper()
	f := w.finding(t, id)
	if f.Workflow == nil || f.Workflow.Status != want {
		t.Errorf("workflow of %s: %+v, want %s", id, f.Workflow, want)
	}
	if want != hubtypes.WorkflowStatusNew && want != hubtypes.WorkflowStatusSuppressed && f.Note == nil {
		t.Errorf("finding %s is %s without a note", id, want)
	}
}

// flagged checks a bucket's public access block, to the flag.
func (w *world) flagged(t *testing.T, bucket string, want *types.PublicAccessBlockConfiguration) {
	t.Helper()
	unexported := cmpopts.IgnoreUnexported(types.PublicAccessBlockConfiguration{})
	if diff := cmp.Diff(want, w.flags(t, bucket), unexported); diff != "" {
		t.Error(diff)
	}
}

// undone proves that a process can put back exactly what there was.
func (w *world) undone(t *testing.T, p *process, bucket string, before *types.PublicAccessBlockConfiguration) {
	t.Helper()
	r, err := p.Undo(t.Context(), w.only(t).ID, "tester")
	if err != nil || r.Status != run.StatusUndone {
		t.Errorf("undo: %v %+v", err, r)
	}
	w.flagged(t, bucket, before)
}

// fixes counts notices that something was fixed.
func fixes(processes ...*process) int {
	fixed := 0
	for _, p := range processes {
		for _, n := range p.told() {
			if n.Kind == notice.Fixed {
				fixed++
			}
		}
	}
	return fixed
}
