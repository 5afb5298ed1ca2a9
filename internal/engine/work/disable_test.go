package work_test

import (
	"testing"

	"github.com/salve-security/salve/internal/engine/enginetest"
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
