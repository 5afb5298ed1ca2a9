package engine_test

import (
	"testing"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// TestStartedHasNoSlot: what was started goes on without a process, and keeps nobody from writing meanwhile.
func TestStartedHasNoSlot(t *testing.T) {
	w, store, id, m := triggers()[0].scene(t)
	one := 1
	w.Config.Limits = &gate.Limits{AtOncePerAccountAndRegion: &one}
	a := automated(w)
	p := a.on(t, w.Start())
	p.Handled(t, m)
	if r := w.Only(t); r.State != run.StateParked {
		t.Fatalf("run is %s (%s)", r.State, r.Reason)
	}
	if s, err := w.Ledger.Slots(t.Context(), enginetest.Member, enginetest.Region); err != nil || len(s.List) > 0 {
		t.Errorf("slots %+v, %v", s.List, err)
	}
	w.Clock.Move(a.takes)
	p.Handled(t, enginetest.Sweep())
	a.over(t, store, id)
}
