package work_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// resumedLate takes up a run that waited, on whose finding a person wrote meanwhile; others click during an operation.
func resumedLate(t *testing.T, operation string) {
	w := enginetest.New(t)
	_, id := w.Waiting(t, false)
	w.Clock.Move(enginetest.Later)
	w.Comment(t, id, finding.New, "who owns this?")
	hook := enginetest.Meanwhile(operation, func() {
		if operation != "none" {
			w.Start().Handled(t, w.Click(t, id))
		}
	})
	w.Start(hook).Handled(t, enginetest.Sweep())
	if f := w.Finding(t, id); !strings.Contains(f.Note.Text, "who owns this?") {
		t.Errorf("lost: %q", f.Note.Text)
	}
}

// TestNoteKeptWhenResumed: what a person wrote while a run waited is quoted, whoever else joins the run.
func TestNoteKeptWhenResumed(t *testing.T) {
	for _, op := range []string{"none", "Save", "PutBlock", "BatchUpdateFindings", "Close"} {
		t.Run(op, func(t *testing.T) { resumedLate(t, op) })
	}
}

func TestNoteKeptWhenAnotherJoins(t *testing.T) {
	w := enginetest.New(t)
	store := w.Store(t, nil)
	spec := enginetest.Spec(store)
	id := w.Report(t, spec)
	w.Fail("GetBlock", enginetest.Throttled())
	w.Start().Handled(t, w.Imported(t, id))
	w.Heal()
	w.Clock.Move(enginetest.Later)
	w.Comment(t, id, finding.New, "who owns this?")
	other := w.Numbered(t, spec, 2)
	m := w.Imported(t, other)
	w.Start(enginetest.Meanwhile("Close", func() { w.Start().Handled(t, m) })).Handled(t, enginetest.Sweep())
	if f := w.Finding(t, id); !strings.Contains(f.Note.Text, "who owns this?") {
		t.Errorf("lost: %q", f.Note.Text)
	}
}

// TestSuppressedKeptWhenParked: nor does a run that parks write over what a person suppressed meanwhile.
func TestSuppressedKeptWhenParked(t *testing.T) {
	w := enginetest.New(t)
	l := &lazy{clock: w.Clock, takes: 25 * time.Minute}
	fails := true
	p := w.Start()
	c := enginetest.Switched(func(ctx context.Context, e control.Env) (enginetest.Switch, error) {
		if fails {
			return enginetest.Switch{}, enginetest.Throttled()
		}
		return l.read(ctx, e)
	}, l.write)
	c.Info = enginetest.Declared(t, "Store.3")
	c.Settle = control.Settle{Typical: 10 * time.Minute, Within: 2 * time.Hour}
	p = enginetest.Instead(t, p, c)
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	req := enginetest.Wish(store)
	req.Findings = []run.Finding{w.Known(t, id)}
	if _, err := p.Apply(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	fails = false
	w.Clock.Move(enginetest.Later)
	w.Comment(t, id, finding.Suppressed, "accepted until May")
	p.Handled(t, enginetest.Sweep())
	f := w.Finding(t, id)
	if f.Workflow.Status != finding.Suppressed || f.Note.Text != "accepted until May" {
		t.Errorf("finding %+v", f)
	}
}
