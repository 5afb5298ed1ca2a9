package kind_test

import (
	"context"
	"maps"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// TestTags: what people name is given where AWS asks for it, what is there stays, and nothing is invented.
func TestTags(t *testing.T) {
	type tags = map[string]string
	named := func(required, tags string) map[string]any {
		return map[string]any{"requiredTagKeys": required, "tags": tags}
	}
	ops := map[string]any{"tags": "team=ops"}
	for name, tc := range map[string]struct {
		has   tags
		given map[string]any
		want  tags // after the fix
		class fault.Class
	}{
		"none":         {nil, ops, tags{"team": "ops"}, fault.None},
		"AWS's own":    {tags{"aws:a": "b"}, ops, tags{"aws:a": "b", "team": "ops"}, fault.None},
		"some":         {tags{"a": ""}, ops, tags{"a": ""}, fault.None},
		"nothing said": {nil, nil, nil, fault.Refused},
		"a key": {
			tags{"team": "shop"},
			named("team,stage", "team=ops,stage=test,more=no"),
			tags{"team": "shop", "stage": "test"},
			fault.None,
		},
		"half said": {tags{"a": "b"}, named("team,stage", "team=ops"), nil, fault.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			now := tags{}
			maps.Copy(now, tc.has)
			c := tagsIn(now)
			env := control.Env{
				Target: control.Target{Resource: "t"}, Params: ok[control.Params](t)(c.Resolve(tc.given)),
			}
			plan, err := c.Plan(t.Context(), env)
			if fault.Of(err) != tc.class {
				t.Fatalf("got %v, want %s", err, tc.class)
			}
			if err != nil {
				return
			}
			apply(t, c, env, plan)
			if d := cmp.Diff(tc.want, now); d != "" {
				t.Errorf("after the fix (-want +got):\n%s", d)
			}
			apply(t, c, env, ok[control.Plan](t)(c.PlanUndo(t.Context(), env, plan.Changes)))
			if len(now) != len(tc.has) {
				t.Errorf("after the undo: %v", now)
			}
		})
	}
}

func apply(t *testing.T, c control.Control, env control.Env, plan control.Plan) {
	t.Helper()
	if err := c.Apply(t.Context(), env, plan); err != nil {
		t.Fatal(err)
	}
}

// tagsIn is a control on tags that are kept in a map.
func tagsIn(now map[string]string) control.Control {
	return kind.Tags{
		What: "table",
		List: func(context.Context, control.Env) (map[string]string, error) { return maps.Clone(now), nil },
		Add: func(_ context.Context, _ control.Env, tags map[string]string) error {
			maps.Copy(now, tags)
			return nil
		},
		Remove: func(_ context.Context, _ control.Env, keys []string) error {
			for _, key := range keys {
				delete(now, key)
			}
			return nil
		},
	}.Control(control.Info{ID: "Table.1", Pattern: regexp.MustCompile(`^(t)$`)})
}

// A kind that lacks a part is no control: see kind.
func TestTagsLackNothing(t *testing.T) {
	if c := (kind.Tags{What: "table"}).Control(control.Info{ID: "Table.1"}); c.Effect != "" {
		t.Error("tags without calls became a control")
	}
}
