package playbooktest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/calls"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// staleLooks is how often a slow AWS shows the state before a fix.
const staleLooks = 3

// anywhere lists every control. That the standards have this one, and what they say of it, is for the tests of the
// registry: with the lists in it, each word that is added to them would have every suite run anew.
func anywhere(id string) (control.Listing, bool) {
	return control.Listing{
		ID: id, Title: "as Security Hub has it", Severity: control.SeverityLow, Resources: []string{"Other"},
	}, true
}

// declared holds against the registry, which the program builds when it starts.
func (s *suite) declared(t *testing.T) {
	if _, err := control.NewRegistry(anywhere, s.Control); err != nil {
		t.Fatal(err)
	}
	target := s.untouched(t).target()
	own := target.Resource
	for _, partition := range []string{"aws", "aws-cn", "aws-us-gov"} {
		target.Resource = strings.Replace(own, "arn:aws:", "arn:"+partition+":", 1)
		if _, ok := s.Control.Name(target); !ok {
			t.Errorf("Pattern does not accept %q, by what Seed returned", target.Resource)
		}
	}
}

// refused is a mix-up of resources, or an id that somebody made up: it must end before the first call.
func (s *suite) refused(t *testing.T) {
	c := s.untouched(t)
	env := c.fixing()
	p, kept := c.plan(env)
	rec := &calls.Recorder{}
	rec.AddTo(&env.Config)
	for _, resource := range append(foreigners(c.resource), s.Foreign...) {
		env.Target.Resource, kept.Target.Resource = resource, resource
		steps := map[string]error{"apply": c.apply(env, p)}
		_, steps["plan"] = s.Control.Plan(t.Context(), env)
		_, steps["verify"] = s.Control.Verify(t.Context(), env, p)
		_, steps["continue"] = s.Control.Continue(t.Context(), env, kept)
		_, steps["undo"] = s.Control.PlanUndo(t.Context(), env, kept.Changes)
		for step, err := range steps {
			if fault.Of(err) != fault.Invalid {
				t.Errorf("%s of %q: want an error of class invalid, got %v (%s)", step, resource, err, fault.Of(err))
			}
		}
	}
	if made := rec.Actions(); len(made) > 0 {
		t.Errorf("resources of other kinds were asked about with %v", made)
	}
}

// foreigners are what no control accepts in the place of its own resource.
func foreigners(own string) []string {
	return []string{
		"", "*", own + "\n", own + "\x00", " " + own, "arn:aws:salve:::" + own, "AWS::::Account:*",
	}
}

// fixed needs Observe to differ: a fix that only its own Read sees may not be one.
func (s *suite) fixed(t *testing.T) {
	c := s.repair(t)
	s.fixes = c.tap.calls()
	if cmp.Equal(c.before, c.observe(), whole()) {
		t.Error("the fix changed nothing that Observe sees")
	}
}

// compliant counts writes in front of the SDK, so that a write AWS would ignore counts too.
func (s *suite) compliant(t *testing.T) {
	c := s.repaired(t)
	fixed := c.observe()
	c.tap.failAt(0, 0)
	env := c.fixing()
	p, err := s.Control.Plan(t.Context(), env)
	if err != nil || !p.Empty() {
		t.Fatalf("plan of a compliant resource: %v, changes:\n%s", err, p)
	}
	if err := c.apply(env, p); err != nil {
		t.Errorf("apply nothing: %v", err)
	}
	c.proven(env, p)
	if n := c.tap.written(); n > 0 {
		t.Errorf("%d writes to a compliant resource", n)
	}
	c.unchanged(fixed, "after an empty plan")
}

// twice is a message delivered twice, and a run that crashed right before recording its end.
func (s *suite) twice(t *testing.T) {
	c := s.repaired(t)
	env := c.fixing()
	fixed := c.observe()
	if err := c.apply(env, c.plan); err != nil {
		t.Errorf("apply the same plan again: %v", err)
	}
	c.unchanged(fixed, "after a second apply")
	again, err := s.Control.Continue(t.Context(), env, c.kept)
	if err != nil || again.Pending() {
		t.Errorf("continuing a plan that is done: %v, pending %v", err, again.Pending())
	}
}

