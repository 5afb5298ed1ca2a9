package work_test

import (
	"context"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/run"
)

// TestOwnPlaybooksAreForPeople: an operator applies one; a finding that claims to
// be of one is not acted on, whoever sends it.
func TestOwnPlaybooksAreForPeople(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	on := false
	c := enginetest.Switched(
		func(context.Context, control.Env) (enginetest.Switch, error) { return enginetest.Switch{On: on}, nil },
		func(_ context.Context, _ control.Env, _, to enginetest.Switch) error { on = to.On; return nil })
	c.Info = enginetest.Declared(t, "Store.3")
	c.ID, c.Fails = "Salve.ShutStore", control.Fails{}
	enginetest.Instead(t, p, c)
	b := w.Store(t, nil)
	id := w.Of(t, "Salve.ShutStore", b)
	p.Handled(t, w.Imported(t, id))
	p.Handled(t, w.Click(t, id))
	if runs := w.Runs(); len(runs) > 0 || on {
		t.Errorf("a finding started %+v", runs)
	}
	req := enginetest.Wish(b)
	req.Control = "salve.shutstore"
	r, err := p.Apply(t.Context(), req)
	if err != nil || r.Status != run.StatusVerified || r.Key.Control != "Salve.ShutStore" || !on {
		t.Errorf("apply %+v, %v", r, err)
	}
	if w.TakenBack(t, p, r); on {
		t.Error("it is still on")
	}
}
