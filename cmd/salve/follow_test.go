package main

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/run"
)

// TestWhyParked: who waits for a runbook is not told that AWS is slow.
func TestWhyParked(t *testing.T) {
	for want, r := range map[string]*run.Run{
		"its runbook is at work":    {State: run.StateParked, Execution: &control.Execution{ID: "x"}},
		"does not show it yet":      {State: run.StateParked},
		"It waits for its approver": {State: run.StateParked, Reason: "It waits for its approver."},
	} {
		if got := why(r); !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
