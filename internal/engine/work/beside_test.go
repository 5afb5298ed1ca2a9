package work_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/run"
)

// emptied has Door.1 take all rules of a door away, and returns the run.
func emptied(t *testing.T, p *enginetest.Process, door control.Target) *run.Run {
	t.Helper()
	r, err := p.Apply(t.Context(), work.Request{Control: "Door.1", Actor: "alice", Scope: enginetest.Region, Target: door})
	if err != nil || r.Status != run.StatusVerified {
		t.Fatalf("apply %+v, %v", r, err)
	}
	return r
}

// TestUndoNamesWhatItOpens: Door.2 looks at the same door with a state of its
// own. It is read before and after, named, and not held: the door is open.
func TestUndoNamesWhatItOpens(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	door := w.Door(t)
	fixed := emptied(t, p, door)
	undo, err := p.Undo(t.Context(), fixed.ID, "alice")
	if err != nil || undo.Status != run.StatusUndone || !slices.Equal(undo.Lost, []string{"Door.2"}) ||
		!strings.Contains(undo.Reason, "not on hold: Door.2") {
		t.Fatalf("undo %+v, %v", undo, err)
	}
	if again, err := p.Apply(t.Context(), work.Request{
		Control: "Door.2", Actor: "alice", Scope: enginetest.Region, Target: door,
	}); err != nil || again.Status != run.StatusVerified {
		t.Errorf("apply %+v, %v", again, err)
	}
}

// TestUndoIsNotKeptByOthers: what cannot be read now is neither named nor waited for.
func TestUndoIsNotKeptByOthers(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	_, _, r := w.Repaired(t, p, nil)
	w.Fail("GetPolicy", enginetest.Down())
	undo, err := p.Undo(t.Context(), r.ID, "alice")
	if err != nil || undo.Status != run.StatusUndone || len(undo.Lost) > 0 {
		t.Errorf("undo %+v, %v", undo, err)
	}
}

// TestUndoDoesNotNameWhatWasUnmetBefore: Store.4 has nothing to do with it.
func TestUndoDoesNotNameWhatWasUnmetBefore(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	_, _, r := w.Repaired(t, p, nil)
	undo, err := p.Undo(t.Context(), r.ID, "alice")
	if err != nil || undo.Status != run.StatusUndone || len(undo.Lost) > 0 {
		t.Errorf("undo %+v, %v", undo, err)
	}
}

// TestUndoBesideADefect: a playbook that nobody asked for panics, and only it.
func TestUndoBesideADefect(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	_, _, r := w.Repaired(t, p, nil)
	broken := enginetest.Switched(
		func(context.Context, control.Env) (enginetest.Switch, error) { panic("defect") }, nil)
	broken.Info = enginetest.Declared(t, "Store.4")
	enginetest.Instead(t, p, broken, "Store.3")
	w.TakenBack(t, p, r)
}
