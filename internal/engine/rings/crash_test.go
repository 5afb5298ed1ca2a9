package rings_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// confirmable is a fix of the first ring that Security Hub has confirmed by the next sweep.
func confirmable(t *testing.T) *enginetest.World {
	t.Helper()
	w := enginetest.Ringed(t, 1)
	store, _, m := w.StoreIn(t, enginetest.Member)
	p := w.Stoppable()
	p.Handled(t, m)
	w.Clock.Move(time.Hour)
	p.Handled(t, enginetest.Sweep()) // the digest
	w.Agrees(t, store, finding.Passed)
	return w
}

// TestCrash kills a sweep at every single call of an advance. The next one moves the control once, and people hear
// of it once or more.
func TestCrash(t *testing.T) {
	calls := confirmable(t).Watched(func(p *enginetest.Process) { p.Handled(t, enginetest.Sweep()) })
	moves := 0
	for _, c := range calls {
		if c.Operation == "MoveRing" {
			moves++
		}
		for _, d := range []enginetest.Death{{At: c.N}, {At: c.N, Done: true}} {
			t.Run(fmt.Sprintf("%02d %s %s", c.N, c.Operation, d), func(t *testing.T) { crash(t, d) })
		}
	}
	if moves != 1 {
		t.Errorf("%d moves among %d calls", moves, len(calls))
	}
}

func crash(t *testing.T, d enginetest.Death) {
	w := confirmable(t)
	heard := 0
	w.Die(t, d, func(ctx context.Context, p *enginetest.Process) {
		p.Handle(ctx, enginetest.Sweep())
		heard = kinds(notice.Advanced, p)
	})
	next := w.Start()
	for range 3 {
		w.Clock.Move(enginetest.Later)
		next.Handled(t, enginetest.Sweep())
	}
	in(t, w, "second")
	kept, err := w.Ledger.RingChanges(t.Context())
	if err != nil || len(kept) != 1 {
		t.Errorf("%d changes, %v", len(kept), err)
	}
	if heard+kinds(notice.Advanced, next) < 1 {
		t.Error("nobody heard of it")
	}
	if r := w.Only(t); r.Confirmed != run.ConfirmedPassed {
		t.Errorf("confirmed %q", r.Confirmed)
	}
}

// TestTrouble: whatever goes wrong at a call, the control has moved on once by the end.
func TestTrouble(t *testing.T) {
	calls := confirmable(t).Watched(func(p *enginetest.Process) { p.Handled(t, enginetest.Sweep()) })
	for _, c := range calls {
		t.Run(fmt.Sprintf("%02d %s", c.N, c.Operation), func(t *testing.T) {
			w := confirmable(t)
			p := w.Start(func(_ context.Context, at enginetest.Call) error {
				if at.N == c.N && !at.Done {
					return enginetest.Throttled()
				}
				return nil
			})
			p.Handle(t.Context(), enginetest.Sweep())
			next := w.Start()
			for range 3 {
				w.Clock.Move(enginetest.Later)
				next.Handled(t, enginetest.Sweep())
			}
			in(t, w, "second")
		})
	}
}
