package work_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/notice"
)

// TestTugOfWar: what somebody changes back every day is fixed three times, then
// left alone and told.
func TestTugOfWar(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	event := func() {
		t.Helper()
		w.SetFlags(t, store, enginetest.Block(false, false, false, false))
		w.Mark(t, id, finding.New) // as Security Hub does when a control fails again
		p.Handled(t, w.Imported(t, id))
		w.Clock.Move(24 * time.Hour)
	}
	for range 3 {
		event()
	}
	if w.Puts(store) != 3 {
		t.Fatalf("%d writes", w.Puts(store))
	}
	fourth := w.Clock.Now()
	event()
	w.Says(t, id, finding.Notified)
	event()
	if w.Blocked(store) || len(w.Runs()) != 3 {
		t.Errorf("fixed again: %d runs", len(w.Runs()))
	}
	reverted := slices.DeleteFunc(p.Told(), func(n notice.Notice) bool { return n.Kind != notice.Reverted })
	if len(reverted) != 1 || !reverted[0].When.Equal(fourth) || reverted[0].Until.IsZero() || reverted[0].RunID != "" ||
		!strings.HasPrefix(reverted[0].ToDo, "salve apply Store.3 arn:aws:store:::") {
		t.Errorf("told %+v", reverted)
	}
	w.Clock.Move(7 * 24 * time.Hour)
	event()
	if len(w.Runs()) != 4 {
		t.Error("the hold does not end")
	}
}
