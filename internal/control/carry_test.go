package control_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/salve-security/salve/internal/control"
)

// settings are what an API replaces as a whole.
type settings struct {
	Length  int32
	Symbols bool
	Note    string
	Policy  *policy
	Tags    map[string]string
	Rules   map[string]policy
}

type policy struct {
	Days int32
	Hard bool
	Name string
}

func weak() settings   { return settings{Length: 8, Policy: &policy{Days: 30}} }
func strong() settings { return settings{Length: 14, Symbols: true, Policy: &policy{Days: 7}} }

// ruled has two rules, of which without has one.
func ruled() settings {
	return settings{Rules: map[string]policy{"a": {Days: 1}, "b": {Days: 2}}}
}

func without() settings { return settings{Rules: map[string]policy{"b": {Days: 2}}} }

// but is the settings with a change.
func but(s settings, change func(*settings)) settings {
	change(&s)
	return s
}

func TestCarry(t *testing.T) {
	theirs := func(s *settings) { s.Note = "theirs"; s.Policy.Hard = true }
	third := func(s *settings) { s.Rules["c"] = policy{Days: 3} }
	for name, tc := range map[string]struct {
		now, from, to, want settings
		changed             bool
	}{
		"as planned":         {weak(), weak(), strong(), strong(), true},
		"done already":       {strong(), weak(), strong(), strong(), false},
		"half done":          {but(weak(), func(s *settings) { s.Length = 14 }), weak(), strong(), strong(), true},
		"nothing to do":      {weak(), strong(), strong(), weak(), false},
		"of others":          {but(weak(), theirs), weak(), strong(), but(strong(), theirs), true},
		"an entry of others": {but(ruled(), third), ruled(), without(), but(without(), third), true},
		"a new record":       {settings{}, settings{}, weak(), weak(), true},
		"a record less":      {weak(), weak(), settings{Length: 8}, settings{Length: 8}, true},
		"a record that is gone already": {
			settings{Length: 8}, weak(), settings{Length: 8}, settings{Length: 8}, false,
		},
		"into an empty collection": {settings{}, settings{}, ruled(), ruled(), true},
	} {
		t.Run(name, func(t *testing.T) {
			got, changed, err := control.Carry(tc.now, tc.from, tc.to)
			if err != nil || changed != tc.changed {
				t.Fatalf("changed %v, want %v: %v", changed, tc.changed, err)
			}
			if d := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestCarryRefusesWhatDrifted(t *testing.T) {
	hard := func(s *settings) { s.Policy.Hard = true }
	for name, tc := range map[string]struct {
		now, from, to settings
		path          string
	}{
		"neither old nor new": {but(weak(), func(s *settings) { s.Length = 9 }), weak(), strong(), "Length"},
		"a record of others": {
			but(weak(), func(s *settings) { s.Policy.Days = 9 }), settings{Length: 8}, weak(), "Policy",
		},
		"a record that was changed, to remove": {but(weak(), hard), weak(), settings{Length: 8}, "Policy"},
		"an entry that was changed, to remove": {
			but(ruled(), func(s *settings) { s.Rules["a"] = policy{Days: 1, Hard: true} }), ruled(), without(), "Rules/a",
		},
		"a record that is gone": {settings{Length: 8}, weak(), strong(), "Policy/Days"},
		// The name was absent before, as it is in a record that is gone: without the record there is nothing to name.
		"a part of a record that is gone": {
			settings{Length: 8}, weak(), but(weak(), func(s *settings) { s.Policy.Name = "a" }), "Policy",
		},
	} {
		t.Run(name, func(t *testing.T) {
			next, changed, err := control.Carry(tc.now, tc.from, tc.to)
			var drift *control.DriftError
			if !errors.As(err, &drift) || drift.Path != tc.path || changed {
				t.Errorf("want a drift of %s, got %v, changed %v", tc.path, err, changed)
			}
			if d := cmp.Diff(tc.now, next); d != "" {
				t.Errorf("next is not what is there (-want +got):\n%s", d)
			}
		})
	}
}

// What is carried onto the state it was planned on is the state that was planned; carried again it changes nothing;
// and carried back it is the state of before. Where others changed something, that stays through both.
func TestCarryThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to := shelves().Draw(t, "from"), shelves().Draw(t, "to")
		next := carried(t, from, from, to)
		if !same(next, to) {
			t.Fatalf("carried to %v, want %v", next, to)
		}
		if _, changed, err := control.Carry(next, from, to); changed || err != nil {
			t.Fatalf("carried twice: changed %v, %v", changed, err)
		}
		next.Goods = maps.Clone(next.Goods)
		if next.Goods == nil {
			next.Goods = map[string]good{}
		}
		theirs := good{Count: 41}
		next.Goods["theirs"] = theirs
		back := carried(t, next, to, from)
		if back.Goods["theirs"] != theirs {
			t.Fatalf("what others added is lost: %v", back)
		}
		delete(back.Goods, "theirs")
		if !same(back, from) {
			t.Fatalf("carried back to %v, want %v", back, from)
		}
	})
}

func carried(t *rapid.T, now, from, to shelf) shelf {
	t.Helper()
	next, _, err := control.Carry(now, from, to)
	if err != nil {
		t.Fatal(err)
	}
	return next
}
