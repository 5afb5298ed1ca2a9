package audit_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/report"
	"github.com/salve-security/salve/internal/run"
)

// TestLine: a line has its version, UTC, the paths that people read, and nothing that could steer a terminal.
func TestLine(t *testing.T) {
	raw, err := json.Marshal(audit.Line{
		Time: time.Date(2026, 7, 1, 2, 0, 0, 0, time.FixedZone("east", 7200)), Event: audit.Finished, Reason: "a\u202eb",
		Changes: []control.Change{{Path: "Rules/in 0.0.0.0~10", From: nil, To: true, Stays: "it does"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"version":1,"time":"2026-07-01T00:00:00Z","event":"finished","reason":"a\u202eb",` +
		`"changes":[{"path":"Rules.in 0.0.0.0/0","from":null,"to":true,"stays":"undo leaves it: it does"}]}`
	if d := cmp.Diff(want, string(raw)); d != "" {
		t.Error(d)
	}
	if raw, err = json.Marshal(audit.Line{Event: audit.Dropped}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(`{"version":1,"time":"0001-01-01T00:00:00Z","event":"unknown event dropped"}`, string(raw)); d != "" {
		t.Error(d)
	}
}

// TestLineOfARunbook: a line names what was to be started and what was, and leaves the steps to the run.
func TestLineOfARunbook(t *testing.T) {
	r := &run.Run{
		ID: "r1", Plan: &control.Plan{Runbook: &control.Runbook{Document: "Salve-Block", Version: "2", Content: "c0ffee"}},
		Execution: &control.Execution{ID: "x", Status: "Success", Steps: []control.Step{{Name: "Close"}}},
	}
	var got audit.Line
	audit.Log(func(_ context.Context, line audit.Line) { got = line }).Run(t.Context(), time.Now(), audit.Finished, r, nil)
	if d := cmp.Diff(r.Plan.Runbook, got.Runbook); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(&report.Execution{ID: "x", Status: "Success"}, got.Execution); d != "" {
		t.Error(d)
	}
	if len(r.Execution.Steps) != 1 {
		t.Error("the run lost its steps")
	}
}
