package work_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// obstacle is what keeps a click from having its way.
type obstacle func(t *testing.T, w *enginetest.World, p *enginetest.Process, store string, r *run.Run)

func inMode(m gate.Mode) obstacle {
	return func(_ *testing.T, w *enginetest.World, _ *enginetest.Process, _ string, _ *run.Run) {
		w.Config = enginetest.Modes(m)
	}
}

func aStop(t *testing.T, w *enginetest.World, p *enginetest.Process, _ string, _ *run.Run) {
	t.Helper()
	w.Stop(t, "", "ann", "a change freeze", 0)
	p.Stops = w.Stops()
}

func badParameters(_ *testing.T, w *enginetest.World, _ *enginetest.Process, _ string, _ *run.Run) {
	w.Config.Controls["Store.3"] = gate.Rule{Mode: gate.Auto, Parameters: map[string]any{"nonsense": 1}}
}

func aHold(t *testing.T, w *enginetest.World, _ *enginetest.Process, _ string, r *run.Run) {
	t.Helper()
	hold := run.Hold{Until: w.Clock.Now().Add(enginetest.Later), By: "ann", Reason: "hands off"}
	if err := w.Ledger.KeepOff(t.Context(), r.Key, hold); err != nil {
		t.Fatal(err)
	}
}

func anException(t *testing.T, w *enginetest.World, _ *enginetest.Process, store string, _ *run.Run) {
	t.Helper()
	except(t, w, "Store.3", store, toCome)
}

func drift(t *testing.T, w *enginetest.World, _ *enginetest.Process, store string, _ *run.Run) {
	t.Helper()
	w.SetFlags(t, store, enginetest.Block(true, true, false, true))
}

func forbidden(_ *testing.T, w *enginetest.World, _ *enginetest.Process, _ string, _ *run.Run) {
	w.Forbid("store:GetBlock", "boundary")
}

func noRole(_ *testing.T, w *enginetest.World, _ *enginetest.Process, _ string, _ *run.Run) {
	w.Distrust(enginetest.Member)
}

func refusing(_ *testing.T, w *enginetest.World, _ *enginetest.Process, _ string, _ *run.Run) {
	w.Fail("GetBlock", fault.New(fault.Refused, "it is full"))
}

func nothingInTheWay(*testing.T, *enginetest.World, *enginetest.Process, string, *run.Run) {}

// TestNoteKeepsWhatStands: who clicks on a finding that Salve resolved, and does not get his way, reads why, and finds
// in the same note when the fix was proven and how it is taken back.
func TestNoteKeepsWhatStands(t *testing.T) {
	const fix, plan, undo = names.ActionRemediate, names.ActionPlan, names.ActionUndo
	for name, tc := range map[string]struct {
		button string
		in     obstacle
		want   string
	}{
		"fix, off":        {fix, inMode(gate.Off), "did not act on Store.3: The mode of this control is off"},
		"fix, stopped":    {fix, aStop, "ann stopped"},
		"fix, parameters": {fix, badParameters, "has no parameter"},
		"fix, on hold":    {fix, aHold, "hands off"},
		"fix, excepted":   {fix, anException, "SEC-12"},
		"fix, refused":    {fix, refusing, "it is full"},
		"fix, only planned": {fix, func(t *testing.T, w *enginetest.World, p *enginetest.Process, b string, r *run.Run) {
			t.Helper()
			inMode(gate.Plan)(t, w, p, b, r)
			drift(t, w, p, b, r)
		}, "Salve would fix Store.3"},
		"plan, off":      {plan, inMode(gate.Off), "did not plan a fix of Store.3: The mode of this control is off"},
		"plan, stopped":  {plan, aStop, "ann stopped"},
		"plan, met":      {plan, nothingInTheWay, "met already"},
		"plan, drifted":  {plan, drift, "Salve would fix Store.3"},
		"plan, denied":   {plan, forbidden, "could not plan a fix of Store.3"},
		"plan, no role":  {plan, noRole, "Deploy deploy/member.yaml"},
		"plan, refused":  {plan, refusing, "it is full"},
		"undo, off":      {undo, inMode(gate.Off), "did not take back its fix of Store.3: The mode of this control is off"},
		"undo, approval": {undo, inMode(gate.Approve), "needs a person with a name"},
		"undo, stopped":  {undo, aStop, "ann stopped"},
		"undo, drifted":  {undo, drift, "was changed by somebody else"},
		"undo, denied":   {undo, forbidden, "could not take back its fix of Store.3"},
		"undo, no role":  {undo, noRole, "Deploy deploy/member.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			store, id, r := w.Repaired(t, p, nil)
			w.Clock.Move(time.Hour)
			tc.in(t, w, p, store, r)
			p.Handled(t, w.Press(t, tc.button, id))
			w.Shows(t, id, finding.Resolved, tc.want, "Fix verified "+plain.Minute(r.Finished)+" by run "+r.ID,
				"salve undo "+r.ID+" --yes")
		})
	}
}

// TestNoteOfABatchKeepsWhatStands: of many findings pressed at once each keeps its own.
func TestNoteOfABatchKeepsWhatStands(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	ids := map[string]*run.Run{}
	var all []string
	for range 3 {
		id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
		w.Clock.Move(time.Second)
		p.Handled(t, w.Imported(t, id))
		ids[id] = w.Runs()[len(w.Runs())-1]
		all = append(all, id)
	}
	w.Clock.Move(time.Hour)
	p.Handled(t, w.Press(t, names.ActionPlan, all...))
	for id, r := range ids {
		w.Shows(t, id, finding.Resolved, "met already", "Fix verified "+plain.Minute(r.Finished)+" by run "+r.ID,
			"Undo: salve undo "+r.ID+" --yes")
	}
}

