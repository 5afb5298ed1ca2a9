package engine_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// TestOnePolicyManyHands: fifty findings of three controls on one store policy,
// twenty processes at once: each control acts once, no statement is lost.
func TestOnePolicyManyHands(t *testing.T) {
	w := enginetest.New(t)
	three := []string{"Store.1", "Store.2", "Store.3"}
	w.Config = enginetest.Modes(gate.Auto)
	store := w.Store(t, nil)
	w.SetPolicy(t, store, enginetest.Policy{"Theirs": "Allow"})
	const findings, hands = 50, 20
	var messages []engine.Message
	var ids []string
	for i := range findings {
		spec := enginetest.Spec(store)
		spec.Control = three[i%len(three)]
		id := w.Numbered(t, spec, i)
		ids = append(ids, id)
		messages = append(messages, w.Imported(t, id))
	}
	rand.Shuffle(len(messages), func(i, j int) { messages[i], messages[j] = messages[j], messages[i] })

	begin := func() *enginetest.Process { return adding(t, w.Start(yield), three) }
	var group sync.WaitGroup
	again := make([][]engine.Message, hands)
	for i := range hands {
		p := begin()
		group.Go(func() {
			for m := i; m < len(messages); m += hands {
				if failed := p.Handle(t.Context(), messages[m]); len(failed) > 0 {
					again[i] = append(again[i], messages[m])
				}
			}
		})
	}
	group.Wait()
	last := begin()
	last.Handled(t, slices.Concat(again...)...)
	for range 5 {
		w.Clock.Move(time.Minute)
		last.Handled(t, enginetest.Sweep())
	}
	want := enginetest.Policy{"OfStore.1": "Deny", "OfStore.2": "Deny", "OfStore.3": "Deny", "Theirs": "Allow"}
	if d := cmp.Diff(want, w.Policy(store)); d != "" {
		t.Errorf("policy (-want +got):\n%s", d)
	}
	actedOnce(t, w, three)
	for _, id := range ids {
		w.Says(t, id, finding.Resolved)
	}
	w.Unlocked(t)
}

// adding gives a process controls that each want a statement of their own.
func adding(t *testing.T, p *enginetest.Process, ids []string) *enginetest.Process {
	t.Helper()
	var list []control.Control
	for _, id := range ids {
		list = append(list, enginetest.Statement(id, "Of"+id))
	}
	p.Controls = enginetest.RegistryOf(t, list...)
	return p
}

// actedOnce proves that all runs are over and one of each control wrote.
func actedOnce(t *testing.T, w *enginetest.World, controls []string) {
	t.Helper()
	verified := map[string]int{}
	for _, r := range w.Runs() {
		if r.State != run.StateClosed {
			t.Errorf("run %s of %s is %s, %s", r.ID, r.Key.Control, r.State, r.Status)
		}
		if r.Status == run.StatusVerified {
			verified[r.Key.Control]++
		}
	}
	for _, id := range controls {
		if verified[id] != 1 {
			t.Errorf("%s acted %d times", id, verified[id])
		}
	}
}
