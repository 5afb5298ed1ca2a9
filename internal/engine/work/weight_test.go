package work_test

import (
	"context"
	"encoding/json"
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

// TestLookTooLargeToKeep: what somebody else has put there meanwhile may be of any
// size. The run keeps its plan, and people hear that it did not hold.
func TestLookTooLargeToKeep(t *testing.T) {
	w := enginetest.New(t)
	now := text{strings.Repeat("x", 100<<10)}
	p := enginetest.Instead(t, w.Start(), control.Of[text]{
		Info: enginetest.Declared(t, "Store.3"),
		Read: func(context.Context, control.Env) (text, error) { return now, nil },
		Want: func(text, control.Env) (text, error) { return text{}, nil },
		Write: func(context.Context, control.Env, text, text) error {
			now = text{strings.Repeat("y", 800<<10)}
			return nil
		},
	})
	p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))))
	r := w.Ended(t, run.StatusUnverified)
	if size, err := r.Weight(); err != nil || size > 200<<10 {
		t.Errorf("the run has %d bytes, %v", size, err)
	}
	if len(r.Changes()) != 1 || r.Changes()[0].From == nil {
		t.Error("the plan was lost")
	}
	for _, l := range p.Audited() {
		if raw, err := json.Marshal(l); err != nil || len(raw) > 256<<10 {
			t.Errorf("an audit line of %d bytes, %v", len(raw), err)
		}
	}
}
