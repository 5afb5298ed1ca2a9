package control_test

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
)

// What a control leaves alone is said in its plan, and is no part of what people decide on.
func TestMentions(t *testing.T) {
	type doors struct {
		Open  bool
		Ajar  int `salve:"fact"`
		Other bool
	}
	ajar := 1
	c := control.Of[doors]{
		Info: control.Info{ID: "Door.1", Pattern: regexp.MustCompile(`^(hall)$`)},
		Read: func(context.Context, control.Env) (doors, error) { return doors{Open: true, Ajar: ajar}, nil },
		Want: func(now doors, _ control.Env) (doors, error) {
			now.Open = false
			return now, nil
		},
		Write: func(context.Context, control.Env, doors, doors) error { return nil },
		Mentions: func(now doors) []string {
			if now.Ajar == 0 {
				return nil
			}
			return []string{strings.Repeat("a door is ajar\x1b", now.Ajar)}
		},
	}.Control()
	env := control.Env{Target: control.Target{Resource: "hall"}}
	plan := func() control.Plan {
		p, err := c.Plan(t.Context(), env)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	one := plan()
	if got := one.String(); !strings.HasSuffix(got, "  left alone: a door is ajar\\x1b\n") {
		t.Errorf("plan reads %q", got)
	}
	if raw, err := json.Marshal(one); err != nil || !strings.Contains(string(raw), `"mentions":["a door`) {
		t.Errorf("stored as %s, %v", raw, err)
	}
	ajar = 0
	if none := plan(); none.Hash != one.Hash || none.Mentions != nil {
		t.Errorf("without: hash %s, mentions %v; with: %s", none.Hash, none.Mentions, one.Hash)
	}
}
