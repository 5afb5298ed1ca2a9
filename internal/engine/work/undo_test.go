package work_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

func TestUndoRestoresExactly(t *testing.T) {
	for name, before := range map[string]*enginetest.Flags{
		"one flag was set":    enginetest.Block(false, true, false, false),
		"three flags":         enginetest.Block(true, true, true, false),
		"a block without any": enginetest.Block(false, false, false, false),
		"no block at all":     nil,
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			b, id, r := w.Repaired(t, p, before)
			undo, err := p.Undo(t.Context(), r.ID, "alice@example.org")
			if err != nil {
				t.Fatal(err)
			}
			if undo.Status != run.StatusUndone || undo.State != run.StateClosed || undo.Undoes != r.ID {
				t.Errorf("undo %s %s of %q (%s)", undo.State, undo.Status, undo.Undoes, undo.Reason)
			}
			w.Flagged(t, b, before)
			w.Shows(t, id, finding.New, "taken back", "alice@example.org",
				w.Clock.Now().AddDate(0, 0, 7).UTC().Format("2006-01-02"))
			w.Unlocked(t)
			told := p.Told()
			if len(told) != 1 || told[0].Kind != notice.Undone || told[0].RunID != undo.ID {
				t.Errorf("notices %+v, want one of the undo", told)
			}
			if undo.BeforeHash != r.AfterHash || undo.AfterHash != r.BeforeHash {
				t.Errorf("undo led from %s to %s, the fix from %s to %s",
					undo.BeforeHash, undo.AfterHash, r.BeforeHash, r.AfterHash)
			}
		})
	}
}

// TestUndoAfterChangesThatDoNotMatter: a path the fix did not touch stays as
// somebody left it since, and one that is back already needs no writing.
func TestUndoAfterChangesThatDoNotMatter(t *testing.T) {
	tests := map[string]struct {
		since, want *enginetest.Flags
	}{
		"a flag that was not ours": {enginetest.Block(false, true, true, true), enginetest.Block(false, false, true, false)},
		"one of ours put back":     {enginetest.Block(true, false, true, true), enginetest.Block(true, false, true, false)},
		"all put back":             {enginetest.Block(true, false, true, false), enginetest.Block(true, false, true, false)},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			b, _, r := w.Repaired(t, p, enginetest.Block(true, false, true, false))
			w.SetFlags(t, b, tc.since)
			undo, err := p.Undo(t.Context(), r.ID, "alice")
			if err != nil || undo.Status != run.StatusUndone {
				t.Fatalf("undo %+v, %v", undo, err)
			}
			w.Flagged(t, b, tc.want)
		})
	}
}

// TestUndoRefusesDrift: the block is gone altogether, which is neither what it
// was before nor what the fix left.
func TestUndoRefusesDrift(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	b, id, r := w.Repaired(t, p, enginetest.Block(true, false, true, false))
	w.SetFlags(t, b, nil)
	w.ClearCalls()
	undo, err := p.Undo(t.Context(), r.ID, "alice")
	if err != nil {
		t.Fatal(err)
	}
	if undo.Status != run.StatusRefused || undo.State != run.StateClosed || undo.Hold != nil {
		t.Errorf("undo %s %s, hold %+v", undo.State, undo.Status, undo.Hold)
	}
	if !strings.Contains(undo.Reason, "BlockStrangers was changed by somebody else") {
		t.Errorf("reason %q does not say what was changed by whom", undo.Reason)
	}
	if w.Puts(b) != 0 || w.Flags(b) != nil {
		t.Errorf("%d writes, flags %+v: want nothing written", w.Puts(b), w.Flags(b))
	}
	w.Shows(t, id, finding.Resolved, "Salve fixed Store.3") // of the undo only who asked is told
	w.Unlocked(t)
	undoneAfterAll(t, w, p, b, r)
}

// undoneAfterAll: a refusal does not use the undo up. Once the drift is mended it works.
func undoneAfterAll(t *testing.T, w *enginetest.World, p *enginetest.Process, store string, r *run.Run) {
	t.Helper()
	w.SetFlags(t, store, enginetest.Block(true, true, true, true))
	undo, err := p.Undo(t.Context(), r.ID, "alice")
	if err != nil || undo.Status != run.StatusUndone {
		t.Errorf("second undo %+v, %v", undo, err)
	}
}

func TestUndoWithNothingToTakeBack(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	b, _, r := w.Repaired(t, p, nil)
	undo, err := p.Undo(t.Context(), r.ID, "alice")
	if err != nil {
		t.Fatal(err)
	}
	w.ClearCalls()
	for name, id := range map[string]string{"the run again": r.ID, "the undo itself": undo.ID} {
		if _, err := p.Undo(t.Context(), id, "alice"); !errors.Is(err, work.ErrNothingToUndo) {
			t.Errorf("%s: %v, want ErrNothingToUndo", name, err)
		}
	}
	if len(w.Written()) > 0 || w.Flags(b) != nil {
		t.Errorf("written: %+v", w.Written())
	}
	if n := len(w.Runs()); n != 2 {
		t.Errorf("%d runs, want the fix and its undo", n)
	}
}

// TestUndoOfACompliantRun: it changed nothing.
func TestUndoOfACompliantRun(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	b := w.Store(t, enginetest.Block(true, true, true, true))
	p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(b))))
	r := w.Ended(t, run.StatusCompliant)
	if _, err := p.Undo(t.Context(), r.ID, "alice"); !errors.Is(err, work.ErrNothingToUndo) {
		t.Errorf("%v, want ErrNothingToUndo", err)
	}
}

// TestFixThatWasTakenBackIsNotNamed: somebody else set the block later.
func TestFixThatWasTakenBackIsNotNamed(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	b, _, r := w.Repaired(t, p, nil)
	if again, err := p.Apply(t.Context(), enginetest.Wish(b)); err != nil || again.Previous != r.ID {
		t.Errorf("compliant run names %q, %v, want %s", again.Previous, err, r.ID)
	}
	w.TakenBack(t, p, r)
	w.SetFlags(t, b, enginetest.Block(true, true, true, true))
	if again, err := p.Apply(t.Context(), enginetest.Wish(b)); err != nil || again.Previous != "" {
		t.Errorf("compliant run names %q, %v", again.Previous, err)
	}
}

// TestNothingIsTakenBackOneWay: where all that a run changed is one way, undo is
// neither offered nor played: no hold, no word on the finding.
func TestNothingIsTakenBackOneWay(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	on := false
	c := enginetest.Switched(
		func(context.Context, control.Env) (enginetest.Switch, error) { return enginetest.Switch{On: on}, nil },
		func(_ context.Context, _ control.Env, _, to enginetest.Switch) error { on = to.On; return nil })
	c.Info = enginetest.Declared(t, "Store.3")
	c.OneWay = map[string]string{"On": "it is burnt in"}
	enginetest.Instead(t, p, c)
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	request := enginetest.Wish(store)
	request.Findings = append(request.Findings, w.Known(t, id))
	r, err := p.Apply(t.Context(), request)
	if err != nil || !on {
		t.Fatalf("apply: %v, %+v", err, r)
	}
	if note := w.Finding(t, id).Note.Text; strings.Contains(note, "undo") {
		t.Errorf("note %q", note)
	}
	_, err = p.Undo(t.Context(), r.ID, "tester")
	if !errors.Is(err, work.ErrNothingToUndo) || !strings.Contains(err.Error(), "it is burnt in") {
		t.Errorf("undo: %v", err)
	}
	w.Says(t, id, finding.Resolved)
	if len(w.Runs()) != 1 {
		t.Errorf("%d runs", len(w.Runs()))
	}
}
