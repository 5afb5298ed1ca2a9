package control_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/salve-security/salve/internal/control"
)

// An undo from storage restores exactly, whatever the state was.
func TestUndoRestores(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := anyStock().Draw(t, "before")
		delete(before.Goods, "burnt") // one way
		s := &store{now: before}
		c := s.control()
		p := ok[control.Plan](t)(c.Plan(t.Context(), env()))
		if err := c.Apply(t.Context(), env(), p); err != nil {
			t.Fatal(err)
		}
		seen := ok[control.Seen](t)(c.Verify(t.Context(), env(), p))
		if len(seen.Left) > 0 {
			t.Fatalf("left: %v", seen.Left)
		}
		p.Changes = seen.Changes
		added := good{Count: 42} // by somebody else, meanwhile
		if s.now.Goods == nil {
			s.now.Goods = map[string]good{}
		}
		s.now.Goods["added"] = added
		undo := ok[control.Plan](t)(c.PlanUndo(t.Context(), env(), keep(t, p).Changes))
		if err := c.Apply(t.Context(), env(), undo); err != nil {
			t.Fatal(err)
		}
		if left := ok[control.Seen](t)(c.Verify(t.Context(), env(), undo)).Left; len(left) > 0 {
			t.Fatalf("left of the undo: %v", left)
		}
		if s.now.Goods["added"] != added {
			t.Fatalf("the undo lost what somebody added: %+v", s.now)
		}
		delete(s.now.Goods, "added")
		if !same(before, s.now) {
			t.Fatalf("was %+v, is %+v", before, s.now)
		}
		twice := ok[control.Plan](t)(c.PlanUndo(t.Context(), env(), p.Changes))
		if !twice.Empty() {
			t.Fatalf("a second undo would change:\n%s", twice)
		}
	})
}

// A write that stopped anywhere is continued to compliance, and undo still restores.
func TestContinueFromAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := anyStock().Draw(t, "before")
		delete(before.Goods, "burnt")
		s := &store{now: before}
		c := s.control()
		p := ok[control.Plan](t)(c.Plan(t.Context(), env()))
		lock, days, goods := rapid.Bool().Draw(t, "lock"), rapid.Bool().Draw(t, "days"), rapid.Bool().Draw(t, "goods")
		s.onWrite = func(from, to stock) (stock, error) {
			if lock {
				from.Locked = to.Locked
			}
			if days {
				from.Days = to.Days
			}
			if goods {
				from.Goods = to.Goods
			}
			return from, errLost
		}
		if err := c.Apply(t.Context(), env(), p); p.Pending() && !errors.Is(err, errLost) {
			t.Fatalf("apply hid the error of its write: %v", err)
		}
		s.onWrite = nil
		if rapid.Bool().Draw(t, "looked") { // and was put off after a look
			p.Changes = ok[control.Seen](t)(c.Verify(t.Context(), env(), p)).Changes
		}
		resumed := ok[control.Plan](t)(c.Continue(t.Context(), env(), keep(t, p)))
		if err := c.Apply(t.Context(), env(), resumed); err != nil {
			t.Fatal(err)
		}
		seen := ok[control.Seen](t)(c.Verify(t.Context(), env(), resumed))
		if len(seen.Left) > 0 || resumed.String() != p.String() {
			t.Fatalf("left %v; the plan is now\n%s", seen.Left, resumed)
		}
		undo := ok[control.Plan](t)(c.PlanUndo(t.Context(), env(), seen.Changes))
		if err := c.Apply(t.Context(), env(), undo); err != nil {
			t.Fatal(err)
		}
		if !same(before, s.now) {
			t.Fatalf("was %+v, is %+v", before, s.now)
		}
	})
}

func TestDrift(t *testing.T) {
	type step func(c control.Control, t *testing.T, p control.Plan) error
	resume := func(c control.Control, t *testing.T, p control.Plan) error {
		_, err := c.Continue(t.Context(), env(), p)
		return err
	}
	undo := func(c control.Control, t *testing.T, p control.Plan) error {
		_, err := c.PlanUndo(t.Context(), env(), p.Changes)
		return err
	}
	tests := map[string]struct {
		change func(*stock)
		step   step
		want   string
	}{
		"continue, our value": {func(s *stock) { s.Days = 5 }, resume, "Days was changed by somebody else: it is 5 now"},
		"undo, our value":     {func(s *stock) { s.Days = 5 }, undo, "Days was changed by somebody else: it is 5 now"},
		"undo, our entry": {
			func(s *stock) { s.Goods["guard"] = good{Count: 2} }, undo,
			`Goods.guard was changed by somebody else: it is {"Count":2,"Secret":false} now`,
		},
		"undo, removed": {
			func(s *stock) { s.Goods["gold"] = good{Count: 1} }, undo,
			`Goods.gold was changed by somebody else: it is {"Count":1,"Secret":false} now`,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s := &store{now: open()}
			c := s.control()
			p := ok[control.Plan](t)(c.Plan(t.Context(), env()))
			done(t, c.Apply(t.Context(), env(), p))
			tc.change(&s.now)
			err := tc.step(c, t, keep(t, p))
			var drift *control.DriftError
			if !errors.As(err, &drift) || drift.Error() != tc.want {
				t.Errorf("want %q, got %v", tc.want, err)
			}
			if s.writes != 1 {
				t.Errorf("%d writes, want only that of the fix", s.writes)
			}
		})
	}
}

func TestContinueRefusesForeignPlans(t *testing.T) {
	s := &store{now: open()}
	p := ok[control.Plan](t)(s.control().Plan(t.Context(), env()))
	tests := map[string]func(*control.Plan){
		"control":  func(p *control.Plan) { p.Control = "Stock.2" },
		"resource": func(p *control.Plan) { p.Target.Resource = "stock/two" },
		"account":  func(p *control.Plan) { p.Target.Account = "333333333333" },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			other := keep(t, p)
			change(&other)
			if _, err := s.control().Continue(t.Context(), env(), other); !errors.Is(err, control.ErrForeign) {
				t.Errorf("want ErrForeign, got %v", err)
			}
		})
	}
}

// AWS may write a value in its own way; what verification saw counts as ours.
func TestUndoTakesWhatAWSMadeOfIt(t *testing.T) {
	s := &store{now: open()}
	s.onWrite = func(_, to stock) (stock, error) {
		to.Days = 30 // rounded up
		return to, nil
	}
	c := s.control()
	p := ok[control.Plan](t)(c.Plan(t.Context(), env()))
	done(t, c.Apply(t.Context(), env(), p))
	seen := ok[control.Seen](t)(c.Verify(t.Context(), env(), p))
	if len(seen.Left) > 0 || string(seen.Changes[0].Got) != "30" {
		t.Fatalf("left %v, got %s", seen.Left, seen.Changes[0].Got)
	}
	p.Changes = seen.Changes
	s.onWrite = nil
	undo := ok[control.Plan](t)(c.PlanUndo(t.Context(), env(), keep(t, p).Changes))
	done(t, c.Apply(t.Context(), env(), undo))
	if !same(open(), s.now) {
		t.Errorf("after the undo: %+v", s.now)
	}
}
