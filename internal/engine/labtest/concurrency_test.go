package labtest

import (
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
			w := newWorld(t)
			bucket, id, m := tr.scene(w, t)
			p := w.rush(t, func(int) []engine.Message { return []engine.Message{m} })
			w.fixed(t, bucket, id)
			w.quiet(t, p, tr, m, bucket, id)
		})
	}
}

// TestThreeFindingsOfOneBucket gives the findings of three standards to several
// processes at once, each in an order of its own.
func TestThreeFindingsOfOneBucket(t *testing.T) {
	w := newWorld(t)
	bucket := w.bucket(t, nil)
	var ids []string
	var messages []engine.Message
	named := map[string]string{"fsbp-1.0.0": "Store.3", "cis-5.0.0": "2.1.4", "nist-800-53-r5": "Store.3"}
	for standard, id := range named {
		spec := w.spec(bucket)
		spec.Standard, spec.StandardControlID, spec.Consolidated = standard, id, false
		ids = append(ids, w.report(t, spec))
	}
	for _, id := range ids {
		messages = append(messages, w.imported(t, id))
	}
	w.rush(t, func(i int) []engine.Message {
		return slices.Concat(messages[i%len(messages):], messages[:i%len(messages)])
	})
	if n := w.puts(bucket); n != 1 {
		t.Errorf("%d writes to the bucket, want 1", n)
	}
	if !w.blocked(t, bucket) {
		t.Error("bucket is open")
	}
	for _, id := range ids {
		w.says(t, id, "RESOLVED")
	}
	// A finding that comes when the first run is over gets a run of its own,
	// which finds nothing left to do.
	verified := 0
	for _, r := range w.runs(t) {
		if r.State != run.StateClosed {
			t.Errorf("run %s is %s, %s", r.ID, r.State, r.Status)
		}
		if r.Status == run.StatusVerified {
			verified++
		}
	}
	if locks := w.locks(t); verified != 1 || len(locks) > 0 {
		t.Errorf("%d verified runs, want 1; locks left: %v", verified, locks)
	}
}

// rush lets several processes work at the same time, then lets time pass, gives
// back what has to come again and sweeps, which the returned process does.
func (w *world) rush(t *testing.T, batch func(i int) []engine.Message) *process {
	t.Helper()
	var group sync.WaitGroup
	again := make([][]engine.Message, crowd)
	for i := range crowd {
		p, messages := w.start(t), batch(i)
		group.Go(func() {
			failed := p.Handle(t.Context(), messages)
			for _, m := range messages {
				if slices.Contains(failed, m.ID) {
					again[i] = append(again[i], m)
				}
			}
		})
	}
	group.Wait()
	w.clock.Move(enginetest.Later)
	p := w.start(t)
	p.handle(t, slices.Concat(again...)...)
	p.handle(t, enginetest.Sweep())
	return p
}
