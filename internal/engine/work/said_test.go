package work_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/run"
)

// TestWhyIsTold: whoever led to it, people hear what the finding says, in which account, by which rule, and who; an
// undo hands that on, and an operator's run takes it from the findings that it answers.
func TestWhyIsTold(t *testing.T) {
	w := enginetest.New(t)
	w.Config.Contact, w.Config.Docs = "security@example.org", "https://wiki.example.org/salve"
	w.Digest = 0
	p := w.Start()
	store := w.Store(t, nil)
	spec := enginetest.Spec(store)
	spec.Description, spec.AccountName = "The store is open to everybody.", "payments"
	id := w.Report(t, spec)
	p.Handled(t, w.Imported(t, id))
	fix := w.Only(t)
	if _, err := p.Undo(t.Context(), fix.ID, "alice"); err != nil {
		t.Fatal(err)
	}
	wish := enginetest.Wish(store)
	known := w.Known(t, id)
	known.Said, known.AccountName = spec.Description, spec.AccountName
	wish.Findings = []run.Finding{known}
	if _, err := p.Apply(t.Context(), wish); err != nil {
		t.Fatal(err)
	}
	told := p.Told()
	if len(told) != 3 {
		t.Fatalf("told %+v", told)
	}
	for i, who := range []string{"nobody in person", "alice", "alice"} {
		n := told[i]
		got := []string{n.AccountName, n.Contact, n.Docs}
		want := []string{"payments", w.Config.Contact, w.Config.Docs}
		if !slices.Equal(got, want) || !strings.Contains(n.Who, who) {
			t.Errorf("%s: %q, by %q", n.Kind, got, n.Who)
		}
	}
	got := []string{told[0].Rule, told[2].Rule, told[0].Said, told[2].Said}
	const rule = "mode auto, Salve acts by itself: set by controls.Store.3 of the configuration"
	if want := []string{rule, "", spec.Description, spec.Description}; !slices.Equal(got, want) {
		t.Errorf("said %q, want %q", got, want)
	}
	for _, r := range w.Runs() {
		if r.Said != spec.Description {
			t.Errorf("run %s of %s says %q", r.ID, r.Trigger, r.Said)
		}
	}
}
