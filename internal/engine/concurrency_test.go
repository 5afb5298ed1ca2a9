package engine_test

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/run"
)

// crowd is how many processes work at the same time.
const crowd = 5

// TestSameMessageEverywhere gives one message to several processes at once, as
// SQS may do.
func TestSameMessageEverywhere(t *testing.T) {
	for _, tr := range triggers() {
		t.Run(tr.name, func(t *testing.T) {
			w, store, id, m := tr.scene(t)
			p := rush(t, w, func(int) []engine.Message { return []engine.Message{m} })
			w.Fixed(t, store, id)
			final(t, w, p, tr, m, store, id)
		})
	}
}

// TestThreeFindingsOfOneStore gives the findings of three standards to several
// processes at once, each in an order of its own.
func TestThreeFindingsOfOneStore(t *testing.T) {
	w := enginetest.New(t)
	store := w.Store(t, nil)
	var ids []string
	var messages []engine.Message
	named := map[string]string{"fsbp-1.0.0": "Store.3", "cis-5.0.0": "2.1.4", "nist-800-53-r5": "Store.3"}
	for standard, id := range named {
		spec := enginetest.Spec(store)
		spec.Standard, spec.StandardControlID, spec.Consolidated = standard, id, false
		ids = append(ids, w.Report(t, spec))
	}
	for _, id := range ids {
		messages = append(messages, w.Imported(t, id))
	}
	rush(t, w, func(i int) []engine.Message {
		return slices.Concat(messages[i%len(messages):], messages[:i%len(messages)])
	})
	if n := w.Puts(store); n != 1 {
		t.Errorf("%d writes to the store, want 1", n)
	}
	if !w.Blocked(store) {
		t.Error("store is open")
	}
	for _, id := range ids {
		w.Says(t, id, "RESOLVED")
	}
	// A finding that comes when the first run is over gets a run of its own,
	// which finds nothing left to do.
	verified := 0
	for _, r := range w.Runs() {
		if r.State != run.StateClosed {
			t.Errorf("run %s is %s, %s", r.ID, r.State, r.Status)
		}
		if r.Status == run.StatusVerified {
			verified++
		}
	}
	if locks := w.Ledger.Locks(); verified != 1 || len(locks) > 0 {
		t.Errorf("%d verified runs, want 1; locks left: %v", verified, locks)
	}
}

// rush lets several processes work at the same time, then lets time pass, gives
// back what has to come again and sweeps, which the returned process does.
func rush(t *testing.T, w *enginetest.World, batch func(i int) []engine.Message) *enginetest.Process {
	t.Helper()
	var group sync.WaitGroup
	again := make([][]engine.Message, crowd)
	for i := range crowd {
		p, messages := w.Start(yield), batch(i)
		group.Go(func() {
			failed := p.Handle(t.Context(), messages...)
			for _, m := range messages {
				if slices.Contains(failed, m.ID) {
					again[i] = append(again[i], m)
				}
			}
		})
	}
	group.Wait()
	w.Clock.Move(enginetest.Later)
	p := w.Start()
	p.Handled(t, slices.Concat(again...)...)
	p.Handled(t, enginetest.Sweep())
	return p
}

// yield lets the other processes go on, before and after every call.
func yield(context.Context, enginetest.Call) error {
	runtime.Gosched()
	return nil
}
