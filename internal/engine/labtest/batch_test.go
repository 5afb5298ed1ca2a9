package labtest

import (
	"strings"
	"testing"
	"time"

	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/run"
)

// TestBatchSharesItsCalls: runs of one invocation with the same story share
// their note, so that one call says it on all findings and one closes them.
func TestBatchSharesItsCalls(t *testing.T) {
	const findings = 10
	w := newWorld(t)
	p := w.start(t)
	p.Batch, p.Digest = run.NewID(w.clock.Now()), 5*time.Minute // as in the function
	var ids []string
	var batch []engine.Message
	for range findings {
		id := w.report(t, w.spec(w.bucket(t, nil)))
		ids = append(ids, id)
		batch = append(batch, w.imported(t, id))
	}
	w.ClearCalls()
	p.handle(t, batch...)

	counts := map[string]int{}
	for _, c := range w.Calls(0) {
		counts[c.Operation]++
	}
	if counts["BatchUpdateFindings"] != 1 || counts["AssumeRole"] != findings {
		t.Errorf("calls %v", counts)
	}
	// claim, AssumeRole, read, store, write, verify, record: seven each; one update, one close for all.
	if n, most := len(w.Calls(0)), 7*findings+2; n > most {
		t.Errorf("%d calls for %d findings, want at most %d: %v", n, findings, most, counts)
	}
	for _, id := range ids {
		w.says(t, id, hubtypes.WorkflowStatusResolved)
		if note := *w.finding(t, id).Note.Text; !strings.Contains(note, "salve undo "+p.Batch+" --resource ARN --yes") {
			t.Errorf("note %q", note)
		}
	}
	for _, r := range w.runs(t) {
		if run.Batch(r.ID) != p.Batch || r.State != run.StateClosed {
			t.Errorf("run %s is %s", r.ID, r.State)
		}
	}
}
