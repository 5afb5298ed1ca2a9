package control_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
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

func TestCarry(t *testing.T) {
	weak, strong := settings{Length: 8, Policy: &policy{Days: 30}}, settings{Length: 14, Symbols: true, Policy: &policy{Days: 7}}
	with := func(s settings, change func(*settings)) settings {
		if s.Policy != nil {
			p := *s.Policy
			s.Policy = &p
		}
		s.Tags, s.Rules = maps.Clone(s.Tags), maps.Clone(s.Rules)
		change(&s)
		return s
	}
	named := with(weak, func(s *settings) { s.Policy.Name = "a" })
	ruled := settings{Rules: map[string]policy{"a": {Days: 1}, "b": {Days: 2}}}
	without := settings{Rules: map[string]policy{"b": {Days: 2}}}
	for name, tc := range map[string]struct {
		now, from, to, want settings
		changed             bool
		drift               string // its path; empty for none
	}{
		"as planned":   {weak, weak, strong, strong, true, ""},
		"done already": {strong, weak, strong, strong, false, ""},
		"half done": {
			with(weak, func(s *settings) { s.Length = 14 }), weak, strong, strong, true, "",
		},
		"nothing to do": {weak, strong, strong, weak, false, ""},
		"of others": {
			with(weak, func(s *settings) { s.Note = "theirs"; s.Policy.Hard = true }), weak, strong,
			with(strong, func(s *settings) { s.Note = "theirs"; s.Policy.Hard = true }), true, "",
		},
		"an entry of others": {
			with(ruled, func(s *settings) { s.Rules["c"] = policy{Days: 3} }), ruled, without,
			with(without, func(s *settings) { s.Rules["c"] = policy{Days: 3} }), true, "",
		},
		"a new record":  {settings{}, settings{}, weak, weak, true, ""},
		"a record less": {weak, weak, with(weak, func(s *settings) { s.Policy = nil }), settings{Length: 8}, true, ""},
		"into an empty collection": {
			settings{}, settings{}, ruled, ruled, true, "",
		},

		"neither old nor new": {with(weak, func(s *settings) { s.Length = 9 }), weak, strong, settings{}, false, "Length"},
		"a record of others": {
			with(weak, func(s *settings) { s.Policy = &policy{Days: 9} }), settings{Length: 8}, weak, settings{}, false, "Policy",
		},
		"a record that was changed, to remove": {
			with(weak, func(s *settings) { s.Policy.Hard = true }), weak, settings{Length: 8}, settings{}, false, "Policy",
		},
		"an entry that was changed, to remove": {
			with(ruled, func(s *settings) { s.Rules["a"] = policy{Days: 1, Hard: true} }), ruled, without, settings{},
			false, "Rules/a",
		},
		"a record that is gone": {settings{Length: 8}, weak, strong, settings{}, false, "Policy/Days"},
		// The name was absent before, and is in a record that is gone: without the record there is nothing to name.
		"a part of a record that is gone": {settings{Length: 8}, weak, named, settings{}, false, "Policy"},
	} {
		t.Run(name, func(t *testing.T) {
			got, changed, err := control.Carry(tc.now, tc.from, tc.to)
			if tc.drift != "" {
				var drift *control.DriftError
				if !errors.As(err, &drift) || drift.Path != tc.drift || changed {
					t.Fatalf("want a drift of %s, got %v, changed %v", tc.drift, err, changed)
				}
				return
			}
			if err != nil || changed != tc.changed {
				t.Fatalf("changed %v, want %v: %v", changed, tc.changed, err)
			}
			if d := cmp.Diff(tc.want, got, cmp.Transformer("empty", func(m map[string]string) int { return len(m) }),
				cmp.Transformer("none", func(m map[string]policy) []any {
					if len(m) == 0 {
						return nil
					}
					return []any{len(m), m["a"].Days, m["b"].Days, m["c"].Days}
				})); d != "" {
				t.Errorf("(-want +got):\n%s", d)
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
