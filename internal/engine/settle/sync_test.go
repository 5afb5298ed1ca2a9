package settle_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// TestSecurityHubDown: the outcome is in the ledger, and the finding shows it later.
func TestSecurityHubDown(t *testing.T) {
	w := enginetest.New(t)
	b := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(b))
	m := w.Imported(t, id)
	w.Fail("BatchUpdateFindings", enginetest.Down())
	w.Start().Handled(t, m)
	if r := w.Only(t); r.State != run.StateRecorded || r.Status != run.StatusVerified || !w.Blocked(b) {
		t.Errorf("run %s %s, flags %+v: want it proven and recorded", r.State, r.Status, w.Flags(b))
	}
	w.Untouched(t, id)
	w.Clock.Move(enginetest.Later)
	w.Start().Handled(t, enginetest.Sweep()) // still down
	if r := w.Only(t); r.State != run.StateRecorded {
		t.Errorf("run %s", r.State)
	}
	w.Heal()
	w.Clock.Move(enginetest.Later)
	p := w.Start()
	p.Handled(t, enginetest.Sweep())
	w.Ended(t, run.StatusVerified)
	w.Shows(t, id, finding.Resolved, "Salve fixed Store.3")
	if w.Puts(b) != 1 {
		t.Errorf("%d writes, want 1", w.Puts(b))
	}
}

// TestOldProofIsNotSaid: an outcome that Security Hub could not be told is
// proven again before it is.
func TestOldProofIsNotSaid(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	w.Fail("BatchUpdateFindings", enginetest.Throttled())
	p.Handled(t, w.Imported(t, id))
	w.Heal()
	if r := w.Only(t); r.State != run.StateRecorded {
		t.Fatalf("run is %s", r.State)
	}
	w.SetFlags(t, store, enginetest.Block(false, false, false, false))
	w.Clock.Move(enginetest.Later)
	w.Start().Handled(t, enginetest.Sweep())
	w.Says(t, id, finding.Notified)
	if r := w.Only(t); r.State != run.StateClosed || r.Status != run.StatusFailed {
		t.Errorf("run is %s, %s", r.State, r.Status)
	}
}

// TestFindingThatCannotBeTold: where Security Hub will never take the note, the
// resource is free in the end, and looks become rare before that.
func TestFindingThatCannotBeTold(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start(mutedHub)
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	p.Handled(t, w.Imported(t, id))
	sweeps := 0
	for w.Only(t).State != run.StateClosed {
		if sweeps++; sweeps > 20 {
			t.Fatalf("after %d hours the run is %s and keeps %v", sweeps, w.Only(t).State, w.Ledger.Locks())
		}
		w.Clock.Move(time.Hour)
		w.Start(mutedHub).Handled(t, enginetest.Sweep())
	}
	if locks := w.Ledger.Locks(); len(locks) > 0 || !w.Blocked(store) {
		t.Errorf("locks left: %v", locks)
	}
	w.Says(t, id, finding.New)
}

// mutedHub is a Security Hub that takes no updates from us.
func mutedHub(_ context.Context, c enginetest.Call) error {
	if c.Operation == "BatchUpdateFindings" {
		return &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "not by you"}
	}
	return nil
}

// TestBatchSharesItsCalls: runs of one invocation with the same story share
// their note, so that one call says it on all findings and one closes them.
func TestBatchSharesItsCalls(t *testing.T) {
	const findings = 10
	w := enginetest.New(t)
	p := w.Start()
	p.Batch, p.Digest = run.NewID(w.Clock.Now()), 5*time.Minute // as in the function
	var ids []string
	var batch []engine.Message
	for range findings {
		id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
		ids = append(ids, id)
		batch = append(batch, w.Imported(t, id))
	}
	w.ClearCalls()
	p.Handled(t, batch...)

	counts := map[string]int{}
	for _, c := range w.Calls() {
		counts[c.Operation]++
	}
	if counts["BatchUpdateFindings"] != 1 || counts["AssumeRole"] != findings {
		t.Errorf("calls %v", counts)
	}
	// Claim, AssumeRole, read, Save, write, verify: six each; one update, one Close and, of the account's share, one
	// block for all.
	if n, most := len(w.Calls()), 6*findings+3; n > most {
		t.Errorf("%d calls for %d findings, want at most %d: %v", n, findings, most, counts)
	}
	for _, id := range ids {
		w.Says(t, id, finding.Resolved)
		if note := w.Finding(t, id).Note.Text; !strings.Contains(note, "salve undo "+p.Batch+" --resource ARN --yes") {
			t.Errorf("note %q", note)
		}
	}
	for _, r := range w.Runs() {
		if run.Batch(r.ID) != p.Batch || r.State != run.StateClosed {
			t.Errorf("run %s is %s", r.ID, r.State)
		}
	}
}

// TestOneOfABatch: a run alone with its story is named by its own id.
func TestOneOfABatch(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	p.Batch = run.NewID(w.Clock.Now())
	id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
	p.Handled(t, w.Imported(t, id))
	r := w.Only(t)
	if note := w.Finding(t, id).Note.Text; !strings.Contains(note, "salve undo "+r.ID+" --yes") {
		t.Errorf("note %q of run %s", note, r.ID)
	}
}
