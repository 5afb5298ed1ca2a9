package engine_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
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

	meet := newMeeting(hands)
	var group sync.WaitGroup
	again := make([][]engine.Message, hands)
	for i := range hands {
		arrive := sync.OnceFunc(meet.arrive)
		p := adding(t, w.Start(func(_ context.Context, c enginetest.Call) error {
			if c.Operation == "PutPolicy" && !c.Done {
				arrive()
				<-meet.all
			}
			return nil
		}), three)
		group.Go(func() {
			for m := i; m < len(messages); m += hands {
				if failed := p.Handle(t.Context(), messages[m]); len(failed) > 0 {
					again[i] = append(again[i], messages[m])
				}
				arrive()
			}
		})
	}
	group.Wait()
	last := adding(t, w.Start(), three)
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

// meeting is where all hands come together: those that are about to write the
// policy for the first time, and those that are done with their first message.
// Who would write then has read what nobody has written since, or is the only one.
type meeting struct {
	missing atomic.Int64
	all     chan struct{} // closed when all are there
}

func newMeeting(hands int64) *meeting {
	m := &meeting{all: make(chan struct{})}
	m.missing.Store(hands)
	return m
}

func (m *meeting) arrive() {
	if m.missing.Add(-1) == 0 {
		close(m.all)
	}
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
