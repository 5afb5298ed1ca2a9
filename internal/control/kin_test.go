package control_test

import (
	"errors"
	"regexp"
	"testing"

	"github.com/salve-security/salve/internal/control"
)

// days is a control on the shelf that asks for a log of that many days alone.
func (s *store) days(least int64, change func(*control.Of[shelf])) control.Control {
	o := control.Of[shelf]{
		Info: s.control().Info, Read: s.read, Write: s.write,
		Want: func(now shelf, _ control.Env) (shelf, error) { now.Days = max(now.Days, least); return now, s.wantErr },
	}
	o.ID = "Shelf.2"
	if change != nil {
		change(&o)
	}
	return o.Control()
}

func TestKin(t *testing.T) {
	s, where := &store{}, env().Target
	c := s.control()
	other := control.Of[map[string]string]{Info: c.Info}
	other.ID, other.State = "Shelf.9", "shelf.other"
	for name, tc := range map[string]struct {
		of   control.Control
		want bool
	}{
		"itself":             {c, false},
		"a sibling":          {s.days(3, nil), true},
		"another state":      {other.Control(), false},
		"a state of its own": {s.days(3, func(o *control.Of[shelf]) { o.State = "" }), false},
		"another lock": {s.days(3, func(o *control.Of[shelf]) {
			o.Lock = func(control.Env) []string { return []string{"x"} }
		}), false},
		"another resource":     {s.days(3, func(o *control.Of[shelf]) { o.Resources = []string{"Rack"} }), false},
		"one of its resources": {s.days(3, func(o *control.Of[shelf]) { o.Resources = []string{"Rack", "Shelf"} }), true},
		"not of its kind": {s.days(3, func(o *control.Of[shelf]) {
			o.Pattern = regexp.MustCompile(`^rack/(.+)$`)
		}), false},
	} {
		if got := c.Kin(tc.of, where); got != tc.want {
			t.Errorf("%s: kin %v, want %v", name, got, tc.want)
		}
	}
}

// TestNoNameIsNoKin: two states of their own, though their types are the same.
func TestNoNameIsNoKin(t *testing.T) {
	nameless := func(id string) control.Control {
		return declared(func(i *control.Info) { i.ID, i.State = id, "" })
	}
	if nameless("Shelf.1").Kin(nameless("Shelf.2"), env().Target) {
		t.Error("two controls that name no state are kin")
	}
}

// TestBreaks: an undo puts the log back to three days.
func TestBreaks(t *testing.T) {
	s := &store{now: shelf{Goods: map[string]good{}, Days: 3}}
	c := s.control()
	p := ok[control.Plan](t)(c.Plan(t.Context(), env()))
	done(t, c.Apply(t.Context(), env(), p))
	undo := ok[control.Plan](t)(c.PlanUndo(t.Context(), env(), p.Changes))
	for name, tc := range map[string]struct {
		least int64
		want  bool
	}{
		"needs what goes":           {5, true},
		"is met either way":         {3, false},
		"was not met before either": {30, false},
	} {
		if got := ok[bool](t)(s.days(tc.least, nil).Breaks(t.Context(), undo, env())); got != tc.want {
			t.Errorf("%s: breaks %v, want %v", name, got, tc.want)
		}
	}
	if _, err := s.days(5, nil).Breaks(t.Context(), keep(t, undo), env()); !errors.Is(err, control.ErrStale) {
		t.Errorf("a stored plan: %v, want ErrStale", err)
	}
	s.wantErr = errors.New("cannot decide")
	if _, err := s.days(5, nil).Breaks(t.Context(), undo, env()); !errors.Is(err, s.wantErr) {
		t.Errorf("%v, want the control's error", err)
	}
}
