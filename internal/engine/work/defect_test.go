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
	good, _ := p.Controls.Get("Store.1")
	bad, _ := p.Controls.Get("Store.3")
	registry, err := control.NewRegistry(good, control.Of[lazyState]{
		Info: bad.Info,
		Read: func(context.Context, control.Env) (lazyState, error) {
			var nothing *lazyState
			return *nothing, nil
		},
		Want:  func(lazyState, control.Env) (lazyState, error) { return lazyState{On: true}, nil },
		Write: func(context.Context, control.Env, lazyState, lazyState) error { return nil },
	}.Control())
	if err != nil {
		t.Fatal(err)
	}
	p.Controls = registry
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
