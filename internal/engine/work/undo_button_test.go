package work_test

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// undone are the runs that took something back.
func undone(w *enginetest.World) []*run.Run {
	var out []*run.Run
	for _, r := range w.Runs() {
		if r.Status == run.StatusUndone {
			out = append(out, r)
		}
	}
	return out
}

// TestUndoButton: the fix is taken back as salve undo does it, in every mode in which Remediate acts, and also when
// Security Hub sees the control as passed by now.
func TestUndoButton(t *testing.T) {
	for name, status := range map[string]string{"manual": "FAILED", "auto": "FAILED", "passed": "PASSED"} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			before := enginetest.Block(true, false, true, false)
			b, id, r := w.Repaired(t, p, before)
			if name == "manual" {
				w.Config = enginetest.Modes(gate.Manual)
			}
			told := len(p.Told())
			w.Clock.Move(time.Hour)
			if status == "PASSED" {
				spec := enginetest.Spec(b)
				spec.Status = status
				w.Report(t, spec)
			}
			w.Events()
			p.Handled(t, w.Press(t, names.ActionUndo, id))
			p.Handled(t, w.Events()...)
			w.Flagged(t, b, before)
			w.Shows(t, id, finding.New, "taken back by somebody who clicked", "Salve leaves it alone until")
			undo := undone(w)
			if len(undo) != 1 || undo[0].Undoes != r.ID || undo[0].Trigger != run.TriggerClick ||
				undo[0].Actor != "unattributed" || undo[0].Hold == nil || undo[0].State != run.StateClosed {
				t.Fatalf("undone by %+v", undo)
			}
			if news := p.Told()[told:]; len(news) != 1 || news[0].Kind != notice.Undone {
				t.Errorf("told %+v", news)
			}
			w.Unlocked(t)
		})
	}
}

// refusedUndo presses Salve: undo and wants the fix to stand, its finding RESOLVED, and the reason in the note.
func refusedUndo(t *testing.T, w *enginetest.World, p *enginetest.Process, store, id string, want ...string) {
	t.Helper()
	puts, told := w.Puts(store), len(p.Told())
	w.Events()
	p.Handled(t, w.Press(t, names.ActionUndo, id))
	p.Handled(t, w.Events()...)
	w.Shows(t, id, finding.Resolved, append(want, "Salve did not take back its fix of Store.3")...)
	if n := w.Puts(store) - puts; n != 0 || len(undone(w)) != 0 {
		t.Errorf("%d writes, undone %+v", n, undone(w))
	}
	if news := p.Told()[told:]; len(news) != 0 {
		t.Errorf("told %+v: who clicked reads the note", news)
	}
	w.Unlocked(t)
}

// TestUndoButtonIsRefused: the same gates as for Remediate, but for what is there to keep fixes off.
func TestUndoButtonIsRefused(t *testing.T) {
	mode := func(m gate.Mode) func(*testing.T, *enginetest.World) {
		return func(_ *testing.T, w *enginetest.World) { w.Config = enginetest.Modes(m) }
	}
	for name, tc := range map[string]struct {
		set  func(t *testing.T, w *enginetest.World)
		want string
	}{
		"off":     {mode(gate.Off), "off here"},
		"plan":    {mode(gate.Plan), "is plan"},
		"approve": {mode(gate.Approve), "with a name"},
		"stopped": {func(t *testing.T, w *enginetest.World) { w.Stop(t, "", "ada", "incident", 0) }, "ada stopped"},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Stoppable()
			b, id, r := w.Repaired(t, p, nil)
			tc.set(t, w)
			refusedUndo(t, w, p, b, id, tc.want, "To do: salve undo "+r.ID+" --yes")
		})
	}
	t.Run("drift", func(t *testing.T) {
		w := enginetest.New(t)
		p := w.Start()
		b, id, _ := w.Repaired(t, p, enginetest.Block(true, false, true, false))
		w.SetFlags(t, b, nil)
		refusedUndo(t, w, p, b, id, "was changed by somebody else")
	})
	t.Run("a later run", func(t *testing.T) {
		w := enginetest.New(t)
		p := w.Start()
		b, id, _ := w.Repaired(t, p, nil)
		w.SetFlags(t, b, nil)
		w.Clock.Move(time.Minute)
		wish := enginetest.Wish(b)
		wish.Control = "Store.1"
		later, err := p.Apply(t.Context(), wish)
		if err != nil {
			t.Fatal(err)
		}
		refusedUndo(t, w, p, b, id, "take that run back first", "salve undo "+later.ID+" --yes")
	})
	t.Run("no role", func(t *testing.T) {
		w := enginetest.New(t)
		p := w.Start()
		b, id, _ := w.Repaired(t, p, nil)
		w.Distrust(enginetest.Member)
		p.Handled(t, w.Press(t, names.ActionUndo, id))
		w.Shows(t, id, finding.Resolved, "Deploy deploy/member.yaml")
		if !w.Blocked(b) {
			t.Errorf("flags %+v", w.Flags(b))
		}
	})
}

// TestUndoButtonDespite: an exception wants the fix away, and a hold keeps fixes off, not their undo.
func TestUndoButtonDespiteAnException(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	b, id, _ := w.Repaired(t, p, nil)
	except(t, w, "Store.3", b, toCome)
	p.Handled(t, w.Press(t, names.ActionUndo, id))
	if w.Says(t, id, finding.New); w.Flags(b) != nil {
		t.Errorf("flags %+v", w.Flags(b))
	}
}

