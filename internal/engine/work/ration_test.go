package work_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/share"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/ledger/memory"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// ends are worlds in which a run for a report ends in all the ways it can, again and again.
func ends() map[run.Status]func(t *testing.T, w *enginetest.World) (store, id string) {
	plain := func(t *testing.T, w *enginetest.World, flags *enginetest.Flags) (store, id string) {
		store = w.Store(t, flags)
		return store, w.Report(t, enginetest.Spec(store))
	}
	return map[run.Status]func(t *testing.T, w *enginetest.World) (store, id string){
		run.StatusCompliant: func(t *testing.T, w *enginetest.World) (string, string) {
			return plain(t, w, enginetest.Block(true, true, true, true))
		},
		run.StatusPlanned: func(t *testing.T, w *enginetest.World) (string, string) {
			w.Config = enginetest.Modes(gate.Plan)
			return plain(t, w, nil)
		},
		run.StatusAwaitingApproval: func(t *testing.T, w *enginetest.World) (string, string) {
			w.Config = enginetest.Modes(gate.Approve)
			return plain(t, w, nil)
		},
		run.StatusVerified: func(t *testing.T, w *enginetest.World) (string, string) { return plain(t, w, nil) },
		run.StatusDenied: func(t *testing.T, w *enginetest.World) (string, string) {
			w.Forbid("store:PutBlock", "service control policy")
			return plain(t, w, nil)
		},
		run.StatusFailed: func(t *testing.T, w *enginetest.World) (string, string) {
			w.Fail("PutBlock", fault.New(fault.Invalid, "no such setting"))
			return plain(t, w, nil)
		},
		run.StatusRefused: func(t *testing.T, w *enginetest.World) (string, string) {
			w.Fail("GetBlock", fault.New(fault.Refused, "the store is full"))
			return plain(t, w, nil)
		},
		run.StatusGone: func(t *testing.T, w *enginetest.World) (string, string) {
			id := "arn:aws:store:::nowhere"
			return id, w.Report(t, enginetest.Spec(id))
		},
	}
}

// loops lets somebody set the finding back to NEW, or the resource fail, again and again for two days, and returns how
// many runs there were after the first minute.
func loops(t *testing.T, w *enginetest.World, p *enginetest.Process, store, id string) (inMinute int) {
	t.Helper()
	for i, end := 0, w.Clock.Now().Add(48*time.Hour); w.Clock.Now().Before(end); i++ {
		again, pause := 1, 20*time.Minute
		if i < 15 { // many in the first minute, then one a minute
			again, pause = max(1, 30*(1-i)), time.Minute
		}
		for range again {
			w.Mark(t, id, finding.New)
			if w.Puts(store) > 0 {
				w.SetFlags(t, store, nil)
			}
			p.Handled(t, w.Imported(t, id))
		}
		p.Handled(t, enginetest.Sweep())
		if i == 0 {
			inMinute = len(w.Runs())
		}
		w.Clock.Move(pause)
	}
	return inMinute
}

// told counts the notices of a kind.
func told(p *enginetest.Process, kind notice.Kind) int {
	n := 0
	for _, notice := range p.Told() {
		if notice.Kind == kind {
			n++
		}
	}
	return n
}

// TestLoop: whatever the runs of a loop end with, there are few of them; people hear of it once a day; and the work is
// still done in the end.
func TestLoop(t *testing.T) {
	for status, scene := range ends() {
		t.Run(string(status), func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			store, id := scene(t, w)
			inMinute := loops(t, w, p, store, id)
			runs := w.Runs()
			most, heard := 11, 2 // five a day, and the one that waits
			if status == run.StatusVerified {
				most, heard = 3, 0 // then something keeps changing it back
			}
			if inMinute > 4 || len(runs) > most || len(runs) < min(most, 10) {
				t.Errorf("%d runs in a minute, %d in two days, want at most %d", inMinute, len(runs), most)
			}
			for _, r := range runs[:len(runs)-1] {
				if r.State != run.StateClosed || r.Status != status {
					t.Errorf("run %s is %s %s", r.ID, r.State, r.Status)
				}
			}
			if n := told(p, notice.Cooling); n != heard {
				t.Errorf("people were told %d times that the work rests, want %d", n, heard)
			}
		})
	}
}

// resting makes a store whose work was planned three times just now, so that what is reported next waits: the run of
// finding id.
func resting(t *testing.T, w *enginetest.World, p *enginetest.Process) (store, id string, waits *run.Run) {
	t.Helper()
	store = w.Store(t, nil)
	config := w.Config
	w.Config = enginetest.Modes(gate.Plan)
	for i := range 3 {
		p.Handled(t, w.Imported(t, w.Numbered(t, enginetest.Spec(store), i)))
	}
	w.Config = config
	w.Clock.Move(20 * time.Second)
	id = w.Numbered(t, enginetest.Spec(store), 4)
	p.Handled(t, w.Imported(t, id))
	return store, id, deferred(t, w)
}

