package kind_test

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/kind"
)

// balancer has attributes, of which one call writes those it names.
type balancer struct {
	service
	attributes map[string]string
	puts       []map[string]string
}

func (b *balancer) get(context.Context, control.Env) (map[string]string, error) {
	return b.attributes, nil
}

func (b *balancer) put(_ context.Context, _ control.Env, change map[string]string) error {
	b.puts = append(b.puts, change)
	return b.write(func() {
		for key, v := range change {
			if v == "" {
				delete(b.attributes, key)
				continue
			}
			b.attributes[key] = v
		}
	})
}

// guarded is a row: a control on some attributes of a load balancer.
func (b *balancer) guarded(id string, want map[string]string, keys ...string) control.Control {
	return kind.Attributes{Keys: keys, Get: b.get, Want: kind.Always(want), Put: b.put}.Control(info(id))
}

// attributed is a scene of two attributes that are wanted, one of which is not there yet.
func attributed() *scene {
	b := &balancer{attributes: map[string]string{"drop.headers": "false", "idle": "60"}}
	return &scene{
		service: &b.service,
		control: b.guarded("ELB.4", map[string]string{"drop.headers": "true", "mode": "strict"}, "drop.headers", "mode"),
		observe: func() any { return maps.Clone(b.attributes) },
		disturb: func() { b.attributes["mode"] = "defensive" },
		beside:  func() { b.attributes["idle"] = "30" },
	}
}

func TestAttributes(t *testing.T) {
	want := "  ~ drop.headers: \"false\" → \"true\"\n  ~ mode: none → \"strict\"\n"
	if d := cmp.Diff(want, trial(t, attributed)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// Two rows of a table on one resource: each has a state of its own, and one says nothing of the other's attribute.
func TestRowsOfATable(t *testing.T) {
	b := &balancer{attributes: map[string]string{"headers": "false", "protected": "false"}}
	headers := b.guarded("ELB.4", map[string]string{"headers": "true"}, "headers")
	protected := b.guarded("ELB.6", map[string]string{"protected": "true"}, "protected")
	done(t, registered(headers, protected))
	for _, c := range []control.Control{headers, protected} {
		plan := ok[control.Plan](t)(c.Plan(t.Context(), env()))
		if len(plan.Changes) != 1 {
			t.Errorf("%s changes %v, want its own attribute alone", c.ID, plan.Changes)
		}
		done(t, c.Apply(t.Context(), env(), plan))
	}
	if d := cmp.Diff([]map[string]string{{"headers": "true"}, {"protected": "true"}}, b.puts); d != "" {
		t.Errorf("puts (-want +got):\n%s", d)
	}
}

// What Want does not name stays, and only what differs is put, with nothing for what is taken away.
func TestAttributesThatChange(t *testing.T) {
	b := &balancer{attributes: map[string]string{"a": "1", "b": "2", "c": "3", "d": "4"}}
	c := kind.Attributes{
		Keys: []string{"a", "b", "c"}, Get: b.get, Put: b.put,
		Want: func(now map[string]string, _ control.Env) (map[string]string, error) {
			if _, other := now["d"]; other {
				t.Error("Want sees an attribute that is not the control's")
			}
			now["b"] = "changed by Want, and not wanted" // its own copy
			return map[string]string{"a": "9", "c": ""}, nil
		},
	}.Control(info("ELB.7"))
	plan := ok[control.Plan](t)(c.Plan(t.Context(), env()))
	done(t, c.Apply(t.Context(), env(), plan))
	if d := cmp.Diff([]map[string]string{{"a": "9", "c": ""}}, b.puts); d != "" {
		t.Errorf("puts (-want +got):\n%s", d)
	}
}

func TestAttributesThatAreNotRead(t *testing.T) {
	b := &balancer{}
	c := b.guarded("ELB.8", map[string]string{"spelt": "wrong"}, "spelled")
	_, err := c.Plan(t.Context(), env())
	if err == nil || !strings.Contains(err.Error(), `"spelt" is wanted and never read`) {
		t.Errorf("plan: %v", err)
	}
	for name, a := range map[string]kind.Attributes{
		"keys": {Get: b.get, Want: kind.Always(map[string]string{}), Put: b.put},
		"get":  {Keys: []string{"a"}, Want: kind.Always(map[string]string{}), Put: b.put},
		"want": {Keys: []string{"a"}, Get: b.get, Put: b.put},
		"put":  {Keys: []string{"a"}, Get: b.get, Want: kind.Always(map[string]string{})},
	} {
		if registered(a.Control(info("ELB.8"))) == nil {
			t.Errorf("attributes without %s are taken into a registry", name)
		}
	}
}
