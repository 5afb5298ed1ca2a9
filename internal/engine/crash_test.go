package engine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
)

// trigger is a way a run begins.
type trigger struct {
	name   string
	before *enginetest.Flags // of the store
	event  func(w *enginetest.World, t *testing.T, ids ...string) engine.Message
}

func triggers() []trigger {
	return []trigger{
		{"imported", enginetest.Block(true, false, false, false), (*enginetest.World).Imported},
		{"click", nil, (*enginetest.World).Click},
	}
}

// scene is a world with a reported store and the message about it.
func (tr trigger) scene(t *testing.T) (w *enginetest.World, store, id string, m engine.Message) {
	t.Helper()
	w = enginetest.New(t)
	store = w.Store(t, tr.before)
	id = w.Report(t, enginetest.Spec(store))
	return w, store, id, tr.event(w, t, id)
}

// calls are the calls of one undisturbed run, in order: a case each.
func (tr trigger) calls(t *testing.T) []enginetest.Call {
	t.Helper()
	w, store, id, m := tr.scene(t)
	calls := w.Watched(func(p *enginetest.Process) { p.Handled(t, m) })
	w.Fixed(t, store, id)
	return calls
}

// eachCall gives every call of a run a test.
func eachCall(t *testing.T, do func(name string, tr trigger, c enginetest.Call)) {
	t.Helper()
	for _, tr := range triggers() {
		for _, c := range tr.calls(t) {
			do(fmt.Sprintf("%s/%02d %s", tr.name, c.N, c.Operation), tr, c)
		}
	}
}

// deaths are before and after a call.
func deaths(c enginetest.Call) []enginetest.Death {
	return []enginetest.Death{{At: c.N}, {At: c.N, Done: true}}
}

// TestCrash kills a process at every single call of a run. Whoever comes next
// finishes the run, as if nothing had happened.
func TestCrash(t *testing.T) {
	eachCall(t, func(name string, tr trigger, c enginetest.Call) {
		for _, d := range deaths(c) {
			t.Run(fmt.Sprintf("%s %s/redelivery", name, d), func(t *testing.T) { crashThenRedelivery(t, tr, d) })
			t.Run(fmt.Sprintf("%s %s/sweep", name, d), func(t *testing.T) { crashThenSweep(t, tr, d) })
		}
	})
}

// handling is the work of a process that got a message.
func handling(m engine.Message) func(context.Context, *enginetest.Process) {
	return func(ctx context.Context, p *enginetest.Process) { p.Handle(ctx, m) }
}

func crashThenRedelivery(t *testing.T, tr trigger, d enginetest.Death) {
	w, store, id, m := tr.scene(t)
	w.Die(t, d, handling(m))
	w.Clock.Move(enginetest.Later)
	next := w.Start()
	again(t, w, next, id, m)
	w.Fixed(t, store, id)
	final(t, w, next, tr, m, store, id)
}

// again hands a message out once more. Where its finding is answered already it has nothing to ask for any more, and
// the run, which is open, is left to the sweep.
func again(t *testing.T, w *enginetest.World, p *enginetest.Process, id string, m engine.Message) {
	t.Helper()
	answered := w.Finding(t, id).Workflow.Status == finding.Resolved
	p.Handled(t, m)
	if answered {
		p.Handled(t, enginetest.Sweep())
	}
}

func crashThenSweep(t *testing.T, tr trigger, d enginetest.Death) {
	w, store, id, m := tr.scene(t)
	w.Die(t, d, handling(m))
	claimed := len(w.Runs()) > 0
	w.Clock.Move(enginetest.Later)
	next := w.Start()
	next.Handled(t, enginetest.Sweep())
	if !claimed {
		// The message is still in its queue, and nothing else knows of it.
		w.Flagged(t, store, tr.before)
		w.Says(t, id, finding.New)
		w.Unclaimed(t)
		next.Handled(t, m)
	}
	w.Fixed(t, store, id)
	final(t, w, next, tr, m, store, id)
}

// final proves that a fix is: the message again and another sweep change
// nothing, people are told of it once, and an undo puts back what there was.
func final(
	t *testing.T, w *enginetest.World, p *enginetest.Process, tr trigger, m engine.Message, store, id string,
) {
	t.Helper()
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	p.Handled(t, m)
	w.Fixed(t, store, id)
	if n := enginetest.Fixes(p); n != 1 {
		t.Errorf("people were told %d times, want once", n)
	}
	w.TakenBack(t, p, w.Only(t))
	w.Flagged(t, store, tr.before)
}
