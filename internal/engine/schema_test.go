package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/run"
)

// rewrite changes the schema that the document of a run names, and returns the document.
func rewrite(w *enginetest.World, id string, schema int) (doc string) {
	w.Ledger.Edit(id, func(old string) string {
		for _, known := range []int{run.Schema, newerSchema} {
			old = strings.Replace(old, fmt.Sprintf(`"schema":%d,`, known), fmt.Sprintf(`"schema":%d,`, schema), 1)
		}
		doc = old
		return old
	})
	return doc
}

const newerSchema = 99

// TestRunOfANewerVersion: while two versions are at work, the older one leaves
// the newer one's open runs alone, and their messages come again. A sweep only
// puts them off: it must not come again itself, nor find them first for ever.
func TestRunOfANewerVersion(t *testing.T) {
	w := enginetest.New(t)
	b, id := w.Waiting(t, false) // a run that waits for its next try, as any version leaves it
	other := w.Store(t, nil)
	r := w.Only(t)
	before := rewrite(w, r.ID, newerSchema)
	w.Clock.Move(enginetest.Later)
	for name, m := range map[string]engine.Message{
		"imported": w.Imported(t, id), "click": w.Click(t, id), "sweep": enginetest.Sweep(), "check": enginetest.Check(r.ID),
	} {
		w.ClearCalls()
		p := w.Start()
		again, putOff := 1, 0
		if name == "sweep" {
			again, putOff = 0, 1
		}
		failed := p.Handle(t.Context(), m)
		if len(failed) != again || len(w.Written()) > 0 || made(w, "Postpone") != putOff || made(w, "Save") > 0 {
			t.Errorf("%s: %v come again, called %+v", name, failed, w.Calls())
		}
		if lines := fmt.Sprint(p.Audited()); !strings.Contains(lines, "deploy the newer version") {
			t.Errorf("%s: nobody learns why: %s", name, lines)
		}
	}
	if d := cmp.Diff(before, rewrite(w, r.ID, newerSchema)); d != "" {
		t.Error(d)
	}
	w.Untouched(t, id)

	// Nobody else waits for it.
	w.Start().Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(other))))
	if !w.Blocked(other) || w.Flags(b) != nil {
		t.Errorf("flags %+v and %+v", w.Flags(other), w.Flags(b))
	}
	rewrite(w, r.ID, run.Schema)
	w.Clock.Move(enginetest.Later)
	w.Start().Handled(t, enginetest.Sweep())
	if !w.Blocked(b) {
		t.Errorf("flags %+v: the version that knows it finishes it", w.Flags(b))
	}
}

// made counts the calls of an operation since they were cleared.
func made(w *enginetest.World, operation string) int {
	n := 0
	for _, c := range w.Calls() {
		if c.Operation == operation {
			n++
		}
	}
	return n
}
