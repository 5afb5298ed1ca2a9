package control_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/salve-security/salve/internal/control"
)

// interrupted is a fix whose write was cut off before anybody looked, and the
// stored plan that is left of it.
func interrupted(t *testing.T, s *store, change func(*stock)) (control.Control, control.Plan) {
	t.Helper()
	s.now = open()
	s.onWrite = func(_, to stock) (stock, error) {
		change(&to)
		return to, errLost
	}
	c := s.control()
	p := ok[control.Plan](t)(c.Plan(t.Context(), env()))
	if err := c.Apply(t.Context(), env(), p); !errors.Is(err, errLost) {
		t.Fatalf("apply: %v", err)
	}
	s.onWrite = nil
	return c, keep(t, p)
}

// A value that is neither the old nor the planned one may be AWS's form of ours
// or somebody else's. Where the control has nothing against it the fix is done,
// and no undo takes it for ours.
func TestContinueWithAValueOfUnknownOrigin(t *testing.T) {
	tests := map[string]func(*stock){
		"one value":       func(s *stock) { s.Days = 30 },
		"an entry":        func(s *stock) { s.Goods["guard"] = good{Count: 1}; s.Goods["gold"] = good{Count: 2} },
		"value and entry": func(s *stock) { s.Days = 40; s.Goods["gold"] = good{Count: 2} },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			s := &store{}
			c, stored := interrupted(t, s, change)
			was := keepStock(t, s.now)
			p := ok[control.Plan](t)(c.Continue(t.Context(), env(), stored))
			done(t, c.Apply(t.Context(), env(), p))
			seen := ok[control.Seen](t)(c.Verify(t.Context(), env(), p))
			if len(seen.Left) > 0 || p.Hash != stored.Hash || p.String() != stored.String() {
				t.Errorf("left %v of plan %s\n%s", seen.Left, p.Hash, p)
			}
			if n := unsure(t, seen.Changes); n == 0 || s.writes != 1 {
				t.Errorf("%d paths are marked, %d writes: %v", n, s.writes, seen.Changes)
			}
			p.Changes = seen.Changes
			_, err := c.PlanUndo(t.Context(), env(), keep(t, p).Changes)
			var drift *control.DriftError
			if !errors.As(err, &drift) || !drift.Unsure {
				t.Errorf("undo: %v, want that nobody can tell whose value it is", err)
			}
			if keepStock(t, s.now) != was {
				t.Errorf("was %s, is %s", was, keepStock(t, s.now))
			}
		})
	}
}

// unsure counts changes of unknown origin. None of them may have something to
// take for ours.
func unsure(t *testing.T, changes []control.Change) int {
	t.Helper()
	n := 0
	for _, ch := range changes {
		if ch.Unsure {
			n++
		}
		if len(ch.Got) > 0 {
			t.Errorf("%s is taken for ours: %s", ch.Path, ch.Got)
		}
	}
	return n
}

func keepStock(t *testing.T, s stock) string {
	t.Helper()
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// The doubt is not for ever: it ends when AWS shows the planned value, or
// somebody puts the old one back.
func TestDoubtEnds(t *testing.T) {
	tests := map[string]struct{ found, form int64 }{
		"as planned": {7, 7}, "as before": {3, 7}, "as before, and AWS has its own form": {3, 30},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s := &store{}
			c, stored := interrupted(t, s, func(s *stock) { s.Days = 30 })
			p := ok[control.Plan](t)(c.Continue(t.Context(), env(), stored))
			p.Changes = ok[control.Seen](t)(c.Verify(t.Context(), env(), p)).Changes
			s.now.Days = tc.found
			s.onWrite = func(_, to stock) (stock, error) {
				to.Days = tc.form
				return to, nil
			}
			p = ok[control.Plan](t)(c.Continue(t.Context(), env(), keep(t, p)))
			done(t, c.Apply(t.Context(), env(), p))
			p.Changes = ok[control.Seen](t)(c.Verify(t.Context(), env(), p)).Changes
			s.onWrite = nil
			undo := ok[control.Plan](t)(c.PlanUndo(t.Context(), env(), keep(t, p).Changes))
			done(t, c.Apply(t.Context(), env(), undo))
			if !same(open(), s.now) {
				t.Errorf("after the undo: %+v", s.now)
			}
		})
	}
}

// An undo that was interrupted has one goal: any other value has drifted, even
// one that the control has nothing against.
func TestContinueOfAnUndo(t *testing.T) {
	s := &store{now: open()}
	c := s.control()
	p := ok[control.Plan](t)(c.Plan(t.Context(), env()))
	done(t, c.Apply(t.Context(), env(), p))
	undo := ok[control.Plan](t)(c.PlanUndo(t.Context(), env(), keep(t, p).Changes))
	s.now.Days = 30
	_, err := c.Continue(t.Context(), env(), keep(t, undo))
	var drift *control.DriftError
	if !errors.As(err, &drift) || drift.Path != "Days" || drift.Unsure {
		t.Errorf("want drift of Days, got %v", err)
	}
}

// What the control cannot decide on is not called compliant.
func TestContinueWithoutAnOpinion(t *testing.T) {
	s := &store{}
	c, stored := interrupted(t, s, func(s *stock) { s.Days = 30 })
	s.wantErr = errWant
	if _, err := c.Continue(t.Context(), env(), stored); !errors.Is(err, errWant) {
		t.Errorf("want %v, got %v", errWant, err)
	}
}
