package engine_test

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
)

// TestNotesSayWhomToAsk: whatever a note is about, where the configuration names somebody.
func TestNotesSayWhomToAsk(t *testing.T) {
	const asks = "Questions: security@example.org"
	mode := func(m gate.Mode) gate.Config {
		c := enginetest.Modes(m)
		c.Contact = "security@example.org"
		return c
	}
	w := enginetest.New(t)
	w.Config = mode(gate.Auto)
	p := w.Start()
	_, id, r := w.Repaired(t, p, nil)
	w.Shows(t, id, finding.Resolved, "Undo: salve undo "+r.ID+" --yes | "+asks)
	w.Clock.Move(time.Minute)
	w.Config = mode(gate.Off)
	p.Handled(t, w.Click(t, id)) // at the gate
	w.Shows(t, id, finding.Resolved, "is off here", asks)
	w.Config = mode(gate.Auto)
	w.TakenBack(t, p, r)
	w.Shows(t, id, finding.New, "taken back by alice", asks)
	w.Distrust(enginetest.Member) // a run that waits
	other := w.Report(t, enginetest.Spec(w.Store(t, nil)))
	p.Handled(t, w.Imported(t, other), w.Click(t, other))
	w.Shows(t, other, finding.Notified, asks)
	w.Trust(enginetest.Member)
	w.Config = mode(gate.Approve)
	third := w.Report(t, enginetest.Spec(w.Store(t, nil)))
	p.Handled(t, w.Imported(t, third))
	w.Shows(t, third, finding.Notified, "Can approve", asks)
}
