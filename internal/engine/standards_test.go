package engine_test

import (
	"testing"

	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/run"
)

// threeStandards reports one bucket as three standards do while consolidated findings are off.
func (w *world) threeStandards(t *testing.T, bucket string) []string {
	t.Helper()
	var ids []string
	for _, s := range []struct{ standard, id string }{
		{"fsbp-1.0.0", "S3.8"}, {"cis-3.0.0", "2.1.4.2"}, {"pci-4.0.1", "S3.8"},
	} {
		spec := w.spec(bucket)
		spec.Consolidated, spec.Standard, spec.StandardControlID = false, s.standard, s.id
		ids = append(ids, w.report(t, spec))
	}
	return ids
}

// TestThreeStandardsOneFix: what three standards say of one bucket is one piece
// of work, and all three hear of its end.
func TestThreeStandardsOneFix(t *testing.T) {
	tests := map[string]struct {
		give func(t *testing.T, w *world, p *process, messages []engine.Message)
		runs int
	}{
		"in one batch": {
			give: func(t *testing.T, _ *world, p *process, messages []engine.Message) { p.handle(t, messages...) },
			runs: 1,
		},
		"one after another": {
			give: func(t *testing.T, _ *world, p *process, messages []engine.Message) {
				for _, m := range messages {
					p.handle(t, m)
				}
			},
			runs: 3,
		},
		"one after another, each to a process of its own": {
			give: func(t *testing.T, w *world, _ *process, messages []engine.Message) {
				for _, m := range messages {
					w.start(t).handle(t, m)
				}
			},
			runs: 3,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b := w.bucket(t, block(false, true, false, true))
			ids := w.threeStandards(t, b)
			var messages []engine.Message
			for _, id := range ids {
				messages = append(messages, w.imported(t, id))
			}
			tc.give(t, w, w.start(t), messages)

			if n := w.puts(b); n != 1 || !w.blocked(t, b) {
				t.Errorf("%d writes, flags %+v: want one write", n, w.flags(t, b))
			}
			for _, id := range ids {
				w.shows(t, id, hubtypes.WorkflowStatusResolved, "S3.8")
			}
			w.fixedOnce(t, tc.runs)
		})
	}
}

// fixedOnce expects a number of closed runs, one of which changed something; the
// others found it done and say by whom.
func (w *world) fixedOnce(t *testing.T, n int) {
	t.Helper()
	runs := w.runs(t)
	var fix *run.Run
	for _, r := range runs {
		if r.Status == run.StatusVerified {
			if fix != nil {
				t.Errorf("runs %s and %s both say they fixed it", fix.ID, r.ID)
			}
			fix = r
		}
	}
	if len(runs) != n || fix == nil {
		t.Fatalf("%d runs, the fix is %v; want %d runs and one fix", len(runs), fix, n)
	}
	for _, r := range runs {
		if r.State != run.StateClosed || r != fix && (r.Status != run.StatusCompliant || r.Previous != fix.ID) {
			t.Errorf("run %s is %s %s and names %q as the fix", r.ID, r.State, r.Status, r.Previous)
		}
	}
}
