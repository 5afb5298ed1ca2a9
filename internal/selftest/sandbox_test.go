package selftest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/proof"
	"github.com/salve-security/salve/internal/selftest"
)

// scenes are accounts as a test may find them: with nothing of Salve, with a hub, with all of it.
func scenes() map[string]func(*testing.T) *world {
	hub := func(t *testing.T) *world {
		t.Helper()
		w := newWorld()
		h := w.hub()
		h.Parameters = map[string]string{"ExternalId": "secret"}
		carried(t, h.Parts())
		return w
	}
	return map[string]func(*testing.T) *world{
		"nothing": func(*testing.T) *world { return newWorld() },
		"a custom action": func(*testing.T) *world {
			w := newWorld()
			w.actions["SalvePlan"] = true
			return w
		},
		"a hub": hub,
		"all": func(t *testing.T) *world {
			t.Helper()
			w := hub(t)
			m, err := w.deployment().Members(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			carried(t, m.Parts())
			return w
		},
	}
}

// TestSandbox: what is missing is made, planned first; what was there is used and stays; nothing else is left.
func TestSandbox(t *testing.T) {
	makes := map[string][]string{
		"nothing":         {"deploy hub", "deploy member", "take back"},
		"a custom action": {"deploy hub", "deploy member", "take back"},
		"a hub":           {"deploy member", "take back"}, "all": {"take back"},
	}
	for name, scene := range scenes() {
		t.Run(name, func(t *testing.T) {
			w := scene(t)
			before := w.end()
			planned, err := w.sandbox("one").Plan(t.Context())
			if err != nil || planned.Earlier != nil {
				t.Fatalf("%+v, %v", planned, err)
			}
			if d := cmp.Diff(before, w.end()); d != "" {
				t.Errorf("the plan made something: %s", d)
			}
			out := proven(t, w, "one")
			var steps []string
			for _, s := range out.Steps {
				steps = append(steps, s.Step)
			}
			if d := cmp.Diff(makes[name], steps); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(planned.Made, out.Made); d != "" {
				t.Errorf("(-planned +made) %s", d)
			}
			if d := cmp.Diff(before, w.end()); d != "" {
				t.Errorf("left: %s", d)
			}
		})
	}
}

// proven is an undisturbed run, which has to go well.
func proven(t *testing.T, w *world, token string) selftest.Outcome {
	t.Helper()
	out, err := w.sandbox(token).Run(t.Context())
	if err != nil || !(proof.Report{Steps: out.Steps, Controls: out.Controls}).Passed() || len(out.Controls) != 2 ||
		len(out.Left) != 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	return out
}

// TestKilledAtEachCall cuts a test at each of its calls, before AWS hears of it and after, and lets each call fail once
// for itself. What is left then is named, and the next run, or a clean, leaves the account as it was before.
func TestKilledAtEachCall(t *testing.T) {
	for name, scene := range scenes() {
		t.Run(name, func(t *testing.T) {
			quiet := scene(t)
			want := quiet.end()
			quiet.Calls = nil
			proven(t, quiet, "one")
			calls := slices.Clone(quiet.Calls)
			t.Logf("%d calls", len(calls))
			for at := range calls {
				for _, lost := range []bool{false, true} {
					for _, dead := range []bool{false, true} {
						w := scene(t)
						where := struct {
							At         int
							Call       string
							Lost, Dead bool
						}{at, calls[at], lost, dead}
						left := struck(t, w, at, lost, dead)
						if w.end() != want && !left {
							t.Errorf("%+v: what is left is not said:\n%s", where, w.end())
						}
						if at%2 == 0 {
							cleaned(t, w)
						} else {
							proven(t, w, "two")
						}
						if d := cmp.Diff(want, w.end()); d != "" {
							t.Fatalf("%+v (-before +after): %s", where, d)
						}
					}
				}
			}
		})
	}
}

// struck lets a run meet a failure at a call, and tells whether it names what it left. One that is dead makes no call
// after that.
func struck(t *testing.T, w *world, at int, lost, dead bool) (left bool) {
	t.Helper()
	n := 0
	w.Before = func(string) error {
		if dead && lost && n > at { // nothing is done after the answer that was lost
			return errStruck
		}
		return nil
	}
	hook := func(string) error {
		if n++; n == at+1 || dead && n > at {
			return errStruck
		}
		return nil
	}
	if w.After = hook; !lost {
		w.Before, w.After = hook, nil
	}
	out, err := w.sandbox("one").Run(t.Context())
	w.Before, w.After = nil, nil
	heard(t, lost, dead, n > at, err == nil && (proof.Report{Steps: out.Steps, Controls: out.Controls}).Passed())
	return len(out.Left) > 0
}

// heard wants a failure to have been one that was struck, and one that is dead to have failed.
func heard(t *testing.T, lost, dead, struck, ok bool) {
	t.Helper()
	if !struck && (!lost || !ok) { // a call that finds nothing has no answer that could be lost
		t.Fatal("no call was struck")
	}
	if dead && struck && ok {
		t.Error("it was dead, and all went well")
	}
}

// cleaned takes away what is left.
func cleaned(t *testing.T, w *world) {
	t.Helper()
	if left, err := w.sandbox("three").Clean(t.Context()); err != nil {
		t.Fatalf("%v, %v", left, err)
	}
}

// TestKept: with Keep all stays and is named, and the next run takes it away.
func TestKept(t *testing.T) {
	w := newWorld()
	s := w.sandbox("one")
	s.Keep = true
	out, err := s.Run(t.Context())
	if err != nil || len(w.things) != 2 || len(w.Stacks()) != 2 ||
		!strings.Contains(strings.Join(out.Left, "; "), "stack salve-member; stack salve-hub; bucket salve-artifacts-") {
		t.Fatalf("%+v, %v:\n%s", out.Left, err, w.end())
	}
	planned, err := w.sandbox("two").Plan(t.Context())
	if err != nil || planned.Earlier == nil || cmp.Diff(out.Left, planned.Left) != "" || len(planned.Items) == 0 {
		t.Errorf("%+v, %v", planned, err)
	}
	proven(t, w, "two")
	if d := cmp.Diff(newWorld().end(), w.end()); d != "" {
		t.Error(d)
	}
}

// TestKeptForGood: a hub of a test that somebody has protected is theirs from then on, and so are the roles.
func TestKeptForGood(t *testing.T) {
	for name, ends := range map[string]func(*testing.T, *world){
		"a run": func(t *testing.T, w *world) { t.Helper(); proven(t, w, "two") }, "a clean": cleaned,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			s := w.sandbox("one")
			s.Keep = true
			if _, err := s.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			h := w.hub()
			h.Parameters = map[string]string{"DeletionProtection": "true"}
			carried(t, h.Parts())
			ends(t, w)
			if hub := w.Stacks()["salve-hub"]; hub == nil || hub.Status == "DELETE_COMPLETE" || !hub.Protected ||
				w.Stacks()["salve-member"].Status == "DELETE_COMPLETE" || len(w.things) != 0 || w.journal != "" {
				t.Error(w.end())
			}
		})
	}
}

