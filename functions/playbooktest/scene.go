package playbooktest

import (
	"crypto/rand"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/calls"
	"github.com/salve-security/salve/internal/control"
)

// scene is one resource and what a case does with it.
type scene struct {
	*suite
	t        *testing.T
	root     aws.Config
	resource string
	tap      *tap
	id       string // of the run that this is, for what is started once for it
	nth      int    // which beginning with the resource this is
}

// scene seeds a fresh resource.
func (s *suite) scene(t *testing.T) *scene {
	t.Helper()
	root := s.World.Root(s.Account)
	root.Region = s.Region
	resource := s.Seed(t.Context(), t, root)
	s.seeded[resource]++
	return &scene{
		suite: s, t: t, root: root, resource: resource, tap: &tap{}, id: rand.Text(), nth: s.seeded[resource],
	}
}

// target is what a finding about the resource would prove.
func (c *scene) target() control.Target {
	return control.Target{Account: c.Account, Region: c.Region, Partition: "aws", Resource: c.resource}
}

// session opens what a run with these actions would work with.
func (c *scene) session(actions []string) control.Env {
	c.t.Helper()
	lend(c.t, c.World, c.Account, c.Control)
	target := c.target()
	narrow, err := c.Control.Limits(target, c.Params)
	if err != nil {
		c.t.Fatalf("what a session is limited to: %v", err)
	}
	cfg, err := c.World.Open(c.t.Context(), control.SessionRequest{
		Target: target, RunID: "playbooktest", Source: "suite", Actions: actions, Narrow: narrow,
		Role: c.role(actions), Approved: true,
	})
	if err != nil {
		c.t.Fatalf("open a session for %v: %v", actions, err)
	}
	cfg.RetryMaxAttempts = 1 // an injected fault counts once
	c.tap.addTo(&cfg)
	now := c.Now
	if now.IsZero() {
		now = time.Now()
	}
	return control.Env{
		Config: cfg, Target: target, Params: c.Params, Now: now, Seals: control.NewSeals([]byte("suite")),
		Run: c.whose("-fix"),
	}
}

// role is the one that a run enters for the actions: that for identities only to write.
func (c *scene) role(actions []string) control.Role {
	if slices.ContainsFunc(actions, func(a string) bool { return a != harmless && !control.Reading(a) }) {
		return c.Control.Role
	}
	return control.RoleRemediation
}

// fixing is a session for plan, apply and verify; its calls are judged at the end.
func (c *scene) fixing() control.Env {
	c.t.Helper()
	env, rec := c.session(c.Control.Actions), &calls.Recorder{}
	rec.AddTo(&env.Config)
	c.forward = append(c.forward, rec)
	return env
}

// undoing is a session that may also take back.
func (c *scene) undoing() control.Env {
	c.t.Helper()
	env, rec := c.session(c.undoActions()), &calls.Recorder{}
	env.Run = c.whose("-undo")
	rec.AddTo(&env.Config)
	c.back = append(c.back, rec)
	return env
}

func (s *suite) undoActions() []string {
	return slices.Concat(s.Control.Actions, s.Control.UndoActions)
}

// act lets something happen that the suite must have declared.
func (c *scene) act(name string, act Act) {
	c.t.Helper()
	if act == nil {
		c.t.Fatalf("the suite has no %s: declare it, or the reason in Skip", name)
	}
	act(c.t.Context(), c.t, c.root, c.resource)
	c.idle = nil // what was changed may be about other resources too: a key's alias, a setting of the account
}

// observe looks past the control and its session.
func (c *scene) observe() any {
	c.t.Helper()
	return c.Observe(c.t.Context(), c.t, c.root, c.resource)
}

// whole lets Observe return the SDK's types as they are: all of them have a private field, which go-cmp refuses.
func whole() cmp.Option { return cmp.Exporter(func(reflect.Type) bool { return true }) }

// unchanged fails when the resource is not as it was.
func (c *scene) unchanged(before any, when string) {
	c.t.Helper()
	if d := cmp.Diff(before, c.observe(), whole()); d != "" {
		c.t.Errorf("%s the resource is not as before (-before +now):\n%s", when, d)
	}
}

// plan returns a plan that has something to change, the way approvals and resumes get it: from storage too.
func (c *scene) plan(env control.Env) (fresh, kept control.Plan) {
	c.t.Helper()
	fresh, err := c.Control.Plan(c.t.Context(), env)
	if err != nil {
		c.t.Fatalf("plan: %v", err)
	}
	if fresh.Empty() {
		c.t.Fatal("nothing to change: the resource must violate the control")
	}
	return fresh, stored(c.t, fresh)
}

// fix brings the resource under the control and returns the changes as a run would keep them.
func (c *scene) fix() []control.Change {
	c.t.Helper()
	env := c.fixing()
	p, _ := c.plan(env)
	return c.finish(env, p)
}

// finish applies a plan, requires proof and returns the changes from storage.
func (c *scene) finish(env control.Env, p control.Plan) []control.Change {
	c.t.Helper()
	if err := c.apply(env, p); err != nil {
		c.t.Fatalf("apply: %v", err)
	}
	p.Changes = c.proven(env, p).Changes
	return stored(c.t, p).Changes
}

// proven looks once: the lab is not slow.
func (c *scene) proven(env control.Env, p control.Plan) control.Seen {
	c.t.Helper()
	seen, err := c.Control.Verify(c.t.Context(), env, p)
	if err != nil {
		c.t.Fatalf("verify: %v", err)
	}
	if len(seen.Left) > 0 {
		c.t.Fatalf("not done, left are:\n%v", seen.Left)
	}
	return seen
}

// planUndo returns the plan that takes changes back, fresh and from storage.
func (c *scene) planUndo(env control.Env, changes []control.Change) (fresh, kept control.Plan) {
	c.t.Helper()
	fresh, err := c.Control.PlanUndo(c.t.Context(), env, changes)
	if err != nil {
		c.t.Fatalf("plan the undo: %v", err)
	}
	return fresh, stored(c.t, fresh)
}

// undo takes changes back.
func (c *scene) undo(changes []control.Change) {
	c.t.Helper()
	env := c.undoing()
	p, _ := c.planUndo(env, changes)
	c.finish(env, p)
}

// stored is what remains of a plan after the ledger.
func stored(t *testing.T, p control.Plan) control.Plan {
	t.Helper()
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatalf("store the plan: %v", err)
	}
	var back control.Plan
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatalf("read the plan back: %v", err)
	}
	if back.Hash != p.Hash || back.String() != p.String() {
		t.Fatalf("the plan changed in storage:\n%swas:\n%s", back, p)
	}
	return back
}
