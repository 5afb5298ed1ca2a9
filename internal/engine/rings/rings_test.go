package rings_test

import (
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// kinds counts notices of a kind.
func kinds(kind notice.Kind, processes ...*enginetest.Process) int {
	n := 0
	for _, p := range processes {
		for _, told := range p.Told() {
			if told.Kind == kind {
				n++
			}
		}
	}
	return n
}

// in fails where Store.3 is in another ring.
func in(t *testing.T, w *enginetest.World, ring string) {
	t.Helper()
	if got := w.InRing(t); got != ring {
		t.Fatalf("Store.3 is in ring %s, want %s", got, ring)
	}
}

// TestFirstRingOnly: a control newly on auto leaves what is outside of the first ring alone, and nothing is stored of
// it; a click is a person's, and no ring binds it.
func TestFirstRingOnly(t *testing.T) {
	w := enginetest.Ringed(t, 2)
	p := w.Stoppable()
	store, id, m := w.StoreIn(t, enginetest.Other)
	p.Handled(t, m)
	if len(w.Runs()) > 0 || w.Blocked(store) {
		t.Fatalf("runs %+v", w.Runs())
	}
	w.Untouched(t, id)
	p.Handled(t, w.Click(t, id))
	if r := w.Only(t); r.Status != run.StatusVerified || r.Ring != "" {
		t.Errorf("%s in ring %q", r.Status, r.Ring)
	}
	mine, _, m := w.StoreIn(t, enginetest.Member)
	p.Handled(t, m)
	if !w.Blocked(mine) {
		t.Error("it does not act in the first ring")
	}
}

// TestAdvance: after as many fixes as are wanted, each verified and confirmed, the control acts in the next ring, and
// what it left alone there is taken up with the next report. It is told, written down, and once more needs as many.
func TestAdvance(t *testing.T) {
	w := enginetest.Ringed(t, 2)
	p := w.Stoppable()
	store, id, m := w.StoreIn(t, enginetest.Other)
	p.Handled(t, m)
	w.Holds(t, p)
	in(t, w, "first")
	last := w.Holds(t, p)
	in(t, w, "second")
	p.Handled(t, w.Imported(t, id))
	if !w.Blocked(store) {
		t.Error("what was left alone is not taken up")
	}
	recorded(t, w, p, last)
	w.Holds(t, p)
	in(t, w, "second") // the fixes of the first ring do not count
	w.Holds(t, p)
	in(t, w, gate.LastRing)
	w.Holds(t, p)
	if kept, err := w.Ledger.RingChanges(t.Context()); err != nil || len(kept) != 2 {
		t.Errorf("%d changes, %v: there is no ring behind the last one", len(kept), err)
	}
}

// recorded expects the one change of a ring in the history, in the audit log and among the notices.
func recorded(t *testing.T, w *enginetest.World, p *enginetest.Process, last *run.Run) {
	t.Helper()
	kept, err := w.Ledger.RingChanges(t.Context())
	if err != nil || len(kept) != 1 || !kept[0].Salve || kept[0].By != "Salve" ||
		!strings.Contains(kept[0].Why, last.ID) || !strings.HasPrefix(kept[0].Why, "2 fixes in ring first") {
		t.Errorf("kept %+v, %v", kept, err)
	}
	lines := 0
	for _, line := range p.Audited() {
		if line.Event == audit.Advanced && line.Control == "Store.3" &&
			strings.Contains(line.Reason, "from first to second") {
			lines++
		}
	}
	if lines != 1 || kinds(notice.Advanced, p) != 1 {
		t.Errorf("%d audit lines, %d notices", lines, kinds(notice.Advanced, p))
	}
}

// TestWhatDoesNotCount: fixes that nobody has confirmed, that people asked for, or that were not made in the ring.
func TestWhatDoesNotCount(t *testing.T) {
	for name, do := range map[string]func(t *testing.T, w *enginetest.World, p *enginetest.Process){
		"not confirmed": func(t *testing.T, w *enginetest.World, p *enginetest.Process) {
			store, _, m := w.StoreIn(t, enginetest.Member)
			p.Handled(t, m)
			w.Agrees(t, store, "")
			p.Handled(t, enginetest.Sweep())
		},
		"archived": func(t *testing.T, w *enginetest.World, p *enginetest.Process) {
			store, _, m := w.StoreIn(t, enginetest.Member)
			p.Handled(t, m)
			w.Agrees(t, store, finding.Archived)
			p.Handled(t, enginetest.Sweep())
		},
		"clicked": func(t *testing.T, w *enginetest.World, p *enginetest.Process) {
			store, id, _ := w.StoreIn(t, enginetest.Member)
			p.Handled(t, w.Click(t, id))
			w.Agrees(t, store, finding.Passed)
			p.Handled(t, enginetest.Sweep())
		},
		"compliant": func(t *testing.T, w *enginetest.World, p *enginetest.Process) {
			store, _, m := w.StoreIn(t, enginetest.Member)
			w.SetFlags(t, store, enginetest.Block(true, true, true, true))
			p.Handled(t, m)
			w.Agrees(t, store, finding.Passed)
			p.Handled(t, enginetest.Sweep())
		},
		"begun before the push": func(t *testing.T, w *enginetest.World, p *enginetest.Process) {
			store, _, m := w.StoreIn(t, enginetest.Member)
			p.Handled(t, m)
			offAndOn(t, w)
			w.Agrees(t, store, finding.Passed)
			p.Handled(t, enginetest.Sweep())
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.Ringed(t, 1)
			do(t, w, w.Stoppable())
			in(t, w, "first")
			if len(w.Runs()) != 1 {
				t.Errorf("%d runs", len(w.Runs()))
			}
		})
	}
}

