package work_test

import (
	"context"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// text is a resource of one long text.
type text struct{ Long string }

// heavy makes Store.3 a control that takes away a text of so many bytes, and counts its writes.
func heavy(t *testing.T, p *enginetest.Process, bytes int, writes *int) *enginetest.Process {
	t.Helper()
	now := text{strings.Repeat("x", bytes)}
	return enginetest.Instead(t, p, control.Of[text]{
		Info: enginetest.Declared(t, "Store.3"),
		Read: func(context.Context, control.Env) (text, error) { return now, nil },
		Want: func(text, control.Env) (text, error) { return text{}, nil },
		Write: func(_ context.Context, _ control.Env, _, to text) error {
			*writes++
			now = to
			return nil
		},
	})
}

// TestPlanTooLargeToKeep: what cannot be stored is not begun. It is refused at
// once, with the reason, in whatever mode, and the ledger has nothing of it.
func TestPlanTooLargeToKeep(t *testing.T) {
	tests := map[string]struct {
		bytes  int
		mode   gate.Mode
		status run.Status
		writes int
	}{
		"800 KB":             {800 << 10, gate.Auto, run.StatusRefused, 0},
		"800 KB, only shown": {800 << 10, gate.Plan, run.StatusRefused, 0},
		"800 KB, to approve": {800 << 10, gate.Approve, run.StatusRefused, 0},
		"just too much":      {run.MaxWeight, gate.Auto, run.StatusRefused, 0},
		"fits":               {run.MaxWeight - 8<<10, gate.Auto, run.StatusVerified, 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			w.Config = enginetest.Modes(tc.mode)
			writes := 0
			p := heavy(t, w.Start(), tc.bytes, &writes)
			id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
			p.Handled(t, w.Imported(t, id))
			r := w.Ended(t, tc.status)
			if writes != tc.writes || r.Attempts > 0 {
				t.Errorf("%d writes, want %d; %d attempts", writes, tc.writes, r.Attempts)
			}
			if tc.status != run.StatusRefused {
				return
			}
			w.Shows(t, id, finding.Notified, "Salve can keep 160 KB of a run")
			if r.Plan != nil {
				t.Error("the plan was stored")
			}
		})
	}
}
