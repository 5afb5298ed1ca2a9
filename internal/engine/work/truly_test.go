package work_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
)

// TestClickJoinsWhatEndsQuietly: who clicks on a run that ends without a word hears of it all the same.
func TestClickJoinsWhatEndsQuietly(t *testing.T) {
	w := enginetest.New(t)
	store, id := w.Waiting(t, false)
	w.Config = enginetest.Modes(gate.Manual)
	w.Clock.Move(enginetest.Later)
	p := w.Start(enginetest.Meanwhile("Close", func() {
		w.Start().Handled(t, w.Click(t, id))
	}))
	p.Handled(t, enginetest.Sweep())
	for range 3 {
		w.Clock.Move(enginetest.Later)
		p.Handled(t, enginetest.Sweep())
	}
	f := w.Finding(t, id)
	if f.Workflow.Status == finding.New && f.Note.Text == "" && !w.Blocked(store) {
		t.Errorf("a person clicked; nothing was done and nothing said: %+v", f)
	}
}

// TestDisputeAnsweredLate: where Security Hub agrees by the time of the answer there is nothing to dispute.
func TestDisputeAnsweredLate(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	store, id, fix := w.Repaired(t, p, nil)
	spec := enginetest.Spec(store)
	spec.At = fix.Finished.Add(31 * time.Minute)
	w.Report(t, spec)
	w.Clock.Move(time.Hour)
	p.Handled(t, enginetest.Sweep())
	w.Mark(t, id, finding.New)
	m := w.Imported(t, id)
	w.Fail("BatchUpdateFindings", enginetest.Down())
	p.Handled(t, m)
	w.Heal()
	w.Clock.Move(enginetest.Later)
	spec.At, spec.Status = w.Clock.Now(), "PASSED"
	w.Report(t, spec)
	p.Handled(t, enginetest.Sweep())
	f := w.Finding(t, id)
	if strings.Contains(f.Note.Text, "0001") || strings.Contains(f.Note.Text, "see Store.3 differently") {
		t.Errorf("finding %+v", f)
	}
}

// TestRefusedInPart: of a run that wrote before it refused nobody reads that it did not act.
func TestRefusedInPart(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	id := unsubscribed(t, w)
	w.Fail("PutBell", fault.New(fault.Refused, "this bell cannot ring"))
	p.Handled(t, w.Imported(t, id))
	f := w.Finding(t, id)
	_, line, _ := w.Bell()
	if !line || strings.Contains(f.Note.Text, "did not act") {
		t.Errorf("it wrote a line: %q", f.Note.Text)
	}
}

// TestGoneAfterWrite: nor that it changed nothing.
func TestGoneAfterWrite(t *testing.T) {
	w := enginetest.New(t)
	wrote := false
	c := enginetest.Switched(func(context.Context, control.Env) (enginetest.Switch, error) {
		if wrote {
			return enginetest.Switch{}, fault.New(fault.Gone, "no such store")
		}
		return enginetest.Switch{}, nil
	}, func(context.Context, control.Env, enginetest.Switch, enginetest.Switch) error {
		wrote = true
		return nil
	})
	c.Info = enginetest.Declared(t, "Store.3")
	p := enginetest.Instead(t, w.Start(), c)
	id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
	p.Handled(t, w.Imported(t, id))
	f := w.Finding(t, id)
	if !wrote || strings.Contains(f.Note.Text, "changed nothing") {
		t.Errorf("it wrote: %q", f.Note.Text)
	}
}
