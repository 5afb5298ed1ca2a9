package work_test

import (
	"testing"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// off has ada disable a control by hand.
func off(t *testing.T, w *enginetest.World, control string) {
	t.Helper()
	d := gate.Disable{Control: control, Origin: gate.Origin{Owner: "ada", Reason: "incident 7"}, Since: w.Clock.Now()}
	if err := w.Ledger.Disable(t.Context(), d, w.Clock.Now()); err != nil {
		t.Fatal(err)
	}
}

// TestDisabledByHandHolds: whatever the document says, for who reports and who clicks; an operator's own word counts.
func TestDisabledByHandHolds(t *testing.T) {
	w := enginetest.New(t)
	p := w.Stoppable()
	b := w.Store(t, nil)
	id := w.Of(t, "Store.3", b)
	off(t, w, "store.3")
	p.Handled(t, w.Imported(t, id), enginetest.Sweep())
	w.Untouched(t, id)
	p.Handled(t, w.Click(t, id))
	w.Shows(t, id, finding.Notified, "ada disabled Store.3 by hand: incident 7.", "To do: salve enable Store.3 --lift")
	if w.Blocked(b) || len(w.Runs()) > 0 {
		t.Errorf("acted: %+v", w.Runs())
	}
	if r, err := p.Apply(t.Context(), enginetest.Wish(b)); err != nil || r.Status != run.StatusVerified {
		t.Errorf("apply: %v %+v", err, r)
	}
}

// TestDisabledMeanwhile: a run that waited and has written nothing ends.
func TestDisabledMeanwhile(t *testing.T) {
	w := enginetest.New(t)
	b, _ := w.Waiting(t, true)
	off(t, w, "Store.3")
	w.Clock.Move(enginetest.Later)
	w.Stoppable().Handled(t, enginetest.Sweep())
	w.Ended(t, run.StatusRefused)
	if w.Blocked(b) {
		t.Error("it was done although it is disabled")
	}
}

// TestExceptionByHand: it protects what is written as one of the document does, until somebody ends it.
func TestExceptionByHand(t *testing.T) {
	w := enginetest.New(t)
	b := w.Store(t, nil)
	id := w.Of(t, "Store.3", b)
	g := gate.Given{Exception: gate.Exception{
		ID: "x1", Control: "store.1", Resource: b, Owner: "web", Ticket: "SEC-12", Reason: "static web site",
		Expires: gate.Date{Day: w.Clock.Now().AddDate(0, 1, 0)},
	}}
	if err := w.Ledger.Except(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	p := w.Stoppable()
	p.Handled(t, w.Imported(t, id), enginetest.Sweep())
	w.Untouched(t, id)
	_, err := p.Apply(t.Context(), enginetest.Wish(b))
	if fault.Of(err) != fault.Refused || !mentions(err, "web", "SEC-12") {
		t.Errorf("apply: %v", err)
	}
	p.Handled(t, w.Click(t, id))
	w.Shows(t, id, finding.Notified, "web", "SEC-12", "static web site")
	if ended, err := w.Ledger.EndExcept(t.Context(), "x1", "ada", w.Clock.Now()); err != nil || !ended {
		t.Fatal(ended, err)
	}
	if r, err := p.Apply(t.Context(), enginetest.Wish(b)); err != nil || r.Status != run.StatusVerified {
		t.Errorf("apply after its end: %v %+v", err, r)
	}
}

// TestExceptionByHandForWhatWaits: one that is made meanwhile ends a run that has written nothing.
func TestExceptionByHandForWhatWaits(t *testing.T) {
	w := enginetest.New(t)
	b, _ := w.Waiting(t, true)
	g := gate.Given{Exception: gate.Exception{
		ID: "x1", Control: "*", Resource: b, Owner: "web", Reason: "moves",
		Expires: gate.Date{Day: w.Clock.Now().AddDate(0, 1, 0)},
	}}
	if err := w.Ledger.Except(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	w.Clock.Move(enginetest.Later)
	w.Stoppable().Handled(t, enginetest.Sweep())
	w.Ended(t, run.StatusRefused)
}
