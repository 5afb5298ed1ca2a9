package control_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/salve-security/salve/internal/control"
)

func open() stock {
	return stock{Goods: map[string]good{"gold": {Secret: true, Count: 3}, "wood": {Count: 9}}, Days: 3}
}

func TestPlan(t *testing.T) {
	s := &store{now: open()}
	p := ok[control.Plan](t)(s.control().Plan(t.Context(), env()))
	want := `  ~ Days: 3 → 7
  - Goods.gold {"Count":3,"Secret":true}
  + Goods.guard {"Count":1,"Secret":false}
  ~ Locked: none → true
`
	if d := cmp.Diff(want, p.String()); d != "" {
		t.Errorf("plan (-want +got):\n%s", d)
	}
	if p.Empty() || !p.Pending() || p.OneWay() || s.writes > 0 {
		t.Errorf("empty %v, pending %v, one way %v, %d writes", p.Empty(), p.Pending(), p.OneWay(), s.writes)
	}
	before, after := ok[string](t)(p.BeforeHash()), ok[string](t)(p.AfterHash())
	done(t, s.control().Apply(t.Context(), env(), p))
	again := ok[control.Plan](t)(s.control().Plan(t.Context(), env()))
	if !again.Empty() || again.Pending() {
		t.Errorf("after the fix there is still to do:\n%s", again)
	}
	if now := ok[string](t)(again.BeforeHash()); before == after || now != after {
		t.Errorf("hashes before %s, after %s, now %s", before, after, now)
	}
}

func TestOneWay(t *testing.T) {
	s := &store{now: stock{Goods: map[string]good{"burnt books": {Secret: true}}}}
	p := ok[control.Plan](t)(s.control().Plan(t.Context(), env()))
	if !p.OneWay() || !strings.Contains(p.String(), "(one way: ashes)") {
		t.Errorf("the plan does not say what cannot be undone:\n%s", p)
	}
	done(t, s.control().Apply(t.Context(), env(), p))
	undo := ok[control.Plan](t)(s.control().PlanUndo(t.Context(), env(), p.Changes))
	done(t, s.control().Apply(t.Context(), env(), undo))
	if _, back := s.now.Goods["burnt books"]; back || s.now.Locked != nil {
		t.Errorf("undo must leave what is one way and restore the rest: %+v", s.now)
	}
}

// TestWhatIsOnlyAddedIsNoLoss: undo leaves it, but nobody has to approve it for that.
func TestWhatIsOnlyAddedIsNoLoss(t *testing.T) {
	s := &store{now: stock{Goods: map[string]good{}}}
	c := s.control()
	c.OneWay = map[string]string{"Goods/guard": "others may lean on it"}
	p := ok[control.Plan](t)(c.Plan(t.Context(), env()))
	want := `+ Goods.guard {"Count":1,"Secret":false} (undo leaves it: others may lean on it)`
	if p.OneWay() || !strings.Contains(p.String(), want) {
		t.Errorf("one way %v:\n%s", p.OneWay(), p)
	}
	done(t, c.Apply(t.Context(), env(), p))
	undo := ok[control.Plan](t)(c.PlanUndo(t.Context(), env(), p.Changes))
	done(t, c.Apply(t.Context(), env(), undo))
	if _, left := s.now.Goods["guard"]; !left || s.now.Locked != nil {
		t.Errorf("undo must leave what was added and restore the rest: %+v", s.now)
	}
}

func TestPlanRefusesARestlessControl(t *testing.T) {
	s := &store{now: open(), restless: true}
	_, err := s.control().Plan(t.Context(), env())
	if !errors.Is(err, control.ErrRestless) || !strings.Contains(err.Error(), "Days") {
		t.Errorf("want an error that names the control and the path, got %v", err)
	}
}

func TestHashIsOfTheDecision(t *testing.T) {
	plan := func(change func(*store, *control.Env)) control.Plan {
		s, e := &store{now: open()}, env()
		change(s, &e)
		return ok[control.Plan](t)(s.control().Plan(t.Context(), e))
	}
	base := plan(func(*store, *control.Env) {})
	tests := map[string]struct {
		change func(*store, *control.Env)
		same   bool
	}{
		"nothing":          {func(*store, *control.Env) {}, true},
		"unrelated good":   {func(s *store, _ *control.Env) { s.now.Goods["stone"] = good{Count: 1} }, true},
		"other value":      {func(s *store, _ *control.Env) { s.now.Days = 4 }, false},
		"more to change":   {func(s *store, _ *control.Env) { s.now.Goods["lead"] = good{Secret: true} }, false},
		"another resource": {func(_ *store, e *control.Env) { e.Target.Resource = "stock/two" }, false},
		"another account":  {func(_ *store, e *control.Env) { e.Target.Account = "333333333333" }, false},
		"another Region":   {func(_ *store, e *control.Env) { e.Target.Region = "eu-west-2" }, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := plan(tc.change).Hash == base.Hash; got != tc.same {
				t.Errorf("same hash: %v, want %v", got, tc.same)
			}
		})
	}
}

func TestStoredPlanKeepsItsHash(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &store{now: anyStock().Draw(t, "now")}
		p := ok[control.Plan](t)(s.control().Plan(t.Context(), env()))
		kept := keep(t, p)
		if kept.String() != p.String() || kept.Hash != p.Hash {
			t.Fatalf("in storage:\n%swas:\n%s", kept, p)
		}
		// What is stored must hash to the same: a plan of the same changes, made from storage.
		p2 := ok[control.Plan](t)(s.control().Continue(t.Context(), env(), kept))
		if p2.Hash != p.Hash || p2.Pending() == p.Empty() {
			t.Fatalf("continued: hash %s, was %s; pending %v", p2.Hash, p.Hash, p2.Pending())
		}
	})
}

func TestStoredPlanIsNotWritten(t *testing.T) {
	s := &store{now: open()}
	p := ok[control.Plan](t)(s.control().Plan(t.Context(), env()))
	kept := keep(t, p)
	if err := s.control().Apply(t.Context(), env(), kept); !errors.Is(err, control.ErrStale) || s.writes > 0 {
		t.Errorf("want ErrStale and no write, got %v and %d", err, s.writes)
	}
	if kept.Pending() {
		t.Error("a plan from storage cannot know what is pending")
	}
}

func TestEmptyPlanStores(t *testing.T) {
	var back control.Plan
	done(t, json.Unmarshal([]byte(`{"control":"Stock.1","changes":null}`), &back))
	if !back.Empty() || back.OneWay() || back.String() != "" {
		t.Errorf("an empty plan came back as %+v", back)
	}
}
