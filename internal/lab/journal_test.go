package lab

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// TestJournalKnowsHowLongCallsTake: figures say how much of a run is the emulators' time.
func TestJournalKnowsHowLongCallsTake(t *testing.T) {
	l := fresh(t)
	l.ClearCalls()
	began := time.Now()
	_, err := sts.NewFromConfig(once(l, l.Hub())).GetCallerIdentity(t.Context(), nil)
	must(t, err)
	longest := time.Since(began)
	calls := l.Calls(0)
	if len(calls) != 1 {
		t.Fatalf("%d calls, want 1", len(calls))
	}
	if took := calls[0].Took; took <= 0 || took > longest {
		t.Errorf("the call took %v, the client waited %v", took, longest)
	}
}
