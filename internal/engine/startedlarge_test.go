package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// hanging is a world in which a run gave up what it started, which still goes on.
func hanging(t *testing.T) (a *automation, p *enginetest.Process, store, id string) {
	t.Helper()
	w, store, id, m := triggers()[0].scene(t)
	a = automated(w)
	a.takes, a.own = 10*time.Minute, true
	p = a.on(t, w.Start())
	a.takes = 5 * time.Hour
	p.Handled(t, m)
	for range 8 {
		w.Clock.Move(enginetest.Later)
		p.Handled(t, enginetest.Sweep())
	}
	r := w.Ended(t, run.StatusUnverified)
	for _, words := range []string{"runbook Salve-Block (execution x-" + r.ID + ")", "within its 2h0m0s", "InProgress"} {
		if !strings.Contains(strings.ToLower(r.Reason), strings.ToLower(words)) {
			t.Errorf("the reason does not say %q: %q", words, r.Reason)
		}
	}
	w.Says(t, id, finding.Notified)
	return a, p, store, id
}

// TestWhatHangsIsLeftAlone: Salve does not stop an execution that is past its limit. While it goes on nobody can start
// another on the resource, be it to fix or to undo, nor can a report that comes again; then everybody can.
func TestWhatHangsIsLeftAlone(t *testing.T) {
	for name, ask := range map[string]func(*automation, *enginetest.Process, string, string) *run.Run{
		"click": func(a *automation, p *enginetest.Process, _, id string) *run.Run {
			p.Handled(t, a.Click(t, id))
			return a.Runs()[len(a.Runs())-1]
		},
		"report": func(a *automation, p *enginetest.Process, _, id string) *run.Run {
			a.Mark(t, id, finding.New) // whoever owns the account may do so
			p.Handled(t, a.Imported(t, id))
			return a.Runs()[len(a.Runs())-1]
		},
		"operator": func(_ *automation, p *enginetest.Process, store, _ string) *run.Run {
			r, err := p.Apply(t.Context(), enginetest.Wish(store))
			if err != nil {
				t.Fatal(err)
			}
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, p, store, id := hanging(t)
			r := ask(a, p, store, id)
			if r.Status != run.StatusRefused || !strings.Contains(r.Reason, "is InProgress and may still change") {
				t.Errorf("run is %s: %s", r.Status, r.Reason)
			}
			a.once(t, 1)
			a.Clock.Move(5 * time.Hour)
			a.goOn(t)
			a.SetFlags(t, store, nil) // it ended, and somebody changed that back
			if r = ask(a, p, store, id); r.State != run.StateParked {
				t.Errorf("run is %s: %s", r.Status, r.Reason)
			}
			if len(a.started) != 2 {
				t.Errorf("%d executions", len(a.started))
			}
		})
	}
}

// TestUndoOfWhatHangs waits for its end too.
func TestUndoOfWhatHangs(t *testing.T) {
	a, p, store, id := hanging(t)
	fix := a.Runs()[0].ID
	a.Clock.Move(time.Minute)
	a.SetFlags(t, store, enginetest.Block(true, true, true, true)) // it has done its first step
	undo, err := p.Undo(t.Context(), fix, "alice")
	if err != nil || undo.Status != run.StatusRefused || !strings.Contains(undo.Reason, "let it end") {
		t.Fatalf("undo is %+v, %v", undo, err)
	}
	a.once(t, 1)
	a.Says(t, id, finding.Notified)
}

// TestUndoOfWhatHasNotBegun: the resource is as it was, and will not stay so.
func TestUndoOfWhatHasNotBegun(t *testing.T) {
	a, p, store, id := hanging(t)
	undo, err := p.Undo(t.Context(), a.Runs()[0].ID, "alice")
	if err != nil || undo.Status != run.StatusRefused || a.Blocked(store) {
		t.Fatalf("undo is %+v, %v", undo, err)
	}
	if _, err := p.PreviewUndo(t.Context(), work.Takeback{Run: a.Runs()[0].ID, Actor: "alice"}); err == nil {
		t.Error("a preview shows what would be refused")
	}
	a.Says(t, id, finding.Notified)
}

