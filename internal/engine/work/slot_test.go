package work_test

import (
	"context"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// slotted is a world in which so many runs may write at the same time in an account and Region.
func slotted(t *testing.T, most int) *enginetest.World {
	t.Helper()
	w := enginetest.New(t)
	w.Config.Limits = &gate.Limits{AtOncePerAccountAndRegion: &most}
	return w
}

// taken expects how many have a slot.
func taken(t *testing.T, w *enginetest.World, want int) {
	t.Helper()
	s, err := w.Ledger.Slots(t.Context(), enginetest.Member, enginetest.Region)
	if err != nil || len(s.List) != want {
		t.Errorf("%+v, %v, want %d", s.List, err, want)
	}
}

// reportedOne is a store that Store.3 is to fix.
func reportedOne(t *testing.T, w *enginetest.World) (store, id string, m engine.Message) {
	t.Helper()
	store = w.Store(t, nil)
	id = w.Report(t, enginetest.Spec(store))
	return store, id, w.Imported(t, id)
}

// TestOneAtATime: while one run writes another waits for its turn; that is no attempt, however often, and it goes on
// once the slot is free. Who clicks does not wait.
func TestOneAtATime(t *testing.T) {
	w := slotted(t, 1)
	store, id, second := reportedOne(t, w)
	_, clicked, _ := reportedOne(t, w)
	_, _, first := reportedOne(t, w)
	waiting := func() *run.Run {
		for _, r := range w.Runs() {
			if r.Key.Resource == store {
				return r
			}
		}
		t.Fatal("no run")
		return nil
	}
	p := w.Start(enginetest.Meanwhile("PutBlock", func() {
		taken(t, w, 1)
		other := w.Start()
		other.Handled(t, second)
		for range 30 {
			w.Clock.Move(time.Second)
			other.Handled(t, enginetest.Sweep())
		}
		if r := waiting(); r.Status != run.StatusDeferred || r.Attempts > 0 || w.Puts(store) > 0 ||
			r.Reason != "The configuration lets 1 run write at the same time in account 222222222222, Region us-east-1;"+
				" this one waits for its turn." {
			t.Errorf("%s after %d attempts: %s", r.Status, r.Attempts, r.Reason)
		}
		other.Handled(t, w.Click(t, clicked))
		w.Says(t, clicked, finding.Resolved)
	}))
	p.Handled(t, first)
	taken(t, w, 0)
	w.Clock.Move(time.Minute)
	p.Handled(t, enginetest.Sweep())
	w.Says(t, id, finding.Resolved)
	if r := waiting(); r.Status != run.StatusVerified {
		t.Errorf("%s: %s", r.Status, r.Reason)
	}
	taken(t, w, 0)
	w.Unlocked(t)
}

// TestWaitingForASlotAsksAgain: what is switched off while a run waits for its slot is not done.
func TestWaitingForASlotAsksAgain(t *testing.T) {
	w := slotted(t, 1)
	store, id, m := reportedOne(t, w)
	full := run.Slots{List: []run.Slot{{Run: "other", Until: w.Clock.Now().Add(time.Minute)}}}
	if ok, err := w.Ledger.PutSlots(t.Context(), enginetest.Member, enginetest.Region, full, w.Clock.Now()); !ok {
		t.Fatal(err)
	}
	p := w.Start()
	p.Handled(t, m)
	w.Config = enginetest.Modes(gate.Off)
	w.Clock.Move(time.Hour)
	p.Handled(t, enginetest.Sweep())
	w.Ended(t, run.StatusRefused)
	w.Untouched(t, id)
	if w.Blocked(store) {
		t.Error("it was fixed all the same")
	}
}

// TestSlotOfAKilledProcess: whoever dies at any call leaves no slot for ever, and its run is finished with its own.
func TestSlotOfAKilledProcess(t *testing.T) {
	begin := func() (*enginetest.World, string, engine.Message) {
		w := slotted(t, 1)
		store, _, m := reportedOne(t, w)
		return w, store, m
	}
	w, _, m := begin()
	for _, c := range w.Watched(func(p *enginetest.Process) { p.Handled(t, m) }) {
		for _, done := range []bool{false, true} {
			w, store, m := begin()
			death := enginetest.Death{At: c.N, Done: done}
			w.Die(t, death, func(ctx context.Context, p *enginetest.Process) { p.Handle(ctx, m) })
			next := w.Start()
			for range 3 {
				w.Clock.Move(enginetest.Later)
				next.Handled(t, m)
				next.Handled(t, enginetest.Sweep())
			}
			_, id, other := reportedOne(t, w)
			next.Handled(t, other)
			for range 3 {
				w.Clock.Move(10 * time.Minute)
				next.Handled(t, enginetest.Sweep())
			}
			if !w.Blocked(store) {
				t.Errorf("killed at %d %s (done: %v): the store is open", c.N, c.Operation, done)
			}
			w.Says(t, id, finding.Resolved)
		}
	}
}
