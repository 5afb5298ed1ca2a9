package audit_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
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
