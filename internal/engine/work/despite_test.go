package work_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// TestDespiteOneIsNotDespiteAnother: an operator answers for the exceptions that he has heard of.
func TestDespiteOneIsNotDespiteAnother(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	store := w.Store(t, nil)
	w.Config.Exceptions = []gate.Exception{{Control: "Store.3", Resource: store, Owner: "ann", Reason: "mine"}}
	throttle(t, w)
	req := enginetest.Wish(store)
	req.Despite = true
	r, err := p.Apply(t.Context(), req)
	if err != nil || r.Status != run.StatusDeferred {
		t.Fatal(r, err)
	}
	w.Heal()
	w.Config.Exceptions = []gate.Exception{{Control: "Store.3", Resource: store, Owner: "bob", Reason: "freeze"}}
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	r = w.Only(t)
	if w.Blocked(store) {
		t.Errorf("%s despite %q, which is not bob's", r.Status, r.Despite)
	}
}

// TestDespiteBoth: he hears of all of them.
func TestDespiteBoth(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	store := w.Store(t, nil)
	w.Config.Exceptions = []gate.Exception{
		{Control: "Store.3", Resource: store, Owner: "ann", Reason: "mine"},
		{Control: "Store.3", Resource: store, Owner: "bob", Reason: "freeze"},
	}
	req := enginetest.Wish(store)
	req.Despite = true
	r, err := p.Apply(t.Context(), req)
	if err != nil || !strings.Contains(r.Despite, "mine") || !strings.Contains(r.Despite, "freeze") {
		t.Errorf("%v: in spite of %q", err, r.Despite)
	}
}

// TestDespiteOverSomebodysRun: a run that waited before the exception does not take his word for it; it gives way.
func TestDespiteOverSomebodysRun(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	store := w.Store(t, nil)
	throttle(t, w)
	first, err := p.Apply(t.Context(), enginetest.Wish(store))
	if err != nil || first.Status != run.StatusDeferred {
		t.Fatal(first, err)
	}
	w.Heal()
	w.Config.Exceptions = []gate.Exception{{Control: "Store.3", Resource: store, Owner: "ann", Reason: "mine"}}
	req := enginetest.Wish(store)
	req.Despite, req.Actor = true, "zoe"
	r, err := p.Apply(t.Context(), req)
	if err != nil || r.Status != run.StatusVerified || r.ID == first.ID || !strings.Contains(r.Despite, "mine") {
		t.Fatalf("%+v, %v", r, err)
	}
	if !w.Blocked(store) {
		t.Error("nothing was done")
	}
}
