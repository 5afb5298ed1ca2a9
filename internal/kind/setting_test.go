package kind_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/kind"
)

// lamp has a switch that may not be there at all, and a colour.
type lamp struct {
	service
	lit    *bool
	colour string
}

// switched is a scene with the toggle of a lamp, which somebody then sets to other.
func switched(lit, other *bool) func() *scene {
	return func() *scene {
		l := &lamp{lit: lit, colour: "red"}
		return &scene{
			service: &l.service,
			control: kind.Setting[*bool]{
				Name: "Lit",
				Get:  func(context.Context, control.Env) (*bool, error) { return l.lit, nil },
				Want: kind.Always(ptr(true)),
				Set: func(_ context.Context, _ control.Env, to *bool) error {
					return l.write(func() { l.lit = to })
				},
			}.Control(info("Lamp.1")),
			observe: func() any { return []any{l.lit, l.colour} },
			disturb: func() { l.lit = other },
			beside:  func() { l.colour = "blue" },
		}
	}
}

// A value that was off is switched off again, and one that was not there is taken away.
func TestToggle(t *testing.T) {
	for name, tc := range map[string]struct {
		open func() *scene
		plan string
	}{
		"off":   {switched(ptr(false), nil), "  ~ Lit: false → true\n"},
		"unset": {switched(nil, ptr(false)), "  ~ Lit: none → true\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tc.plan, trial(t, tc.open)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// shelf keeps goods for some days.
type shelf struct {
	service
	days int32
	name string
}

// atLeast is a scene with a shelf that must keep goods for a week.
func atLeast(days int32) func() *scene {
	return func() *scene {
		s := &shelf{days: days, name: "a"}
		return &scene{
			service: &s.service,
			control: kind.Setting[int32]{
				Name: "Days",
				Get:  func(context.Context, control.Env) (int32, error) { return s.days, nil },
				Want: func(now int32, _ control.Env) (int32, error) { return max(now, 7), nil },
				Set: func(_ context.Context, _ control.Env, to int32) error {
					return s.write(func() { s.days = to })
				},
			}.Control(info("Shelf.1")),
			observe: func() any { return []any{s.days, s.name} },
			disturb: func() { s.days = 30 },
			beside:  func() { s.name = "b" },
		}
	}
}

func TestValue(t *testing.T) {
	if d := cmp.Diff("  ~ Days: 0 → 7\n", trial(t, atLeast(0))); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	long := atLeast(9)()
	if plan := ok[control.Plan](t)(long.control.Plan(t.Context(), env())); !plan.Empty() {
		t.Errorf("a shelf that keeps goods longer is changed:\n%s", plan)
	}
}

func TestSettingErrors(t *testing.T) {
	odd := errors.New("odd")
	good := kind.Setting[bool]{
		Name: "On",
		Get:  func(context.Context, control.Env) (bool, error) { return false, nil },
		Want: kind.Always(true),
		Set:  func(context.Context, control.Env, bool) error { return nil },
	}
	for name, spoil := range map[string]func(*kind.Setting[bool]){
		"read": func(s *kind.Setting[bool]) {
			s.Get = func(context.Context, control.Env) (bool, error) { return true, odd }
		},
		"decide": func(s *kind.Setting[bool]) {
			s.Want = func(bool, control.Env) (bool, error) { return true, odd }
		},
	} {
		s := good
		spoil(&s)
		if _, err := s.Control(info("Lamp.2")).Plan(t.Context(), env()); !errors.Is(err, odd) {
			t.Errorf("%s: %v, want the error of the playbook", name, err)
		}
	}
	for name, spoil := range map[string]func(*kind.Setting[bool]){
		"name": func(s *kind.Setting[bool]) { s.Name = "" },
		"get":  func(s *kind.Setting[bool]) { s.Get = nil },
		"want": func(s *kind.Setting[bool]) { s.Want = nil },
		"set":  func(s *kind.Setting[bool]) { s.Set = nil },
	} {
		s := good
		spoil(&s)
		if registered(s.Control(info("Lamp.2"))) == nil {
			t.Errorf("a setting without %s is taken into a registry", name)
		}
	}
}
