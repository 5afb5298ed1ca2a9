package work_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// TestUndoNamesWhatElseIsUnmet: Store.1 and Store.2 are met by the same block as Store.3.
// They are named before and after, and do not put it back by themselves.
func TestUndoNamesWhatElseIsUnmet(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	b, id, r := w.Repaired(t, p, nil)
	w.ClearCalls()
	preview, err := p.PreviewUndo(t.Context(), work.Takeback{Run: r.ID})
	if err != nil || !slices.Equal(preview.Unmet, []string{"Store.1", "Store.2"}) || len(preview.Plan.Changes) != 4 {
		t.Errorf("preview %+v, %v", preview, err)
	}
	if writes := w.Written(); len(writes) > 0 {
		t.Errorf("a preview wrote %+v", writes)
	}
	undo, err := p.Undo(t.Context(), r.ID, "alice")
	if err != nil || undo.Status != run.StatusUndone || !strings.Contains(undo.Reason, "leaves Store.1, Store.2 unmet") {
		t.Fatalf("undo %+v, %v", undo, err)
	}
	w.Shows(t, id, finding.New, "taken back by alice", "leaves Store.1, Store.2 unmet", "Changed back: ")
	sibling := enginetest.Spec(b)
	sibling.Control = "Store.1"
	other := w.Report(t, sibling)
	p.Handled(t, w.Imported(t, other))
	w.Untouched(t, other)
	p.Handled(t, w.Click(t, other))
	w.Shows(t, other, finding.Notified, "on hold", "run "+r.ID+" was taken back")
	if w.Flags(b) != nil {
		t.Errorf("flags %+v: a sibling put back what a person took back", w.Flags(b))
	}
	request := enginetest.Wish(b)
	request.Control = "Store.1"
	if again, err := p.Apply(t.Context(), request); err != nil || again.Status != run.StatusVerified {
		t.Errorf("apply %+v, %v: the operator insists", again, err)
	}
}

// TestUndoOfWhatALaterRunWroteAgain: the last who wrote a path takes it back.
func TestUndoOfWhatALaterRunWroteAgain(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	b, id, first := w.Repaired(t, p, nil)
	w.SetFlags(t, b, enginetest.Block(true, true, false, true))
	w.Clock.Move(time.Minute)
	second, err := p.Apply(t.Context(), enginetest.Wish(b))
	if err != nil || second.Status != run.StatusVerified {
		t.Fatalf("apply %+v, %v", second, err)
	}
	w.ClearCalls()
	_, err = p.PreviewUndo(t.Context(), work.Takeback{Run: first.ID})
	owned := "BlockPolicy is as run " + second.ID + " (Store.3) left it"
	if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), owned) {
		t.Errorf("preview: %v", err)
	}
	undo, err := p.Undo(t.Context(), first.ID, "alice")
	if err != nil || undo.Status != run.StatusRefused || w.Puts(b) != 0 {
		t.Errorf("undo %+v, %v, %d writes: want a refusal", undo, err, w.Puts(b))
	}
	w.Shows(t, id, finding.Resolved, "Salve fixed Store.3") // it is
	if !strings.Contains(undo.Reason, "take that run back first") || undo.ToDo != "salve undo "+second.ID+" --yes" {
		t.Errorf("undo says %q, to do %q", undo.Reason, undo.ToDo)
	}
	w.TakenBack(t, p, second)
	w.Flagged(t, b, enginetest.Block(true, true, false, true))
}

// TestUndoNamesTheLastOfSeveral: both siblings wrote the flag since.
func TestUndoNamesTheLastOfSeveral(t *testing.T) {
	for _, order := range [][]string{{"Store.1", "Store.2"}, {"Store.2", "Store.1"}} {
		w := enginetest.New(t)
		p := w.Start()
		b, _, first := w.Repaired(t, p, nil)
		var last *run.Run
		for _, id := range order {
			w.SetFlags(t, b, enginetest.Block(true, true, false, true))
			w.Clock.Move(time.Minute)
			request := enginetest.Wish(b)
			request.Control = id
			var err error
			if last, err = p.Apply(t.Context(), request); err != nil || last.Status != run.StatusVerified {
				t.Fatalf("apply %+v, %v", last, err)
			}
		}
		_, err := p.PreviewUndo(t.Context(), work.Takeback{Run: first.ID})
		if err == nil || !strings.Contains(err.Error(), "as run "+last.ID+" ("+order[1]+")") {
			t.Errorf("%v: preview %v", order, err)
		}
	}
}

// TestUndoOfWhatAnEarlierRunWroteToo: who came before does not stand in the way.
func TestUndoOfWhatAnEarlierRunWroteToo(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	b := w.Store(t, nil)
	earlier := enginetest.Wish(b)
	earlier.Control = "Store.1"
	if r, err := p.Apply(t.Context(), earlier); err != nil || r.Status != run.StatusVerified {
		t.Fatalf("apply %+v, %v", r, err)
	}
	w.SetFlags(t, b, enginetest.Block(true, true, false, true))
	w.Clock.Move(time.Minute)
	r, err := p.Apply(t.Context(), enginetest.Wish(b))
	if err != nil || r.Status != run.StatusVerified {
		t.Fatalf("apply %+v, %v", r, err)
	}
	w.TakenBack(t, p, r)
	w.Flagged(t, b, enginetest.Block(true, true, false, true))
}

// TestUndoOfWhatWasNeverChanged: a denied run left everything as it was.
func TestUndoOfWhatWasNeverChanged(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	k := &keeper{label: "old", refuses: &smithy.GenericAPIError{Code: "AccessDenied", Message: "no"}}
	k.playbook(t, p)
	r, err := p.Apply(t.Context(), enginetest.Wish(w.Store(t, nil)))
	if err != nil || r.Status != run.StatusDenied || r.Undoable() {
		t.Fatalf("run %+v, %v", r, err)
	}
	if _, err := p.Undo(t.Context(), r.ID, "alice"); !errors.Is(err, work.ErrNothingToUndo) {
		t.Errorf("%v, want ErrNothingToUndo", err)
	}
}

// TestUndoBesideAMisconfiguredSibling: who takes back in an incident does not
// mend the configuration first.
func TestUndoBesideAMisconfiguredSibling(t *testing.T) {
	for name, given := range map[string]any{"a wrong name": "x", "not readable": nil} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			_, _, r := w.Repaired(t, p, nil)
			rule := gate.Rule{Mode: gate.Auto, Parameters: map[string]any{"nosuch": given}}
			w.Config.Controls = map[string]gate.Rule{"Store.1": rule}
			if given == nil {
				p.Configured = func(context.Context) (gate.Config, error) { return gate.Config{}, errors.New("no table") }
			}
			undo, err := p.Undo(t.Context(), r.ID, "alice")
			if err != nil || undo.Status != run.StatusUndone || slices.Contains(undo.Unmet, "Store.1") {
				t.Errorf("undo %+v, %v", undo, err)
			}
		})
	}
}

// TestPreviewOfNoUndo: there is nothing to look at.
func TestPreviewOfNoUndo(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	_, _, r := w.Repaired(t, p, nil)
	w.TakenBack(t, p, r)
	if _, err := p.PreviewUndo(t.Context(), work.Takeback{Run: r.ID}); !errors.Is(err, work.ErrNothingToUndo) {
		t.Errorf("%v, want ErrNothingToUndo", err)
	}
}
