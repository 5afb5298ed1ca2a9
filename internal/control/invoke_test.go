package control_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// calling is a control that has the function called which it has read.
func calling(function string, edit func(*control.Of[lent])) control.Control {
	of := lending(func(o *control.Of[lent]) { o.Passes, o.Passed = nil, nil })
	of.Actions = append(of.Actions, "lambda:InvokeFunction")
	of.Invoked = func(control.Env, lent, lent) []string { return []string{function, function} }
	edit(&of)
	return of.Control()
}

// TestCallsAreDeclared: both halves or none, and then the change is written in a session of its own.
func TestCallsAreDeclared(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*control.Of[lent])
		want string
	}{
		"as it should be":    {func(*control.Of[lent]) {}, ""},
		"nothing says which": {func(o *control.Of[lent]) { o.Invoked = nil }, "both lambda:InvokeFunction"},
		"without the right":  {func(o *control.Of[lent]) { o.Actions = o.Actions[:1] }, "both lambda:InvokeFunction"},
	} {
		t.Run(name, func(t *testing.T) {
			made := calling("", c.edit)
			_, err := control.NewRegistry(nil, made)
			if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if err == nil && !made.Apart() {
				t.Error("it is written in the session that has read")
			}
		})
	}
}

// TestFunctionsAreCalledAsRead: once each, and none that no session could be limited to or that is not the account's.
func TestFunctionsAreCalledAsRead(t *testing.T) {
	at := control.Target{Account: "111111111111", Region: "eu-west-1", Partition: "aws", Resource: "bucket/logs"}
	own := at.ARN("lambda", "function:")
	for function, want := range map[string]fault.Class{
		own + "rotate": fault.None, own + "rotate:1": fault.Refused, own + "rotate:live": fault.Refused,
		own + "*": fault.Refused, own + "salve-orchestrator": fault.Refused, "": fault.Refused, "rotate": fault.Refused,
		"arn:aws:lambda:eu-west-1:999999999999:function:rotate": fault.Refused,
		"arn:aws:lambda:us-east-1:111111111111:function:rotate": fault.Refused,
	} {
		c, env := calling(function, func(*control.Of[lent]) {}), control.Env{Target: at}
		plan, err := c.Plan(t.Context(), env)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Passing(env, plan)
		if fault.Of(err) != want {
			t.Errorf("%q: want class %q, got %v", function, want, err)
		}
		if d := cmp.Diff(control.Passed{Functions: []string{function}}, got); want == fault.None && d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
}
