package work

import (
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/run"
)

// TestEveryReasonWhyNothingIsTakenBack: a bucket that holds logs is no reason why a recorder goes on.
func TestEveryReasonWhyNothingIsTakenBack(t *testing.T) {
	r := &run.Run{State: run.StateClosed, Status: run.StatusVerified, BeforeHash: "b", AfterHash: "a"}
	r.Plan = &control.Plan{Changes: []control.Change{
		{Path: "Bucket", To: true, Stays: "it holds logs"},
		{Path: "On", To: true, Stays: "others need what is recorded"},
		{Path: "Recorder", To: true, Stays: "others need what is recorded"},
	}}
	if why := whyNot(r); why != "it is one way: it holds logs; others need what is recorded" {
		t.Errorf("undo says: %s", why)
	}
}
