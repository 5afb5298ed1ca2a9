package work_test

import (
	"context"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
)

// TestDefectOfAPlaybook: a playbook that breaks is a failed run, told and over;
// the other findings of the batch do not notice.
func TestDefectOfAPlaybook(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	enginetest.Instead(t, p, enginetest.Switched(func(context.Context, control.Env) (enginetest.Switch, error) {
		var nothing *enginetest.Switch
		return *nothing, nil
	}, nil), "Store.1")
	one, other := w.Store(t, nil), w.Store(t, nil)
	broken, spec := w.Report(t, enginetest.Spec(one)), enginetest.Spec(other)
	spec.Control = "Store.1"
	fine := w.Report(t, spec)
	p.Handled(t, w.Imported(t, broken), w.Imported(t, fine))
	w.Says(t, broken, finding.Notified)
	w.Says(t, fine, finding.Resolved)
	if locks := w.Ledger.Locks(); len(locks) > 0 || !w.Blocked(other) {
		t.Errorf("locks left: %v", locks)
	}
}
