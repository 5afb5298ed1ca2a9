package control_test

import (
	"context"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

func TestARN(t *testing.T) {
	at := control.Target{Account: "222222222222", Region: "cn-north-1", Partition: "aws-cn", Resource: "anything"}
	if got, want := at.ARN("logs", "log-group:a/b"), "arn:aws-cn:logs:cn-north-1:222222222222:log-group:a/b"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := at.GlobalARN("iam", "role/a"), "arn:aws-cn:iam::222222222222:role/a"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestNothingIsCalledForAnotherResource: the name comes from the pattern, and a
// resource that it refuses reaches neither Read nor Want nor Write.
func TestNothingIsCalledForAnotherResource(t *testing.T) {
	var names []string
	called := func(env control.Env) { names = append(names, env.Name) }
	s := &store{now: open()}
	c := control.Of[stock]{
		Info: s.control().Info,
		Read: func(ctx context.Context, env control.Env) (stock, error) { called(env); return s.read(ctx, env) },
		Want: func(now stock, env control.Env) (stock, error) { called(env); return s.want(now, env) },
		Write: func(ctx context.Context, env control.Env, from, to stock) error {
			called(env)
			return s.write(ctx, env, from, to)
		},
	}.Control()
	p := ok[control.Plan](t)(c.Plan(t.Context(), env()))
	done(t, c.Apply(t.Context(), env(), p))
	if d := cmp.Diff([]string{"one", "one", "one", "one"}, names); d != "" {
		t.Errorf("names (-want +got):\n%s", d)
	}
	for _, resource := range []string{"", "rack/one", "stock/", "a stock/one", "stock/one\n", "stock/one\nrack/two"} {
		names = nil
		other := env()
		other.Target.Resource, other.Name = resource, "one"
		stored := keep(t, p)
		stored.Target.Resource = resource
		steps := map[string]error{"apply": c.Apply(t.Context(), other, p)}
		_, steps["plan"] = c.Plan(t.Context(), other)
		_, steps["verify"] = c.Verify(t.Context(), other, p)
		_, steps["continue"] = c.Continue(t.Context(), other, stored)
		_, steps["undo"] = c.PlanUndo(t.Context(), other, p.Changes)
		_, steps["kin"] = c.Breaks(t.Context(), p, other)
		_, steps["limits"] = c.Limits(other.Target, nil)
		for step, err := range steps {
			if fault.Of(err) != fault.Invalid {
				t.Errorf("%s of %q: %v, want an error of class invalid", step, resource, err)
			}
		}
		if len(names) > 0 {
			t.Errorf("%q reached the control", resource)
		}
		if _, is := c.Name(other.Target); is {
			t.Errorf("%q has a name", resource)
		}
	}
}

// TestTheWholeNameCounts: a pattern that its author forgot to anchor accepts no more.
func TestTheWholeNameCounts(t *testing.T) {
	i := control.Info{Pattern: regexp.MustCompile(`stock/([a-z]+)`)}
	for resource, want := range map[string]bool{"stock/one": true, "my stock/one": false, "stock/one/two": false} {
		if _, got := i.Name(control.Target{Resource: resource}); got != want {
			t.Errorf("%q has a name: %v, want %v", resource, got, want)
		}
	}
}

// logged is a control whose session and locks depend on a parameter.
func logged(change func(*control.Info)) control.Control {
	return declared(func(i *control.Info) {
		i.Pattern = regexp.MustCompile(`^(?:arn:aws:stock:::)?([a-z]+)$`)
		i.Params = []control.Param{{Name: "log", Meaning: "The log.", Default: "attic"}}
		i.WholeAccount = false
		i.Narrow = func(env control.Env) []string {
			return []string{"arn:aws:stock:::" + env.Name, "arn:aws:log:::" + env.Params.Text("log")}
		}
		i.Lock = func(env control.Env) []string {
			return []string{"stock/" + env.Name, "log/" + env.Params.Text("log"), "stock/" + env.Name}
		}
		change(i)
	})
}

func TestLimits(t *testing.T) {
	for name, tc := range map[string]struct {
		change   func(*control.Info)
		resource string
		params   control.Params
		want     []string
		class    fault.Class
	}{
		"by default": {resource: "one", want: []string{"arn:aws:stock:::one", "arn:aws:log:::attic"}},
		"as it is set": {
			resource: "one", params: control.Params{"log": "x"}, want: []string{"arn:aws:stock:::one", "arn:aws:log:::x"},
		},
		"itself": {
			change:   func(i *control.Info) { i.Narrow = nil },
			resource: "arn:aws:stock:::one", want: []string{"arn:aws:stock:::one"},
		},
		"itself, and no ARN": {change: func(i *control.Info) { i.Narrow = nil }, resource: "one", class: fault.Invalid},
		"the account": {
			change: func(i *control.Info) { i.Narrow, i.WholeAccount = nil, true }, resource: "one",
		},
		"nothing": {
			change:   func(i *control.Info) { i.Narrow = func(control.Env) []string { return nil } },
			resource: "one", class: fault.Invalid,
		},
		"an empty ARN": {
			change:   func(i *control.Info) { i.Narrow = func(control.Env) []string { return []string{"a", ""} } },
			resource: "one", class: fault.Invalid,
		},
	} {
		t.Run(name, func(t *testing.T) {
			change := tc.change
			if change == nil {
				change = func(*control.Info) {}
			}
			got, err := logged(change).Limits(control.Target{Resource: tc.resource}, tc.params)
			if d := cmp.Diff(tc.want, got); d != "" || fault.Of(err) != tc.class {
				t.Errorf("limits (-want +got):\n%s%v, want class %q", d, err, tc.class)
			}
		})
	}
}

func TestOfAccount(t *testing.T) {
	for pattern, want := range map[string]bool{
		`^AWS::::Account:([0-9]{12})$`:                      true,
		`^AWS::::Account:(\d{12})$`:                         true,
		`^arn:aws:s3:::([a-z0-9.-]+)$`:                      false,
		`^arn:aws[a-z-]*:iam::\d{12}:user/([A-Za-z0-9_]+)$`: false,
	} {
		if got := (control.Info{Pattern: regexp.MustCompile(pattern)}).OfAccount(); got != want {
			t.Errorf("%s: %v, want %v", pattern, got, want)
		}
	}
}

func TestLocks(t *testing.T) {
	for name, tc := range map[string]struct {
		lock     func(control.Env) []string
		resource string
		want     []string
		root     string
	}{
		"none declared":    {nil, "one", []string{"one"}, "one"},
		"another resource": {logged(func(*control.Info) {}).Lock, "1", []string{"1"}, "1"},
		"several":          {logged(func(*control.Info) {}).Lock, "one", []string{"log/x", "stock/one"}, "stock/one"},
		"no name":          {func(control.Env) []string { return []string{""} }, "one", []string{"one"}, "one"},
		"the main one moves with a parameter": {
			func(env control.Env) []string { return []string{env.Params.Text("log")} }, "one", []string{"attic", "x"}, "attic",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, where := logged(func(i *control.Info) { i.Lock = tc.lock }), control.Target{Resource: tc.resource}
			if d := cmp.Diff(tc.want, c.LockKeys(where, control.Params{"log": "x"})); d != "" {
				t.Errorf("locks (-want +got):\n%s", d)
			}
			if c.Root(where) != tc.root {
				t.Errorf("the main one is %q, want %q", c.Root(where), tc.root)
			}
		})
	}
}

func TestRegistryFillsInTheRole(t *testing.T) {
	r := ok[control.Registry](t)(control.NewRegistry(nil, named("S3.8")))
	if c, _ := r.Get("S3.8"); c.Role != control.RoleRemediation || !slices.Contains(control.Roles(), c.Role) {
		t.Errorf("role %q", c.Role)
	}
}
