package work_test

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// TestWordsOutliveAnswers: what a person wrote is in the second answer too, on whatever there is to answer.
func TestWordsOutliveAnswers(t *testing.T) {
	for name, tc := range map[string]struct {
		button, status string
		mode           gate.Mode
	}{
		"plan of a suppressed one": {names.ActionPlan, finding.Suppressed, gate.Auto},
		"undo of a suppressed one": {names.ActionUndo, finding.Suppressed, gate.Auto},
		"plan":                     {names.ActionPlan, finding.Notified, gate.Manual},
		"refused":                  {names.ActionRemediate, finding.Notified, gate.Off},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			w.Config = enginetest.Modes(tc.mode)
			p := w.Start()
			id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
			w.Comment(t, id, tc.status, "accepted, SEC-12")
			for range 3 {
				w.Clock.Move(time.Hour)
				p.Handled(t, w.Press(t, tc.button, id))
				w.Shows(t, id, tc.status, `Note before: "accepted, SEC-12" Salve `)
			}
		})
	}
}

// TestUndoOfAnOldClick: a click takes back nothing that was fixed after it, however late or often its event comes.
func TestUndoOfAnOldClick(t *testing.T) {
	for name, again := range map[string]bool{"comes again": true, "comes late": false} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			b, id, first := w.Repaired(t, p, nil)
			w.Clock.Move(time.Hour)
			m := w.Press(t, names.ActionUndo, id)
			if again {
				p.Handled(t, m)
			} else if _, err := p.Undo(t.Context(), first.ID, "alice"); err != nil {
				t.Fatal(err)
			}
			w.Clock.Move(time.Hour)
			wish := enginetest.Wish(b)
			wish.Findings = append(wish.Findings, w.Known(t, id))
			if r, err := p.Apply(t.Context(), wish); err != nil || r.Status != run.StatusVerified {
				t.Fatalf("%+v, %v", r, err)
			}
			w.Clock.Move(time.Hour)
			p.Handled(t, engine.Message{ID: m.ID, Body: m.Body, Received: 2})
			w.Shows(t, id, finding.Resolved, "was begun after the click")
			if !w.Blocked(b) {
				t.Errorf("flags %+v", w.Flags(b))
			}
		})
	}
}

// TestOldClickAfterAnUndo: what a person took back after a click, the click does not fix, after the hold either.
func TestOldClickAfterAnUndo(t *testing.T) {
	w := enginetest.New(t)
	w.Config = enginetest.Modes(gate.Manual)
	p := w.Start()
	b := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(b))
	m := w.Click(t, id)
	p.Handled(t, m)
	w.Clock.Move(time.Hour)
	if _, err := p.Undo(t.Context(), w.Ended(t, run.StatusVerified).ID, "alice"); err != nil {
		t.Fatal(err)
	}
	w.Comment(t, id, finding.Notified, "public until March, alice")
	w.Clock.Move(8 * 24 * time.Hour) // from the dead letter queue
	p.Handled(t, engine.Message{ID: m.ID, Body: m.Body, Received: 2})
	w.Shows(t, id, finding.Notified, "public until March", "took the fix back after the click")
	if w.Flags(b) != nil {
		t.Errorf("flags %+v", w.Flags(b))
	}
	p.Handled(t, w.Click(t, id))
	if w.Says(t, id, finding.Resolved); !w.Blocked(b) {
		t.Errorf("flags %+v", w.Flags(b))
	}
}

// TestEchoIsNoNews: right after a note alone, what Security Hub or a person says anew is heard.
func TestEchoIsNoNews(t *testing.T) {
	for name, by := range map[string]string{"it fails": "Security Hub", "it is set back": "a person"} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			b, id, _ := w.Repaired(t, p, nil)
			w.Clock.Move(time.Hour)
			spec := enginetest.Spec(b)
			if by == "Security Hub" {
				spec.Status = finding.Passed
				w.Report(t, spec)
			}
			w.Events()
			p.Handled(t, w.Press(t, names.ActionPlan, id))
			p.Handled(t, w.Events()...)
			w.Clock.Move(20 * time.Second)
			w.SetFlags(t, b, nil)
			if by == "Security Hub" {
				spec.Status, spec.At = finding.Failed, w.Clock.Now()
				w.Report(t, spec)
			} else {
				w.Mark(t, id, finding.New)
			}
			p.Handled(t, w.Events()...)
			if !w.Blocked(b) {
				t.Errorf("flags %+v, finding %+v", w.Flags(b), w.Finding(t, id))
			}
		})
	}
}