// offAndOn takes Store.3 off auto and puts it on again.
func offAndOn(t *testing.T, w *enginetest.World) {
	t.Helper()
	auto := w.Config
	manual := w.Config
	manual.Controls = map[string]gate.Rule{"Store.3": {Mode: gate.Manual}}
	w.Push(t, manual)
	w.Push(t, auto)
}

// TestOnAgainBeginsAnew: an entry that was taken off auto and put on again begins in the first ring; a push that
// changes nothing of it leaves it where it is.
func TestOnAgainBeginsAnew(t *testing.T) {
	w := enginetest.Ringed(t, 1)
	p := w.Stoppable()
	w.Holds(t, p)
	in(t, w, "second")
	more := w.Config
	more.Contact = "security@example.org"
	w.Push(t, more)
	in(t, w, "second")
	offAndOn(t, w)
	in(t, w, "first")
	w.Holds(t, p)
	in(t, w, "second")
}

// TestHeldBack: who stops a control, or turns it off by hand, stops its way as well. It goes on when that has ended.
func TestHeldBack(t *testing.T) {
	for name, hold := range map[string]func(t *testing.T, w *enginetest.World) (lift func()){
		"stop": func(t *testing.T, w *enginetest.World) func() {
			w.Stop(t, "Store.3", "ada", "incident 7", 0)
			return func() { w.Resume(t, "Store.3") }
		},
		"everything": func(t *testing.T, w *enginetest.World) func() {
			w.Stop(t, "", "ada", "incident 7", 0)
			return func() { w.Resume(t, "") }
		},
		"the breaker, in one account": func(t *testing.T, w *enginetest.World) func() {
			stop := gate.Stop{Control: "Store.3", Account: enginetest.Other, Origin: gate.Origin{Owner: "Salve"}}
			if _, err := w.Ledger.Trip(t.Context(), stop, w.Clock.Now()); err != nil {
				t.Fatal(err)
			}
			return func() { w.ResumeIn(t, "Store.3", enginetest.Other) }
		},
		"disabled by hand": func(t *testing.T, w *enginetest.World) func() {
			off := gate.Disable{Control: "store.3", Origin: gate.Origin{Owner: "ada"}}
			if err := w.Ledger.Disable(t.Context(), off, w.Clock.Now()); err != nil {
				t.Fatal(err)
			}
			return func() {
				if lifted, err := w.Ledger.Lift(t.Context(), off); err != nil || !lifted {
					t.Fatal(lifted, err)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.Ringed(t, 1)
			p := w.Stoppable()
			store, _, m := w.StoreIn(t, enginetest.Member)
			p.Handled(t, m)
			lift := hold(t, w)
			w.Agrees(t, store, finding.Passed)
			for range 5 {
				p.Handled(t, enginetest.Sweep())
				w.Clock.Move(2 * time.Hour)
			}
			in(t, w, "first")
			lift()
			p.Handled(t, enginetest.Sweep())
			in(t, w, "second")
			if r := w.Only(t); r.Confirmed != run.ConfirmedPassed {
				t.Errorf("confirmed %q", r.Confirmed)
			}
		})
	}
}

// TestDoubtsHoldBack: while a dispute, an undo, or what takes fixes back is open, nothing moves the control on, and
// people hear what is in the way, once. A later fix of the same resource that holds ends it.
func TestDoubtsHoldBack(t *testing.T) {
	w := enginetest.Ringed(t, 1)
	p := w.Stoppable()
	store, id, m := w.StoreIn(t, enginetest.Member)
	p.Handled(t, m)
	w.Agrees(t, store, finding.Failed)
	p.Handled(t, enginetest.Sweep())
	w.Says(t, id, finding.Notified)
	w.Holds(t, p)
	w.Holds(t, p)
	in(t, w, "first")
	if n := kinds(notice.RingWaits, p); n != 1 {
		t.Errorf("%d notices, want one", n)
	}
	for _, n := range p.Told() {
		if n.Kind == notice.RingWaits && !strings.Contains(n.Why, store) {
			t.Errorf("why: %s", n.Why)
		}
	}
	w.SetFlags(t, store, nil)
	w.Mark(t, id, finding.New)
	p.Handled(t, w.Imported(t, id))
	w.Agrees(t, store, finding.Passed)
	p.Handled(t, enginetest.Sweep())
	in(t, w, "second")
}

// TestUndoHoldsBack: what was taken back is a doubt too, also where the fix was confirmed before.
func TestUndoHoldsBack(t *testing.T) {
	w := enginetest.Ringed(t, 2)
	p := w.Stoppable()
	first := w.Holds(t, p)
	w.TakenBack(t, p, first)
	w.Holds(t, p)
	w.Holds(t, p)
	in(t, w, "first")
	stored, err := w.Ledger.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stage := stored.Overlay().Stage(w.Config, gate.Control{ID: "Store.3"})
	err = w.Ledger.MoveRing(t.Context(), gate.Change{
		Number: stored.Changes + 1, Control: "Store.3", From: "first", To: "second", Bound: stage.Bound,
		Version: stored.Version, By: "ada", At: w.Clock.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Holds(t, p)
	w.Holds(t, p)
	in(t, w, gate.LastRing) // a person has looked, and moved it
}

// TestTwoAdvance: of two processes that count the last fix at once, one moves the control, by one ring.
func TestTwoAdvance(t *testing.T) {
	for _, at := range []string{"Held", "Settings", "MoveRing"} {
		t.Run(at, func(t *testing.T) {
			w := enginetest.Ringed(t, 1)
			second := w.Stoppable()
			store, _, m := w.StoreIn(t, enginetest.Member)
			second.Handled(t, m)
			w.Agrees(t, store, finding.Passed)
			first := w.Stoppable(enginetest.Meanwhile(at, func() { second.Handled(t, enginetest.Sweep()) }))
			first.Handled(t, enginetest.Sweep())
			w.Clock.Move(10 * time.Minute)
			first.Handled(t, enginetest.Sweep())
			in(t, w, "second")
			kept, err := w.Ledger.RingChanges(t.Context())
			if err != nil || len(kept) != 1 || kinds(notice.Advanced, first, second) != 1 {
				t.Errorf("%d changes, %v, %d notices", len(kept), err, kinds(notice.Advanced, first, second))
			}
		})
	}
}
