package enginetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// Runs are all runs, the oldest first.
func (w *World) Runs() []*run.Run { return w.Ledger.Runs() }

// Only is the one run there is.
func (w *World) Only(t *testing.T) *run.Run {
	t.Helper()
	runs := w.Runs()
	if len(runs) != 1 {
		t.Fatalf("%d runs, want 1: %+v", len(runs), runs)
	}
	return runs[0]
}

// Ended expects the one run there is to be closed with a status, and to hold nothing.
func (w *World) Ended(t *testing.T, status run.Status) *run.Run {
	t.Helper()
	r := w.Only(t)
	if r.State != run.StateClosed || r.Status != status {
		t.Fatalf("run is %s %s (%s), want closed %s", r.State, r.Status, r.Reason, status)
	}
	w.Unlocked(t)
	return r
}

// Unlocked expects that no resource is locked.
func (w *World) Unlocked(t *testing.T) {
	t.Helper()
	if locks := w.Ledger.Locks(); len(locks) > 0 {
		t.Errorf("locks left: %v", locks)
	}
}

// Shows expects a finding's workflow status and parts of its note.
func (w *World) Shows(t *testing.T, id, status string, parts ...string) {
	t.Helper()
	f := w.Finding(t, id)
	if f.Workflow.Status != status {
		t.Errorf("finding is %s, want %s; note %q", f.Workflow.Status, status, f.Note.Text)
	}
	for _, part := range parts {
		if !strings.Contains(f.Note.Text, part) {
			t.Errorf("note %q does not say %q", f.Note.Text, part)
		}
	}
}

// Says expects a finding's workflow status. One that is not NEW any more says why.
func (w *World) Says(t *testing.T, id, status string) {
	t.Helper()
	w.Shows(t, id, status)
	if status != finding.New && status != finding.Suppressed && w.Finding(t, id).Note.Text == "" {
		t.Errorf("finding %s is %s without a note", id, status)
	}
}

// Untouched expects a finding as Security Hub wrote it.
func (w *World) Untouched(t *testing.T, id string) {
	t.Helper()
	if f := w.Finding(t, id); f.Workflow.Status != finding.New || f.Note.Text != "" {
		t.Errorf("finding is %s with note %q, want it left alone", f.Workflow.Status, f.Note.Text)
	}
}

// Written are the calls since they were cleared that wrote anywhere but to the ledger.
func (w *World) Written() []Call {
	return slices.DeleteFunc(w.Calls(), func(c Call) bool { return !c.Write })
}

// BeyondLedger are the calls since they were cleared to anything but the ledger and the queues.
func (w *World) BeyondLedger() []Call {
	return slices.DeleteFunc(w.Calls(), func(c Call) bool { return c.Service == Ledger || c.Service == Queues })
}

// Puts counts Salve's writes to a resource since the calls were cleared.
func (w *World) Puts(id string) int {
	n := 0
	for _, c := range w.Written() {
		if c.Resource == id {
			n++
		}
	}
	return n
}

// Silent expects that nothing was written anywhere since the calls were cleared,
// and that the ledger is empty.
func (w *World) Silent(t *testing.T) {
	t.Helper()
	for _, c := range w.Written() {
		t.Errorf("%s %s was called on %s", c.Service, c.Operation, c.Resource)
	}
	w.NothingStored(t)
}

// Unclaimed expects that nothing was done for an event. What the account's share lost by it is no matter.
func (w *World) Unclaimed(t *testing.T) {
	t.Helper()
	for _, c := range w.Written() {
		t.Errorf("%s %s was called on %s", c.Service, c.Operation, c.Resource)
	}
	for line := range strings.Lines(w.Ledger.Dump()) {
		if !strings.HasPrefix(line, "share ") {
			t.Errorf("the ledger has %s", line)
		}
	}
}

// NothingStored expects an empty ledger.
func (w *World) NothingStored(t *testing.T) {
	t.Helper()
	if stored := w.Ledger.Dump(); stored != "" {
		t.Errorf("the ledger has %s, want nothing", stored)
	}
}

// Flagged expects the flags of a store, one by one.
func (w *World) Flagged(t *testing.T, store string, want *Flags) {
	t.Helper()
	if diff := cmp.Diff(want, w.Flags(store)); diff != "" {
		t.Error(diff)
	}
}

// Fixed expects a store and its findings to be where one undisturbed run leaves
// them: fixed by one write, said on every finding, nothing held or open.
func (w *World) Fixed(t *testing.T, store string, findings ...string) {
	t.Helper()
	if n := w.Puts(store); n != 1 {
		t.Errorf("%d writes to the store, want 1", n)
	}
	w.Settled(t, store, findings...)
}

// Settled is Fixed, however many writes that took.
func (w *World) Settled(t *testing.T, store string, findings ...string) {
	t.Helper()
	if !w.Blocked(store) {
		t.Errorf("the store is open: %+v", w.Flags(store))
	}
	for _, id := range findings {
		w.Says(t, id, finding.Resolved)
	}
	r := w.Only(t)
	if r.State != run.StateClosed || r.Status != run.StatusVerified {
		t.Errorf("run is %s, %s (%s)", r.State, r.Status, r.Reason)
	}
	if len(r.Findings) != len(findings) {
		t.Errorf("run knows %d findings, want %d", len(r.Findings), len(findings))
	}
	w.Unlocked(t)
}

// TakenBack expects an undo of a run to work.
func (w *World) TakenBack(t *testing.T, p *Process, r *run.Run) *run.Run {
	t.Helper()
	undo, err := p.Undo(t.Context(), r.ID, "alice")
	if err != nil || undo.Status != run.StatusUndone {
		t.Fatalf("undo of %s: %+v, %v", r.ID, undo, err)
	}
	return undo
}

// Fixes counts notices that something was fixed.
func Fixes(processes ...*Process) int {
	fixed := 0
	for _, p := range processes {
		for _, n := range p.Told() {
			if n.Kind == notice.Fixed {
				fixed++
			}
		}
	}
	return fixed
}