// deferred is the one run that waits.
func deferred(t *testing.T, w *enginetest.World) *run.Run {
	t.Helper()
	var found []*run.Run
	for _, r := range w.Runs() {
		if r.Status == run.StatusDeferred {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d runs wait, want one: %+v", len(found), w.Runs())
	}
	return found[0]
}

// TestLoopInDisguise: what is the same work rests whatever the finding that reports it looks like.
func TestLoopInDisguise(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	w.Config = enginetest.Modes(gate.Plan)
	store := w.Store(t, nil)
	for i := range 30 {
		spec := enginetest.Spec(store)
		if i%3 > 0 { // what a standard of its own says, under an id of its own
			spec.Consolidated, spec.Standard, spec.StandardControlID = false, "fsbp-1.0.0", "Store.3"
		}
		if i%5 == 0 {
			spec.Status = "WARNING"
		}
		p.Handled(t, w.Imported(t, w.Numbered(t, spec, i)))
	}
	waits := deferred(t, w)
	if n := len(w.Runs()); n != 4 || len(waits.Findings) != 27 {
		t.Errorf("%d runs, want three and one that waits with %d findings", n, len(waits.Findings))
	}
	w.Clock.Move(5 * time.Minute)
	p.Handled(t, enginetest.Sweep())
	for _, r := range w.Runs() {
		if r.State != run.StateClosed || r.Status != run.StatusPlanned {
			t.Errorf("run %s is %s %s", r.ID, r.State, r.Status)
		}
	}
}

// TestRestIsNotLoss: what was reported while the work rested is done after it, and says so.
func TestRestIsNotLoss(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	store, id, waits := resting(t, w, p)
	if !strings.Contains(waits.Reason, "3 times within 5 minutes, and lets it rest") {
		t.Errorf("reason %q", waits.Reason)
	}
	left := 5*time.Minute - 20*time.Second
	if d := cmp.Diff([]enginetest.Nudge{{Run: waits.ID, After: left}}, w.Nudges()); d != "" {
		t.Error(d)
	}
	p.Handled(t, enginetest.Sweep(), enginetest.Check(waits.ID))
	w.Says(t, id, finding.New)
	w.Clock.Move(left)
	p.Handled(t, enginetest.Check(waits.ID))
	if !w.Blocked(store) || len(p.Told()) > 0 {
		t.Errorf("not done when the rest was over, or people were told: %+v", p.Told())
	}
	w.Says(t, id, finding.Resolved)
}

// TestRestIsOverForNothing: what was answered meanwhile is not done.
func TestRestIsOverForNothing(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	store, id, _ := resting(t, w, p)
	w.Mark(t, id, finding.Suppressed)
	w.Clock.Move(5 * time.Minute)
	p.Handled(t, enginetest.Sweep())
	if w.Blocked(store) {
		t.Error("it was done although a person had suppressed it")
	}
	w.Says(t, id, finding.Suppressed)
}

// TestRunWithoutRoom: of very many findings about the same, those for which the open run has no room are left to
// Security Hub's next check; a person who clicks on one is told. The run comes to its end.
func TestRunWithoutRoom(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	store, _, waits := resting(t, w, p)
	var last string
	for i := range 300 {
		last = w.Numbered(t, enginetest.Spec(store), 100+i)
		p.Handled(t, w.Imported(t, last))
	}
	if n := len(deferred(t, w).Findings); n < 50 || n > 250 {
		t.Errorf("%d findings joined", n)
	}
	w.Says(t, last, finding.New)
	p.Handled(t, w.Click(t, last))
	w.Shows(t, last, finding.Notified, "Run "+waits.ID, "as many findings as it can answer")
	w.Clock.Move(5 * time.Minute)
	p.Handled(t, enginetest.Sweep())
	if !w.Blocked(store) {
		t.Error("the run did not come to its end")
	}
}

// TestClicksDoNotRest: a person has seen what is going on. Who clicks without end waits, and is told so.
func TestClicksDoNotRest(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	w.Config = enginetest.Modes(gate.Manual)
	w.Forbid("store:PutBlock", "service control policy")
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	for range run.Remembered {
		p.Handled(t, w.Click(t, id))
		w.Clock.Move(time.Second)
	}
	if n := len(w.Runs()); n != run.Remembered {
		t.Fatalf("%d runs for %d clicks", n, run.Remembered)
	}
	p.Handled(t, w.Click(t, id))
	runs := w.Runs()
	last := runs[len(runs)-1]
	if len(runs) != run.Remembered+1 || last.Status != run.StatusDeferred {
		t.Fatalf("%d runs, the last is %s", len(runs), last.Status)
	}
	w.Shows(t, id, finding.Notified, "5 times within 10 minutes", "goes on at")
}

// TestClickEndsARest: it takes up the run that waits.
func TestClickEndsARest(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	store, id, _ := resting(t, w, p)
	p.Handled(t, w.Click(t, id))
	if !w.Blocked(store) || len(w.Runs()) != 4 {
		t.Errorf("flags %+v, %d runs", w.Flags(store), len(w.Runs()))
	}
	w.Says(t, id, finding.Resolved)
}

// TestOperatorsDoNotRest, nor make others wait.
func TestOperatorsDoNotRest(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	store := w.Store(t, nil)
	for range run.Remembered + 1 {
		if _, err := p.Apply(t.Context(), enginetest.Wish(store)); err != nil {
			t.Fatal(err)
		}
	}
	w.SetFlags(t, store, nil)
	w.Config = enginetest.Modes(gate.Plan)
	w.Clock.Move(time.Second) // ids sort by time
	p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(store))))
	runs := w.Runs()
	if r := runs[len(runs)-1]; len(runs) != run.Remembered+2 || r.Status != run.StatusPlanned {
		t.Errorf("%d runs, the last is %s", len(runs), r.Status)
	}
}

