package control_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
)

var (
	errRead = errors.New("no answer")
	errWant = errors.New("no idea")
)

func TestVerify(t *testing.T) {
	s := &store{now: open()}
	c := s.control()
	p := ok[control.Plan](t)(c.Plan(t.Context(), env()))
	early := ok[control.Seen](t)(c.Verify(t.Context(), env(), p))
	if len(early.Left) != len(p.Changes) {
		t.Errorf("before the write %d of %d changes are left", len(early.Left), len(p.Changes))
	}
	if first := early.Changes[0]; !first.Missed || first.Made() || first.Moved() {
		t.Errorf("%+v is not seen as still to be made", first)
	}
	done(t, c.Apply(t.Context(), env(), p))
	seen := ok[control.Seen](t)(c.Verify(t.Context(), env(), p))
	if d := cmp.Diff(p.Changes, seen.Changes); d != "" || len(seen.Left) > 0 {
		t.Errorf("left %v, changes (-planned +seen):\n%s", seen.Left, d)
	}
	if after := ok[string](t)(p.AfterHash()); seen.Hash != after || early.Hash == after {
		t.Errorf("hash %s, early %s, planned %s", seen.Hash, early.Hash, after)
	}
}

func TestVerifyOfAnUndo(t *testing.T) {
	s := &store{now: open()}
	c := s.control()
	p := ok[control.Plan](t)(c.Plan(t.Context(), env()))
	done(t, c.Apply(t.Context(), env(), p))
	undo := ok[control.Plan](t)(c.PlanUndo(t.Context(), env(), p.Changes))
	if !undo.Undo || undo.Hash == p.Hash {
		t.Errorf("an undo must be told from a fix: %+v", undo)
	}
	if left := ok[control.Seen](t)(c.Verify(t.Context(), env(), undo)).Left; len(left) != len(undo.Changes) {
		t.Errorf("before the write %d of %d changes are left", len(left), len(undo.Changes))
	}
	done(t, c.Apply(t.Context(), env(), undo))
	if left := ok[control.Seen](t)(c.Verify(t.Context(), env(), undo)).Left; len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestApplyWritesOnlyWhatIsPending(t *testing.T) {
	s := &store{now: open()}
	c := s.control()
	p := ok[control.Plan](t)(c.Plan(t.Context(), env()))
	done(t, c.Apply(t.Context(), env(), p))
	again := ok[control.Plan](t)(c.Plan(t.Context(), env()))
	done(t, c.Apply(t.Context(), env(), again))
	resumed := ok[control.Plan](t)(c.Continue(t.Context(), env(), keep(t, p)))
	done(t, c.Apply(t.Context(), env(), resumed))
	if s.writes != 1 {
		t.Errorf("%d writes, want one", s.writes)
	}
}

func TestErrorsComeThrough(t *testing.T) {
	fixed := &store{now: open()}
	p := ok[control.Plan](t)(fixed.control().Plan(t.Context(), env()))
	plan := func(c control.Control) error { _, err := c.Plan(t.Context(), env()); return err }
	apply := func(c control.Control) error { return c.Apply(t.Context(), env(), p) }
	verify := func(c control.Control) error { _, err := c.Verify(t.Context(), env(), p); return err }
	resume := func(c control.Control) error { _, err := c.Continue(t.Context(), env(), p); return err }
	undo := func(c control.Control) error { _, err := c.PlanUndo(t.Context(), env(), nil); return err }
	lost := func(from, _ stock) (stock, error) { return from, errLost }
	tests := map[string]struct {
		store *store
		call  func(control.Control) error
		want  error
	}{
		"plan, read":     {&store{readErr: errRead}, plan, errRead},
		"plan, decide":   {&store{wantErr: errWant}, plan, errWant},
		"verify, read":   {&store{readErr: errRead}, verify, errRead},
		"verify, decide": {&store{wantErr: errWant}, verify, errWant},
		"continue":       {&store{readErr: errRead}, resume, errRead},
		"undo":           {&store{readErr: errRead}, undo, errRead},
		"apply":          {&store{onWrite: lost}, apply, errLost},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if err := tc.call(tc.store.control()); !errors.Is(err, tc.want) {
				t.Errorf("want %v, got %v", tc.want, err)
			}
		})
	}
}