// mappedHangs is a world in which a runbook of the configuration is past its limit and still goes on.
func mappedHangs(t *testing.T) (b *bookings, p *enginetest.Process, store string) {
	t.Helper()
	w, store, _, m := triggers()[0].scene(t)
	b = booked(w)
	b.says = control.Progress{Status: "InProgress"}
	b.mapped("Store.3", gate.Rule{Mode: gate.Auto, Runbook: &control.Mapping{Document: "Acme-Close"}})
	p = b.on(t, w.Start())
	p.Handled(t, m)
	for range 8 {
		w.SetFlags(t, store, enginetest.Block(true, false, false, false)) // it has come so far
		w.Clock.Move(enginetest.Later)
		p.Handled(t, enginetest.Sweep())
	}
	w.Ended(t, run.StatusUnverified)
	return b, p, store
}

// TestMappedHangs: a playbook that starts nothing keeps off what a runbook of the configuration may still change,
// be it to undo, to fix by itself, or to fix what a sibling asks for.
func TestMappedHangs(t *testing.T) {
	for name, ask := range map[string]func(*bookings, *enginetest.Process, string) (*run.Run, error){
		"undo": func(b *bookings, p *enginetest.Process, _ string) (*run.Run, error) {
			return p.Undo(t.Context(), b.Runs()[0].ID, "alice")
		},
		"mapped no more": func(b *bookings, p *enginetest.Process, store string) (*run.Run, error) {
			b.mapped("Store.3", gate.Rule{Mode: gate.Auto})
			return p.Apply(t.Context(), enginetest.Wish(store))
		},
		"sibling": func(_ *bookings, p *enginetest.Process, store string) (*run.Run, error) {
			wish := enginetest.Wish(store)
			wish.Control = "Store.1"
			return p.Apply(t.Context(), wish)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, p, store := mappedHangs(t)
			r, err := ask(b, p, store)
			if err != nil || r.Status != run.StatusRefused || !strings.Contains(r.Reason, "is InProgress and may still") {
				t.Fatalf("run is %+v, %v", r, err)
			}
			if d := cmp.Diff(enginetest.Block(true, false, false, false), b.Flags(store)); d != "" {
				t.Error(d)
			}
			b.says = control.Progress{Status: "Cancelled", Over: true, Failed: true}
			if r, err = ask(b, p, store); err != nil || r.Status == run.StatusRefused {
				t.Errorf("it is over, and the run is %+v, %v", r, err)
			}
		})
	}
}

// TestNobodyKnowsWhatHangs: an execution that cannot be looked at keeps nobody from the resource for ever.
func TestNobodyKnowsWhatHangs(t *testing.T) {
	a, p, store, _ := hanging(t)
	a.says = func() (control.Progress, error) { return control.Progress{}, errors.New("no answer") }
	r, err := p.Apply(t.Context(), enginetest.Wish(store))
	if err != nil || r.State != run.StateParked {
		t.Errorf("run is %+v, %v", r, err)
	}
}

// closedCounter gives out no turns.
type closedCounter struct{}

func (closedCounter) Next(context.Context, string, string, time.Time) (time.Time, error) {
	return time.Time{}, enginetest.Down()
}

// TestNoTurnNoStart: a run that gave up asking for its turn has ended, and starts nothing.
func TestNoTurnNoStart(t *testing.T) {
	w, _, id, m := triggers()[1].scene(t)
	a := automated(w)
	p := a.on(t, w.Start())
	p.Starts = closedCounter{}
	p.Handled(t, m)
	for range 12 {
		w.Clock.Move(enginetest.Later)
		p.Handled(t, enginetest.Sweep())
	}
	r := w.Ended(t, run.StatusFailed)
	if !strings.Contains(r.Reason, "Salve gave up") || len(a.started) > 0 {
		t.Errorf("%d starts, reason %q", len(a.started), r.Reason)
	}
	w.Says(t, id, finding.Notified)
}
