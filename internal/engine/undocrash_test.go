package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// repaired is a world with a store that was fixed, ready to be taken back.
func repaired(t *testing.T, before *enginetest.Flags) (w *enginetest.World, store, id, fix string) {
	t.Helper()
	w = enginetest.New(t)
	store, id, r := w.Repaired(t, w.Start(), before)
	w.Clock.Move(time.Second) // ids of runs sort by time
	return w, store, id, r.ID
}

// undoing is the work of a command line that takes a run back.
func undoing(fix string) func(context.Context, *enginetest.Process) {
	return func(ctx context.Context, p *enginetest.Process) { _, _ = p.Undo(ctx, fix, "tester") }
}

// TestUndoCrash kills the command line at every single call of an undo. The
// sweep of the hub finishes it; before its claim nothing has happened.
func TestUndoCrash(t *testing.T) {
	for name, before := range map[string]*enginetest.Flags{
		"a flag was set": enginetest.Block(true, false, false, false), "no flags": nil,
	} {
		w, _, _, fix := repaired(t, before)
		for _, c := range w.Watched(func(p *enginetest.Process) { undoing(fix)(t.Context(), p) }) {
			for _, d := range deaths(c) {
				t.Run(fmt.Sprintf("%s/%02d %s %s", name, c.N, c.Operation, d), func(t *testing.T) { undoCrash(t, before, d) })
			}
		}
	}
}

func undoCrash(t *testing.T, before *enginetest.Flags, d enginetest.Death) {
	w, store, id, fix := repaired(t, before)
	w.Die(t, d, undoing(fix))
	w.Clock.Move(enginetest.Later)
	p := w.Start()
	p.Handled(t, enginetest.Sweep())
	if len(w.Runs()) == 1 {
		w.Fixed(t, store, id)
		if _, err := p.Undo(t.Context(), fix, "tester"); err != nil {
			t.Fatal(err)
		}
	}
	w.Flagged(t, store, before)
	w.Says(t, id, finding.New)
	runs := w.Runs()
	if len(runs) != 2 {
		t.Fatalf("%d runs, want fix and undo: %+v", len(runs), runs)
	}
	if undo := runs[1]; undo.State != run.StateClosed || undo.Status != run.StatusUndone || runs[0].UndoneBy != undo.ID {
		t.Errorf("undo is %s, %s (%s); the fix was undone by %q", undo.State, undo.Status, undo.Reason, runs[0].UndoneBy)
	}
	w.Unlocked(t)
	// The hold holds: the finding as it is now starts nothing.
	p.Handled(t, w.Imported(t, id), enginetest.Sweep())
	w.Flagged(t, store, before)
	if n := w.Puts(store); n != 2 {
		t.Errorf("%d writes to the store, want the fix and its undo", n)
	}
}
