package sweep_test

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// TestEarlyCheckWaitsForTheNext: a check of Security Hub that began within half an hour of the fix may have seen what
// was there before. It is asked again after its next one.
func TestEarlyCheckWaitsForTheNext(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	store, id, fix := w.Repaired(t, p, nil)
	spec := enginetest.Spec(store)
	spec.At = fix.Finished.Add(20 * time.Minute)
	w.Report(t, spec)
	w.Clock.Move(37 * time.Hour)
	p.Handled(t, enginetest.Sweep())
	if r := w.Only(t); r.Confirmed != "" || r.Confirm.IsZero() || disputes(p.Told()) != 0 {
		t.Errorf("confirmed %q, asked again at %v, told %+v", r.Confirmed, r.Confirm, p.Told())
	}
	w.Says(t, id, finding.Resolved)
	spec.At = w.Clock.Now()
	w.Report(t, spec)
	w.Clock.Move(25 * time.Hour)
	p.Handled(t, enginetest.Sweep())
	if r := w.Only(t); r.Confirmed != run.ConfirmedDisputed || disputes(p.Told()) != 1 {
		t.Errorf("confirmed %q, told %+v", r.Confirmed, p.Told())
	}
	w.Shows(t, id, finding.Notified, "Salve and Security Hub see Store.3 differently",
		"Salve read it as met on 2026-03-02 10:10 UTC", "Security Hub's check of 2026-03-03 23:10 UTC",
		"Undo: salve undo "+fix.ID)
}
