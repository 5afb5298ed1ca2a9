package labtest

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/run"
)

// anew sets a finding back to NEW, as its member may.
func (w *world) anew(t *testing.T, id string) {
	t.Helper()
	f := w.finding(t, id)
	member := securityhub.NewFromConfig(w.Root(w.Members()[0]))
	out, err := member.BatchUpdateFindings(t.Context(), &securityhub.BatchUpdateFindingsInput{
		FindingIdentifiers: []hubtypes.AwsSecurityFindingIdentifier{{Id: f.Id, ProductArn: f.ProductArn}},
		Workflow:           &hubtypes.WorkflowUpdate{Status: hubtypes.WorkflowStatusNew},
	})
	if err != nil || len(out.UnprocessedFindings) > 0 {
		t.Fatal(err, out)
	}
}

// ledgerOnly counts the calls of the ledger, and expects none to a member, nor a session or a notice.
func (w *world) ledgerOnly(t *testing.T) map[string]int {
	t.Helper()
	calls := map[string]int{}
	for _, c := range w.Calls(0) {
		if c.Account == w.Members()[0] && c.Service != "securityhub" || c.Service == "sns" || c.Service == "sts" {
			t.Errorf("%s %s was called", c.Service, c.Operation)
		}
		if c.Service == "dynamodb" {
			calls[c.Operation]++
		}
	}
	return calls
}

// TestLoopOfAMember: a member sets its finding back to NEW with every event, sixty times in a minute. Three runs are
// begun and one waits; nothing but the ledger is called for the rest, and nobody is told. When the pause is over the
// finding is answered, once.
func TestLoopOfAMember(t *testing.T) {
	const events = 60
	w := newWorld(t)
	b := w.bucket(t, block(true, true, true, true))
	id := w.report(t, w.spec(b))
	p := w.start(t)
	for i := range events {
		if i == 10 {
			w.ClearCalls()
		}
		w.anew(t, id)
		p.handle(t, w.imported(t, id))
		w.clock.Move(time.Second)
	}
	calls := w.ledgerOnly(t)
	t.Logf("calls of the ledger for %d events: %v", events-10, calls)
	if n := calls["TransactWriteItems"] + calls["GetItem"] + calls["UpdateItem"]; n > 3*(events-10) {
		t.Errorf("%d calls of the ledger for %d events, want three each at most: %v", n, events-10, calls)
	}
	counts := map[run.Status]int{}
	for _, r := range w.runs(t) {
		counts[r.Status]++
	}
	if counts[run.StatusCompliant] != 3 || counts[run.StatusDeferred] != 1 || len(counts) != 2 {
		t.Errorf("%v for %d events, want three runs and one that waits", counts, events)
	}
	w.says(t, id, hubtypes.WorkflowStatusNew)
	w.clock.Move(5 * time.Minute)
	p.handle(t, enginetest.Sweep())
	w.says(t, id, hubtypes.WorkflowStatusResolved)
	if n := len(w.runs(t)); n != 4 {
		t.Errorf("%d runs, want four", n)
	}
}