// TestTakenOver: a run whose journal another one has taken ends at its next step, and takes nothing away.
func TestTakenOver(t *testing.T) {
	w := newWorld()
	first := w.sandbox("one")
	open := first.Open
	first.Open = func(ctx context.Context, made selftest.Made) (selftest.Engine, error) {
		second := w.sandbox("two")
		second.Keep = true
		if _, err := second.Run(ctx); err != nil {
			t.Error(err)
		}
		return open(ctx, made)
	}
	_, err := first.Run(t.Context())
	if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), "role/two has begun another test") {
		t.Error(err)
	}
	if len(w.things) != 2 || w.Stacks()["salve-hub"].Status == "DELETE_COMPLETE" {
		t.Error(w.end())
	}
}

// TestRefused: nothing is made where it is no sandbox, where something of a hub is there that no test made, or where
// the hub would be in another account; and a hub with work of others is not taken away.
func TestRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*world, *selftest.Sandbox)
		want   string
	}{
		"no sandbox": {func(_ *world, s *selftest.Sandbox) {
			s.Like = func(context.Context) error { return fault.New(fault.Refused, "no sandbox") }
		}, "no sandbox"},
		"a bucket": {func(w *world, _ *selftest.Sandbox) {
			w.buckets["salve-artifacts-111111111111-eu-central-1"] = &bucket{}
		}, "bucket salve-artifacts-"},
		"an action of another": {func(w *world, _ *selftest.Sandbox) {
			w.actions["SalveRemediate"], w.differs = true, "SalveRemediate"
		}, "the custom action SalveRemediate is there"},
		"no sandbox, with all of it": {func(w *world, s *selftest.Sandbox) {
			*w = *scenes()["all"](t)
			*s = w.sandbox("one")
			s.Like = func(context.Context) error { return fault.New(fault.Refused, "no sandbox") }
		}, "no sandbox"},
		"a stack":        {func(w *world, _ *selftest.Sandbox) { w.Put("salve-hub", stackLeft()) }, "stack salve-hub"},
		"a member stack": {func(w *world, _ *selftest.Sandbox) { w.Put("salve-member", stackLeft()) }, "stack salve-member"},
		"elsewhere":      {func(_ *world, s *selftest.Sandbox) { s.Deployment.Account = "222222222222" }, "no hub in"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			s := w.sandbox("one")
			tc.change(w, &s)
			before := w.end()
			if _, err := s.Plan(t.Context()); fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), tc.want) {
				t.Error(err)
			}
			if _, err := s.Run(t.Context()); fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), tc.want) {
				t.Error(err)
			}
			if d := cmp.Diff(before, w.end()); d != "" {
				t.Error(d)
			}
		})
	}
	w := newWorld()
	w.restive = errors.New("runs are open")
	out, err := w.sandbox("one").Run(t.Context())
	if err == nil || len(out.Left) == 0 || w.Stacks()["salve-hub"].Status == "DELETE_COMPLETE" {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestMoreInTheBucket: what others put into the bucket stays, and is not left unsaid.
func TestMoreInTheBucket(t *testing.T) {
	full := newWorld()
	s := full.sandbox("one")
	open := s.Open
	s.Open = func(ctx context.Context, made selftest.Made) (selftest.Engine, error) {
		full.buckets["salve-artifacts-111111111111-eu-central-1"].objects["report.csv"] = "theirs"
		return open(ctx, made)
	}
	if out, err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "there is more in it") ||
		len(out.Left) == 0 {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestInterrupted: after Ctrl-C the seed at hand is destroyed, nothing is begun any more, and what stays is named.
func TestInterrupted(t *testing.T) {
	w := newWorld()
	ctx, end := context.WithCancel(t.Context())
	w.Before = func(call string) error {
		if call == "fix" {
			end()
		}
		return nil
	}
	out, err := w.sandbox("one").Run(ctx)
	if err == nil || len(out.Controls) != 1 || len(w.things) != 0 || len(out.Left) == 0 {
		t.Errorf("%+v, %v:\n%s", out, err, w.end())
	}
	w.Before = nil
	proven(t, w, "two")
	if d := cmp.Diff(newWorld().end(), w.end()); d != "" {
		t.Error(d)
	}
}