// TestUndoButtonOfWhatIsDestructive: a click carries no name.
func TestUndoButtonOfWhatIsDestructive(t *testing.T) {
	w := enginetest.New(t)
	l := &lazy{clock: w.Clock}
	c := enginetest.Switched(l.read, l.write)
	c.Info = enginetest.Declared(t, "Store.3")
	c.Impact = control.ImpactDestructive
	p := enginetest.Instead(t, w.Start(), c)
	b := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(b))
	wish := enginetest.Wish(b)
	wish.Findings = append(wish.Findings, w.Known(t, id))
	if r, err := p.Apply(t.Context(), wish); err != nil || r.Status != run.StatusVerified {
		t.Fatalf("%+v, %v", r, err)
	}
	refusedUndo(t, w, p, b, id, "needs a person with a name")
}

// TestNothingToTakeBack: the note says so, whatever the reason, and the status stays.
func TestNothingToTakeBack(t *testing.T) {
	nothing := func(t *testing.T, w *enginetest.World, p *enginetest.Process, id, status string, want ...string) {
		t.Helper()
		w.Events()
		p.Handled(t, w.Press(t, names.ActionUndo, id))
		p.Handled(t, w.Events()...)
		w.Shows(t, id, status, append(want, "did not take back its fix of Store.3: There is nothing to take back")...)
	}
	t.Run("never fixed", func(t *testing.T) {
		w := enginetest.New(t)
		b := w.Store(t, nil)
		id := w.Report(t, enginetest.Spec(b))
		w.Events()
		nothing(t, w, w.Start(), id, finding.New, "no run of Salve changed the resource")
		if w.Flags(b) != nil {
			t.Error("the event of our own note has started a fix")
		}
	})
	t.Run("met by itself", func(t *testing.T) {
		w := enginetest.New(t)
		p := w.Start()
		id := w.Report(t, enginetest.Spec(w.Store(t, enginetest.Block(true, true, true, true))))
		p.Handled(t, w.Imported(t, id))
		nothing(t, w, p, id, finding.Resolved)
	})
	t.Run("taken back", func(t *testing.T) {
		w := enginetest.New(t)
		p := w.Start()
		_, id, r := w.Repaired(t, p, nil)
		undo := w.TakenBack(t, p, r)
		w.Clock.Move(time.Hour)
		nothing(t, w, p, id, finding.New, "taken back by run "+undo.ID)
	})
	t.Run("one way", func(t *testing.T) {
		w := enginetest.New(t)
		l := &lazy{clock: w.Clock}
		c := enginetest.Switched(l.read, l.write)
		c.Info = enginetest.Declared(t, "Store.3")
		c.OneWay = map[string]string{"On": "it is burnt in"}
		p := enginetest.Instead(t, w.Start(), c)
		b := w.Store(t, nil)
		id := w.Report(t, enginetest.Spec(b))
		wish := enginetest.Wish(b)
		wish.Findings = append(wish.Findings, w.Known(t, id))
		if _, err := p.Apply(t.Context(), wish); err != nil {
			t.Fatal(err)
		}
		nothing(t, w, p, id, finding.Resolved, "it is burnt in")
	})
}

// TestUndoPressedTwice: neither the event that comes again nor a second click takes back what was fixed before that,
// nor writes over what the first has said.
func TestUndoPressedTwice(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	b, id, first := w.Repaired(t, p, nil)
	half := enginetest.Block(true, true, false, true)
	w.SetFlags(t, b, half)
	w.Clock.Move(time.Minute)
	second, err := p.Apply(t.Context(), work.Request{
		Control: "Store.3", Actor: "alice", Scope: enginetest.Region, Target: enginetest.Wish(b).Target,
		Findings: []run.Finding{w.Known(t, id)},
	})
	if err != nil || second.Status != run.StatusVerified {
		t.Fatalf("%+v, %v", second, err)
	}
	w.Clock.Move(time.Minute)
	m, again := w.Press(t, names.ActionUndo, id), w.Press(t, names.ActionUndo, id)
	w.Clock.Move(time.Second)
	p.Handled(t, m)
	p.Handled(t, m, again)
	w.Clock.Move(enginetest.Later)
	p.Handled(t, engine.Message{ID: m.ID, Body: m.Body, Received: 2})
	w.Flagged(t, b, half)
	w.Shows(t, id, finding.New, "taken back by somebody who clicked")
	if undo := undone(w); len(undo) != 1 || undo[0].Undoes != second.ID {
		t.Errorf("undone %+v, want %s and not %s", undo, second.ID, first.ID)
	}
}

// TestUndoPressedOnManyFindings of one resource takes its fix back once and tells all of them.
func TestUndoPressedOnManyFindings(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	b := w.Store(t, nil)
	ids := w.ThreeStandards(t, b)
	p.Handled(t, w.Imported(t, ids[0]), w.Imported(t, ids[1]), w.Imported(t, ids[2]))
	w.Clock.Move(time.Minute)
	p.Handled(t, w.Press(t, names.ActionUndo, ids[0]), w.Press(t, names.ActionUndo, ids[1]),
		w.Press(t, names.ActionUndo, ids[2]))
	for _, id := range ids {
		w.Shows(t, id, finding.New, "taken back by somebody who clicked")
	}
	if undo := undone(w); len(undo) != 1 || w.Flags(b) != nil {
		t.Errorf("undone %+v, flags %+v", undo, w.Flags(b))
	}
}
