package ledger_test

import (
	"fmt"
	"testing"

	"github.com/salve-security/salve/internal/ledger/ledgertest"
	"github.com/salve-security/salve/internal/run"
)

func TestCloseTogetherIsCheap(t *testing.T) {
	var runs []*run.Run
	for i := range 40 {
		r := ledgertest.Work(t, "S3.8", fmt.Sprint(i), "one", "f1")
		bench().MustClaim(t, r, ledgertest.Ask("e-f1", 0), run.Claimed)
		r.State, r.Status, r.Finished = run.StateRecorded, run.StatusVerified, ledgertest.Began()
		runs = append(runs, r)
	}
	world.ClearCalls()
	if failed, err := open().Close(t.Context(), runs); err != nil || len(failed) > 0 {
		t.Fatalf("%v, %v", err, failed)
	}
	n := 0
	for _, c := range world.Calls(0) {
		if c.Service == "dynamodb" {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d calls for 40 runs, want 2", n)
	}
	// The answer to a transaction may be lost; closing again is then no failure.
	if failed, err := open().Close(t.Context(), runs[:2]); err != nil || len(failed) > 0 {
		t.Errorf("closed twice: %v, %v", err, failed)
	}
}