func (s *suite) settled(t *testing.T) {
	c := s.repaired(t) // Plan refuses a Want that is not idempotent, on both sides of a fix
	p, err := s.Control.Plan(t.Context(), c.fixing())
	if err != nil || !p.Empty() {
		t.Errorf("the wanted state is not compliant: %v, changes:\n%s", err, p)
	}
}

// gone may be noticed at any step: whoever deletes a resource does not wait for ours.
func (s *suite) gone(t *testing.T) {
	c := s.scene(t)
	env := c.fixing()
	p, kept := c.plan(env)
	c.act("Delete", s.Delete)
	steps := map[string]error{}
	if !s.Control.Starts() { // else the runbook meets it
		steps["apply"] = c.apply(env, p)
	}
	_, steps["plan"] = s.Control.Plan(t.Context(), env)
	_, steps["verify"] = s.Control.Verify(t.Context(), env, p)
	_, steps["continue"] = s.Control.Continue(t.Context(), env, kept)
	_, steps["undo"] = s.Control.PlanUndo(t.Context(), c.undoing(), kept.Changes)
	for step, err := range steps {
		if fault.Of(err) != fault.Gone {
			t.Errorf("%s of a deleted resource: want an error of class gone, got %v (%s)", step, err, fault.Of(err))
		}
	}
}

// staleRead plays an AWS that accepts a change and shows it later.
func (s *suite) staleRead(t *testing.T) {
	c := s.scene(t)
	env := c.fixing()
	c.tap.remember(learn)
	p, _ := c.plan(env)
	c.tap.remember(forget)
	if err := c.apply(env, p); err != nil {
		t.Fatalf("apply: %v", err)
	}
	c.tap.remember(repeat)
	for look := range staleLooks {
		seen, err := s.Control.Verify(t.Context(), env, p)
		if err != nil {
			t.Fatalf("look %d: %v", look+1, err)
		}
		if len(seen.Left) == 0 {
			t.Errorf("look %d: nothing left, though AWS still shows the old state", look+1)
		}
	}
	c.tap.remember(forget)
	c.proven(env, p)
}

// staleApproval is about the hash alone, which is what people approve.
func (s *suite) staleApproval(t *testing.T) {
	c := s.scene(t)
	approved, _ := c.plan(c.fixing())
	if s.Disturb != nil {
		c.act("Disturb", s.Disturb)
	} else {
		c.fix() // all that somebody else could do to a setting with two values
	}
	now, err := s.Control.Plan(t.Context(), c.fixing())
	if err != nil {
		t.Fatalf("plan: %v", err)
	}
	if now.Hash == approved.Hash {
		t.Errorf("the hash is the approved one, though the resource changed since; plan now:\n%s", now)
	}
}

// interrupted lets each write of a fix go wrong in turn. What was stored before the first write must be
// enough to finish, and still enough to undo, wherever it stopped.
func (s *suite) interrupted(t *testing.T, how mishap) {
	writes, _ := s.writes(t)
	for k := 1; k <= writes; k++ {
		c := s.scene(t)
		before := c.observe()
		env := c.fixing()
		p, kept := c.plan(env)
		c.tap.failAt(k, how)
		if err := c.apply(env, p); err == nil {
			t.Errorf("write %d failed and Apply did not say so", k)
		}
		c.tap.failAt(0, 0)
		env = c.fixing()
		p, err := s.Control.Continue(t.Context(), env, kept)
		if err != nil {
			t.Fatalf("continue after write %d: %v", k, err)
		}
		if p.Hash != kept.Hash || p.String() != kept.String() {
			t.Errorf("continuing changed what was planned:\n%s", p)
		}
		changes := c.finish(env, p)
		before = c.undoLeads(before, changes)
		c.undo(changes)
		c.unchanged(before, "after the undo of an interrupted fix")
	}
}
