package labtest

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/run"
)

// shows expects a finding's workflow status and parts of its note.
func (w *world) shows(t *testing.T, id string, status hubtypes.WorkflowStatus, parts ...string) {
	t.Helper()
	f := w.finding(t, id)
	note := ""
	if f.Note != nil {
		note = aws.ToString(f.Note.Text)
	}
	if f.Workflow.Status != status {
		t.Errorf("finding is %s, want %s; note %q", f.Workflow.Status, status, note)
	}
	for _, part := range parts {
		if !strings.Contains(note, part) {
			t.Errorf("note %q does not say %q", note, part)
		}
	}
}

// untouched expects a finding as Security Hub wrote it.
func (w *world) untouched(t *testing.T, id string) {
	t.Helper()
	if f := w.finding(t, id); f.Workflow.Status != hubtypes.WorkflowStatusNew || f.Note != nil {
		t.Errorf("finding is %s with note %+v, want it left alone", f.Workflow.Status, f.Note)
	}
}

// silent expects that nothing was written anywhere since the journal was cleared.
func (w *world) silent(t *testing.T) {
	t.Helper()
	for _, e := range w.Calls(0) {
		if e.Write && strings.Contains(e.Principal, ":assumed-role/") {
			t.Errorf("%s %s was called on %s", e.Service, e.Operation, e.Resource)
		}
	}
	if n := len(w.items(t)); n > 0 {
		t.Errorf("%d items in the ledger, want none", n)
	}
}

// ended expects the one run there is to be closed with a status.
func (w *world) ended(t *testing.T, status run.Status) *run.Run {
	t.Helper()
	r := w.only(t)
	if r.State != run.StateClosed || r.Status != status {
		t.Fatalf("run is %s %s (%s), want closed %s", r.State, r.Status, r.Reason, status)
	}
	if locks := w.locks(t); len(locks) > 0 {
		t.Errorf("locks left: %v", locks)
	}
	return r
}