// TestShareOfAnAccount: who has begun more runs than an hour has room for waits for a turn, one a second; people hear
// of it once; nothing is lost; others do not wait.
func TestShareOfAnAccount(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	spend(t, w.Ledger, w, enginetest.Member)
	const late = 30
	var stores, ids []string
	for range late {
		stores = append(stores, w.Store(t, nil))
		ids = append(ids, w.Report(t, enginetest.Spec(stores[len(stores)-1])))
		p.Handled(t, w.Imported(t, ids[len(ids)-1]))
	}
	for i, r := range w.Runs() {
		if r.Status != run.StatusDeferred || r.Due.Sub(w.Clock.Now()) > late*time.Second ||
			!strings.Contains(r.Reason, "Account 222222222222 has had its share of runs") {
			t.Errorf("run %d is %s until %v: %q", i, r.Status, r.Due, r.Reason)
		}
	}
	var kinds []notice.Kind
	for _, n := range p.Told() {
		kinds = append(kinds, n.Kind)
	}
	if d := cmp.Diff([]notice.Kind{notice.Limited}, kinds); d != "" {
		t.Error(d)
	}
	w.Says(t, ids[0], finding.New)

	other := w.StoreOf(t, enginetest.Other, nil)
	spec := enginetest.Spec(other)
	spec.Account = enginetest.Other
	p.Handled(t, w.Imported(t, w.Report(t, spec)))
	if !w.Blocked(other) {
		t.Error("another account waits too")
	}
	clicked := w.Store(t, nil)
	p.Handled(t, w.Click(t, w.Report(t, enginetest.Spec(clicked))))
	if !w.Blocked(clicked) {
		t.Error("a person who clicks waits")
	}

	w.Clock.Move(late / 2 * time.Second)
	p.Handled(t, enginetest.Sweep())
	if n := blocked(w, stores); n != late/2 {
		t.Errorf("%d are done after %d seconds", n, late/2)
	}
	w.Clock.Move(late / 2 * time.Second)
	p.Handled(t, enginetest.Sweep())
	if n := blocked(w, stores); n != late {
		t.Errorf("%d of %d are done", n, late)
	}
}

// spend uses an account's share of the hour up.
func spend(t *testing.T, book *memory.Ledger, w *enginetest.World, account string) {
	t.Helper()
	if _, drawn, err := book.Draw(t.Context(), account, time.Hour, w.Clock.Now(), time.Time{}); err != nil || !drawn {
		t.Fatal(drawn, err)
	}
}

func blocked(w *enginetest.World, stores []string) int {
	n := 0
	for _, s := range stores {
		if w.Blocked(s) {
			n++
		}
	}
	return n
}

// TestTurnsThatNoRunUsed are not lost: only runs count.
func TestTurnsThatNoRunUsed(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	_, id, _ := resting(t, w, p) // four turns
	w.ClearCalls()
	for range 3 * share.Block {
		p.Handled(t, w.Imported(t, id)) // joins the run that waits
	}
	for _, c := range w.Calls() {
		if c.Operation == "Draw" {
			t.Fatal("a turn was taken for an event that began no run")
		}
	}
}
