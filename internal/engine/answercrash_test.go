package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// asking is a world in which a plan waits for an answer, and the answer.
func asking(t *testing.T, word run.Word) (w *enginetest.World, store, id string, m engine.Message) {
	t.Helper()
	w = enginetest.New(t)
	w.Config = enginetest.Approving(false)
	store = w.Store(t, nil)
	id = w.Report(t, enginetest.Spec(store))
	w.Start().Handled(t, w.Imported(t, id))
	w.Clock.Move(time.Hour)
	return w, store, id, enginetest.Answer(t, enginetest.Alice, w.Ended(t, run.StatusAwaitingApproval), word)
}

// TestAnswerCrash kills the function at every single call of an answer. The message comes again, and what follows from
// it happens once.
func TestAnswerCrash(t *testing.T) {
	for _, word := range []run.Word{run.Approve, run.Deny} {
		w, _, _, m := asking(t, word)
		for _, c := range w.Watched(func(p *enginetest.Process) { p.Handle(t.Context(), m) }) {
			for _, d := range deaths(c) {
				t.Run(fmt.Sprintf("%s/%02d %s %s", word, c.N, c.Operation, d), func(t *testing.T) { answerCrash(t, word, d) })
			}
		}
	}
}

func answerCrash(t *testing.T, word run.Word, d enginetest.Death) {
	w, store, id, m := asking(t, word)
	w.Die(t, d, func(ctx context.Context, p *enginetest.Process) { p.Handle(ctx, m) })
	w.Clock.Move(enginetest.Later)
	p := w.Start()
	p.Handled(t, enginetest.Sweep())
	p.Handled(t, m)
	p.Handled(t, m, enginetest.Sweep())
	if runs := w.Runs(); len(runs) != 2 {
		t.Fatalf("%d runs, want two: %+v", len(runs), runs)
	}
	told, want := w.Told(t, m), run.BecameRun
	if word == run.Deny {
		want = run.BecameDenied
		if w.Puts(store) > 0 {
			t.Error("it wrote what was denied")
		}
	} else {
		w.Says(t, id, finding.Resolved)
		if last := w.Runs()[1]; !w.Blocked(store) || last.Status != run.StatusVerified {
			t.Errorf("flags %+v, the run is %s", w.Flags(store), last.Status)
		}
	}
	if told.Became != want {
		t.Errorf("told %+v, want %s", told, want)
	}
	w.Unlocked(t)
}
