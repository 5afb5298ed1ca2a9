package enginetest

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// Ringed is a world whose configuration is stored, with two rings: the member is the first, the other member the
// second. After so many fixes a control moves on.
func Ringed(t *testing.T, after int) *World {
	t.Helper()
	w := New(t)
	c := Modes(gate.Auto)
	c.Rings = &gate.Rings{AdvanceAfter: &after, Order: []gate.Ring{
		{Name: "first", Where: []gate.Where{{Accounts: []string{Member}}}},
		{Name: "second", Where: []gate.Where{{Accounts: []string{Other}}}},
	}}
	w.Push(t, c)
	return w
}

// Push stores a configuration, which processes are told from then on.
func (w *World) Push(t *testing.T, c gate.Config) {
	t.Helper()
	doc, err := c.JSON()
	if err != nil {
		t.Fatal(err)
	}
	_, version, err := w.Ledger.Config(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	push := gate.Push{Doc: string(doc), Over: version, By: "arn:aws:iam::111111111111:user/ada", At: w.Clock.Now()}
	if err := w.Ledger.PushConfig(t.Context(), push); err != nil {
		t.Fatal(err)
	}
	w.Config = c
}

// InRing is the ring that Store.3 is in.
func (w *World) InRing(t *testing.T) string {
	t.Helper()
	stored, err := w.Ledger.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return stored.Overlay().Stage(w.Config, gate.Control{ID: "Store.3"}).Ring
}

// StoreIn makes a store in an account, which Store.3 reports; the message is Security Hub's.
func (w *World) StoreIn(t *testing.T, account string) (store, id string, m engine.Message) {
	t.Helper()
	store = w.StoreOf(t, account, nil)
	spec := Spec(store)
	spec.Account = account
	id = w.Report(t, spec)
	return store, id, w.Imported(t, id)
}

// Agrees lets Security Hub see a fix as it is, a while after, and a day and a half pass: the next sweep asks.
func (w *World) Agrees(t *testing.T, store, says string) {
	t.Helper()
	w.Clock.Move(time.Hour)
	w.Answer(t, store, "", says)
	w.Clock.Move(36 * time.Hour)
}

// Holds has Store.3 fix a store in the first ring, which Security Hub confirms to the process that sweeps then.
func (w *World) Holds(t *testing.T, p *Process) *run.Run {
	t.Helper()
	store, _, m := w.StoreIn(t, Member)
	p.Handled(t, m)
	w.Agrees(t, store, finding.Passed)
	p.Handled(t, Sweep())
	for _, r := range w.Runs() {
		if r.Key.Resource == store {
			return r
		}
	}
	t.Fatal("no run")
	return nil
}
