package policydoc_test

import (
	"context"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/policydoc"
)

// bucket has a policy, "" for none.
type bucket struct{ policy string }

func (b *bucket) document() (policydoc.Document, error) {
	if b.policy == "" {
		return policydoc.Document{}, nil
	}
	return policydoc.Read(b.policy)
}

// control wants the statements that are there without some, and one of its own.
func (b *bucket) control(drop func(key string) bool) control.Control {
	return control.Of[policydoc.State]{
		Info: control.Info{ID: "S3.5", Pattern: regexp.MustCompile(`^arn:aws:s3:::(b)$`)},
		Read: func(context.Context, control.Env) (policydoc.State, error) {
			d, err := b.document()
			return d.State(), err
		},
		Want: func(now policydoc.State, _ control.Env) (policydoc.State, error) {
			to := with(now, "Ours", ours)
			for key := range now {
				if drop(key) {
					delete(to, key)
				}
			}
			return to, nil
		},
		Write: func(_ context.Context, _ control.Env, from, to policydoc.State) error {
			d, err := b.document()
			if err != nil {
				return err
			}
			changed, err := d.Change(from, to)
			if err != nil || !changed {
				return err
			}
			if b.policy = ""; !d.Empty() {
				b.policy, err = d.Text()
			}
			return err
		},
	}.Control()
}

// A control that changes statements is proven, and undone from what was stored of it, whatever the statements hold:
// what the model does to a state on the way does not make another statement of it.
func TestStatementsOfAControl(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfNDistinct(rapid.SampledFrom(odd()), 0, 5, rapid.ID).Draw(t, "statements")
		b := &bucket{}
		if len(all) > 0 {
			b.policy = policy(all...)
		}
		before := done[policydoc.Document](t)(b.document()).State()
		chosen := map[string]bool{}
		for key := range before {
			// The first of a name is refused while the second stays: TestChangeIsRefused.
			chosen[key] = key != "Partner" && key != "Ours" && rapid.Bool().Draw(t, "drop "+key)
		}
		c := b.control(func(key string) bool { return chosen[key] })
		plan := done[control.Plan](t)(c.Plan(t.Context(), where()))
		apply(t, c, plan)
		seen := done[control.Seen](t)(c.Verify(t.Context(), where(), plan))
		if len(seen.Left) > 0 {
			t.Fatalf("left: %v", seen.Left)
		}
		apply(t, c, done[control.Plan](t)(c.PlanUndo(t.Context(), where(), kept(t, seen.Changes))))
		after := done[policydoc.Document](t)(b.document()).State()
		if d := cmp.Diff(says(before), says(after)); d != "" {
			t.Fatalf("after the undo (-want +got):\n%s", d)
		}
	})
}

func where() control.Env {
	return control.Env{Target: control.Target{Resource: "arn:aws:s3:::b"}}
}

func apply(t *rapid.T, c control.Control, p control.Plan) {
	if err := c.Apply(t.Context(), where(), p); err != nil {
		t.Fatal(err)
	}
}
