package work_test

import (
	"context"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// TestUndoOfASiblingsFix: a finding that a sibling's run has met has that run taken back, if the gate of the sibling
// lets it, and no other that only happens to share the state.
func TestUndoOfASiblingsFix(t *testing.T) {
	met := func(t *testing.T) (w *enginetest.World, p *enginetest.Process, b, id string, fix *run.Run) {
		t.Helper()
		w = enginetest.New(t)
		p = w.Start()
		b = w.Store(t, nil)
		p.Handled(t, w.Imported(t, w.Of(t, "Store.1", b)))
		fix = w.Ended(t, run.StatusVerified)
		id = w.Report(t, enginetest.Spec(b))
		p.Handled(t, w.Imported(t, id))
		w.Shows(t, id, finding.Resolved, "met already")
		w.Clock.Move(time.Minute)
		return w, p, b, id, fix
	}
	t.Run("taken back", func(t *testing.T) {
		w, p, b, id, fix := met(t)
		p.Handled(t, w.Press(t, names.ActionUndo, id))
		w.Shows(t, id, finding.New, "The fix of Store.1 was taken back")
		if undo := undone(w); len(undo) != 1 || undo[0].Undoes != fix.ID || w.Flags(b) != nil {
			t.Errorf("undone %+v, flags %+v", undo, w.Flags(b))
		}
	})
	t.Run("the sibling is off", func(t *testing.T) {
		w, p, b, id, fix := met(t)
		w.Config.Controls["Store.1"] = gate.Rule{Mode: gate.Off}
		refusedUndo(t, w, p, b, id, fix.ID+" of Store.1 fixed it", "off here")
	})
	t.Run("another did not need it", func(t *testing.T) {
		w := enginetest.New(t)
		p := w.Start()
		b := w.Store(t, nil)
		p.Handled(t, w.Imported(t, w.Of(t, "Store.1", b)))
		w.SetFlags(t, b, enginetest.Block(true, true, true, false)) // not met any more, by somebody else
		id := w.Report(t, enginetest.Spec(b))
		w.Config = enginetest.Modes(gate.Manual)
		p.Handled(t, w.Press(t, names.ActionUndo, id))
		w.Shows(t, id, finding.New, "did not take back its fix of Store.3")
		if len(undone(w)) != 0 {
			t.Errorf("undone %+v", undone(w))
		}
	})
}

// TestUndoLeavesWhatPeopleWrote: a sibling finding that a person has suppressed since stays so.
func TestUndoLeavesWhatPeopleWrote(t *testing.T) {
	for name, takeBack := range map[string]func(*enginetest.World, *enginetest.Process, string, *run.Run){
		"click": func(w *enginetest.World, p *enginetest.Process, id string, _ *run.Run) {
			p.Handled(t, w.Press(t, names.ActionUndo, id))
		},
		"operator": func(w *enginetest.World, p *enginetest.Process, _ string, r *run.Run) { w.TakenBack(t, p, r) },
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			b := w.Store(t, nil)
			ids := w.ThreeStandards(t, b)
			p.Handled(t, w.Imported(t, ids[0]), w.Imported(t, ids[1]), w.Imported(t, ids[2]))
			r := w.Ended(t, run.StatusVerified)
			w.Clock.Move(time.Hour)
			w.Comment(t, ids[1], finding.Suppressed, "accepted until May")
			takeBack(w, p, ids[0], r)
			w.Says(t, ids[0], finding.New)
			w.Shows(t, ids[1], finding.Suppressed, "accepted until May")
		})
	}
}

// TestUndoBesideOpenRuns: a fix that waits and has written nothing gives way; one at work is waited for by who clicks.
func TestUndoBesideOpenRuns(t *testing.T) {
	t.Run("waits", func(t *testing.T) {
		w := enginetest.New(t)
		p := w.Start()
		b, id, r := w.Repaired(t, p, nil)
		w.Clock.Move(time.Hour)
		w.Mark(t, id, finding.New)
		w.Fail("GetBlock", enginetest.Throttled())
		p.Handled(t, w.Imported(t, id))
		w.Heal()
		p.Handled(t, w.Press(t, names.ActionUndo, id))
		if undo := undone(w); len(undo) != 1 || undo[0].Undoes != r.ID || w.Flags(b) != nil {
			t.Errorf("undone %+v, flags %+v", undo, w.Flags(b))
		}
		w.Says(t, id, finding.New)
	})
	t.Run("at work", func(t *testing.T) {
		w := enginetest.New(t)
		second, pressed := w.Start(), false
		var id string
		p := w.Start(func(_ context.Context, c enginetest.Call) error {
			if c.Operation == "PutBlock" && !c.Done && id != "" && !pressed {
				pressed = true
				second.Handled(t, w.Press(t, names.ActionUndo, id))
				w.Shows(t, id, finding.New, "is at work on the resource")
			}
			return nil
		})
		var b string
		b, id, _ = w.Repaired(t, w.Start(), nil)
		w.Clock.Move(time.Hour)
		w.SetFlags(t, b, nil)
		w.Mark(t, id, finding.New)
		p.Handled(t, w.Imported(t, id))
		if w.Says(t, id, finding.Resolved); !pressed || !w.Blocked(b) {
			t.Errorf("pressed %v, flags %+v", pressed, w.Flags(b))
		}
	})
}

// TestUndoOfWhatWaits: what AWS takes its time for is waited for; what waits for a person is ended and taken back.
func TestUndoOfWhatWaits(t *testing.T) {
	t.Run("parked", func(t *testing.T) {
		w := enginetest.New(t)
		p := slowly(t, w.Start(), &lazy{clock: w.Clock, takes: 25 * time.Minute})
		id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
		p.Handled(t, w.Imported(t, id))
		p.Handled(t, w.Press(t, names.ActionUndo, id))
		w.Shows(t, id, finding.Notified, "is at work on the resource")
		w.Clock.Move(time.Hour)
		p.Handled(t, enginetest.Sweep())
		w.Ended(t, run.StatusVerified)
		w.Shows(t, id, finding.Resolved, "Salve fixed Store.3")
	})
	t.Run("waits for a person", func(t *testing.T) {
		w := enginetest.New(t)
		p := w.Start()
		id := unsubscribed(t, w)
		p.Handled(t, w.Imported(t, id))
		parked(t, w)
		w.Clock.Move(time.Hour)
		p.Handled(t, w.Press(t, names.ActionUndo, id))
		w.Shows(t, id, finding.New, "taken back by somebody who clicked")
		if bell, _, _ := w.Bell(); bell || len(undone(w)) != 1 {
			t.Errorf("bell %v, undone %+v", bell, undone(w))
		}
	})
}
