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