// TestNoteKeepsAReading: a finding that was met without a fix keeps when that was read, and by which run.
func TestNoteKeepsAReading(t *testing.T) {
	for _, button := range []string{names.ActionRemediate, names.ActionPlan, names.ActionUndo} {
		t.Run(button, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			id := w.Report(t, enginetest.Spec(w.Store(t, enginetest.Block(true, true, true, true))))
			p.Handled(t, w.Imported(t, id))
			r := w.Ended(t, run.StatusCompliant)
			w.Clock.Move(time.Hour)
			w.Config = enginetest.Modes(gate.Off)
			p.Handled(t, w.Press(t, button, id))
			w.Shows(t, id, finding.Resolved, "is off here", "Found met "+plain.Minute(r.Finished)+" by run "+r.ID)
		})
	}
}

// TestNoteKeepsTheUndoOfHalfAFix: what was written and not proven can be taken back, whoever is refused since.
func TestNoteKeepsTheUndoOfHalfAFix(t *testing.T) {
	for _, button := range []string{names.ActionRemediate, names.ActionPlan, names.ActionUndo} {
		t.Run(button, func(t *testing.T) {
			w := enginetest.New(t)
			var store string
			p := w.Start(func(_ context.Context, c enginetest.Call) error {
				if c.Operation == "PutBlock" && c.Done {
					w.SetFlags(t, store, enginetest.Block(true, false, true, false))
					return fault.New(fault.Invalid, "that makes no sense")
				}
				return nil
			})
			store = w.Store(t, enginetest.Block(false, false, false, false))
			id := w.Report(t, enginetest.Spec(store))
			p.Handled(t, w.Imported(t, id))
			r := w.Ended(t, run.StatusFailed)
			w.Shows(t, id, finding.Notified, "Undo: salve undo "+r.ID)
			w.Clock.Move(time.Hour)
			w.Config = enginetest.Modes(gate.Off)
			p.Handled(t, w.Press(t, button, id))
			w.Shows(t, id, finding.Notified, "is off here", "Changed "+plain.Minute(r.Finished)+" by run "+r.ID+" (failed)",
				"salve undo "+r.ID+" --yes")
		})
	}
}

// TestClickOnASuppressedFinding: it stays suppressed, with what a person wrote on it whole. Who clicked reads why
// nothing is done, where there is room for both.
func TestClickOnASuppressedFinding(t *testing.T) {
	for _, button := range []string{names.ActionRemediate, names.ActionPlan, names.ActionUndo} {
		for name, words := range map[string]string{
			"": "", "words": "accepted until May, ann", "long": strings.TrimSpace(strings.Repeat("because ", 62)),
		} {
			t.Run(button+" "+name, func(t *testing.T) {
				w := enginetest.New(t)
				p := w.Start()
				_, id, r := w.Repaired(t, p, nil)
				w.Mark(t, id, finding.Suppressed)
				if words != "" {
					w.Comment(t, id, finding.Suppressed, words)
				}
				w.Clock.Move(time.Hour)
				w.Events()
				p.Handled(t, w.Press(t, button, id))
				p.Handled(t, w.Events()...)
				w.Shows(t, id, finding.Suppressed, words)
				if name != "long" {
					w.Shows(t, id, finding.Suppressed, "The finding is suppressed", "Fix verified "+plain.Minute(r.Finished),
						"salve undo "+r.ID+" --yes")
				}
				if n := len(w.Runs()); n != 1 {
					t.Errorf("%d runs", n)
				}
			})
		}
	}
}

// TestNoteClaimsNothingThatWasUndone: a fix that was taken back stands no longer, nor does a reading from before.
func TestNoteClaimsNothingThatWasUndone(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	_, id, r := w.Repaired(t, p, nil)
	w.TakenBack(t, p, r)
	w.Clock.Move(time.Hour)
	w.Config = enginetest.Modes(gate.Off)
	p.Handled(t, w.Press(t, names.ActionUndo, id))
	if text := w.Finding(t, id).Note.Text; strings.Contains(text, "verified") || strings.Contains(text, "Undo:") {
		t.Errorf("note %q", text)
	}
}

// TestNoteBesideARunOfANewerVersion: who clicks is answered, though nobody can say what that run left.
func TestNoteBesideARunOfANewerVersion(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	_, id, r := w.Repaired(t, p, nil)
	w.Ledger.Edit(r.ID, func(doc string) string { return strings.Replace(doc, `"schema":1`, `"schema":99`, 1) })
	w.Config = enginetest.Modes(gate.Off)
	p.Handled(t, w.Press(t, names.ActionPlan, id))
	w.Shows(t, id, finding.Resolved, "is off here")
}

// TestHeldReportsCostNoReads: what nobody is told needs to know nothing of earlier runs.
func TestHeldReportsCostNoReads(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	_, id, r := w.Repaired(t, p, nil)
	aHold(t, w, p, "", r)
	w.Mark(t, id, finding.New)
	w.ClearCalls()
	p.Handled(t, w.Imported(t, id))
	for _, c := range w.Calls() {
		if c.Operation == "Wrote" || c.Operation == "Latest" || c.Operation == "Get" {
			t.Errorf("%s was called", c.Operation)
		}
	}
}
