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
	for name, tc := range map[string]struct {
		has, given, want map[string]string // want is what is there after the fix
		class            fault.Class
	}{
		"none":         {nil, map[string]string{"tags": "team=ops"}, map[string]string{"team": "ops"}, fault.None},
		"AWS's own":    {map[string]string{"aws:a": "b"}, map[string]string{"tags": "a=c"}, map[string]string{"aws:a": "b", "a": "c"}, fault.None},
		"some":         {map[string]string{"a": ""}, map[string]string{"tags": "team=ops"}, map[string]string{"a": ""}, fault.None},
		"nothing said": {nil, nil, nil, fault.Refused},
		"a key": {
			map[string]string{"team": "shop"}, map[string]string{"requiredTagKeys": "team,stage", "tags": "team=ops,stage=test,more=no"},
			map[string]string{"team": "shop", "stage": "test"}, fault.None,
		},
		"half said": {
			map[string]string{"a": "b"}, map[string]string{"requiredTagKeys": "team,stage", "tags": "team=ops"}, nil, fault.Refused,
		},
	} {
		t.Run(name, func(t *testing.T) {
			now := maps.Clone(tc.has)
			if now == nil {
				now = map[string]string{}
			}
			c := kind.Tags{
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
			given := map[string]any{}
			for name, value := range tc.given {
				given[name] = value
			}
			params, err := c.Resolve(given)
			if err != nil {
				t.Fatal(err)
			}
			env := control.Env{Target: control.Target{Resource: "t"}, Params: params}
			plan, err := c.Plan(t.Context(), env)
			if fault.Of(err) != tc.class {
				t.Fatalf("got %v, want %s", err, tc.class)
			}
			if err != nil {
				return
			}
			if err := c.Apply(t.Context(), env, plan); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, now); d != "" {
				t.Errorf("after the fix (-want +got):\n%s", d)
			}
			undo, err := c.PlanUndo(t.Context(), env, plan.Changes)
			if err == nil {
				err = c.Apply(t.Context(), env, undo)
			}
			if d := cmp.Diff(len(tc.has), len(now)); err != nil || d != "" {
				t.Errorf("after the undo: %v, %v", err, now)
			}
		})
	}
}

// A kind that lacks a part is no control: see kind.
func TestTagsLackNothing(t *testing.T) {
	if c := (kind.Tags{What: "table"}).Control(control.Info{ID: "Table.1"}); c.Effect != "" {
		t.Error("tags without calls became a control")
	}
}
