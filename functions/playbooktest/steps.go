package playbooktest

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// Pick is the control with the id.
func Pick(t *testing.T, controls []control.Control, id string) control.Control {
	t.Helper()
	for _, c := range controls {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("none of the %d controls is %s", len(controls), id)
	return control.Control{}
}

// Done stops the test when something that has to succeed did not.
func Done(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Got is the result of a call that has to succeed: `Got(client.CreateKey(ctx, in))(t)`.
func Got[T any](result T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		Done(t, err)
		return result
	}
}

// Fails wants an error of the class that says all the words; fault.None is no error.
func Fails(t *testing.T, err error, class fault.Class, words ...string) {
	t.Helper()
	if fault.Of(err) != class || (err == nil) != (class == fault.None) {
		t.Errorf("want an error of class %q, got %v (%s)", class, err, fault.Of(err))
		return
	}
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("want an error that says %q, got %v", word, err)
		}
	}
}

// Planned is the control's plan, which must read as wanted, "" for nothing to change.
func Planned(t *testing.T, c control.Control, env control.Env, want string) control.Plan {
	t.Helper()
	plan := Got(c.Plan(t.Context(), env))(t)
	if d := cmp.Diff(want, plan.String()); d != "" {
		t.Errorf("plan (-want +got):\n%s", d)
	}
	return plan
}

// Fix brings a resource under the control, which must show, and returns the changes as a run keeps them.
func Fix(t *testing.T, c control.Control, env control.Env) []control.Change {
	t.Helper()
	s := &scene{suite: &suite{Suite: Suite{Control: c}}, t: t}
	plan, _ := s.plan(env)
	return s.finish(env, plan)
}

// Ended starts the runbook of a plan and returns how it ended. Where it asks somebody, the account's root says what is
// to be said. Whether the resource is as planned is for the caller to look at.
func Ended(t *testing.T, c control.Control, env control.Env, p control.Plan, says types.SignalType) control.Progress {
	t.Helper()
	s := &scene{suite: &suite{Suite: Suite{Control: c, World: World(t)}}, t: t}
	s.turn()
	return Got(s.over(env, Got(c.Start(t.Context(), env, p))(t), says))(t)
}

// Undo takes changes of Fix back, which must show.
func Undo(t *testing.T, c control.Control, env control.Env, changes []control.Change) {
	t.Helper()
	s := &scene{suite: &suite{Suite: Suite{Control: c}}, t: t}
	env.Run += "-undo" // another run than the fix
	plan, _ := s.planUndo(env, changes)
	s.finish(env, plan)
}
