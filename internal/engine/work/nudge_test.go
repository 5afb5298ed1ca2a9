package work_test

import (
	"slices"
	"testing"

	"github.com/salve-security/salve/internal/engine/enginetest"
)

// TestChecksDelayNoClick: however many imported findings are throttled, their
// checks do not stand before a click; those of a click do not stand behind them.
func TestChecksDelayNoClick(t *testing.T) {
	for name, clicked := range map[string]bool{"imported": false, "clicked": true} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			_, id := w.Waiting(t, clicked)
			want := clicked
			nudges := w.Nudges()
			if len(nudges) != 1 || nudges[0].Waited != want {
				t.Fatalf("checks %+v, want one, waited for: %v", nudges, want)
			}
			// Who clicks on what waits has its next checks for a click's.
			p := w.Start()
			w.Fail("GetBlock", enginetest.Throttled())
			p.Handled(t, w.Click(t, id))
			w.Clock.Move(enginetest.Later)
			p.Handled(t, enginetest.Sweep())
			if nudges = w.Nudges(); !nudges[len(nudges)-1].Waited {
				t.Errorf("checks %+v", nudges)
			}
		})
	}
}

// TestClickOnWhatWaitsForAnother: a run of an imported finding waits while a sibling has the resource, and so does who
// clicks on it, but not behind imported findings.
func TestClickOnWhatWaitsForAnother(t *testing.T) {
	w := enginetest.New(t)
	store := w.Store(t, nil)
	sibling, id := w.Of(t, "Store.1", store), w.Report(t, enginetest.Spec(store))
	other := w.Start()
	p := w.Start(enginetest.Meanwhile("PutBlock", func() {
		other.Handled(t, w.Imported(t, id))
		other.Handled(t, w.Click(t, id))
		other.Handled(t, w.Click(t, id))
	}))
	p.Handled(t, w.Imported(t, sibling))
	var waited []bool
	for _, n := range w.Nudges() {
		waited = append(waited, n.Waited)
	}
	if !slices.Equal(waited, []bool{false, true}) {
		t.Errorf("checks %+v, want one behind imported findings and one of the click", w.Nudges())
	}
}
