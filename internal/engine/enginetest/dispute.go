package enginetest

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/finding"
)

// Answer is what becomes of the finding of a store after its fix: a compliance
// status, ARCHIVED, SUPPRESSED by a person and still failed, or "" for nothing.
func (w *World) Answer(t *testing.T, store, id, says string) {
	t.Helper()
	spec := Spec(store)
	switch says {
	case "":
		return
	case finding.Archived:
		spec.RecordState = says
	case finding.Suppressed:
		w.Mark(t, id, says)
	default:
		spec.Status = says
	}
	w.Report(t, spec)
}

// Disputable is a fix that people know of and that Security Hub still sees as failed when it is asked.
func (w *World) Disputable(t *testing.T) (store, id, fix string) {
	t.Helper()
	p := w.Start()
	store, id, r := w.Repaired(t, p, Block(false, false, false, false))
	w.Clock.Move(time.Hour)
	p.Handled(t, Sweep()) // the digest
	w.Answer(t, store, id, finding.Failed)
	w.Clock.Move(36 * time.Hour)
	return store, id, r.ID
}
