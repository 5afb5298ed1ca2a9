package playbooktest

import (
	"testing"

	"github.com/salve-security/salve/internal/control"
)

// To make a resource and to fix it is most of what a case costs, so that cases which end with the resource as they
// found it hand it on. Each of them still holds by itself: where there is nothing to hand on, because a case failed or
// was left out, or because Seed has begun anew with the same resource, as with an account, the next one makes its own.

// still tells that the scene is as it was left.
func (c *scene) still() bool { return c != nil && c.nth == c.seeded[c.resource] }

// again is the scene for another case.
func (c *scene) again(t *testing.T) *scene {
	next := *c
	next.t, next.tap = t, &tap{}
	return &next
}

// untouched is a scene for what leaves a failing resource as it is: where nobody tried to write, the next one gets it.
func (s *suite) untouched(t *testing.T) *scene {
	t.Helper()
	if s.idle.still() && s.idle.tap.written() == 0 {
		s.idle = s.idle.again(t)
	} else {
		s.idle = s.scene(t)
	}
	return s.idle
}

// repair is a scene in which the resource is fixed.
type repair struct {
	*scene
	before     any
	plan, kept control.Plan
	changes    []control.Change
}

// repair fixes a resource of its own.
func (s *suite) repair(t *testing.T) *repair {
	t.Helper()
	s.done = nil
	r := &repair{scene: s.scene(t)}
	r.before = r.observe()
	env := r.fixing()
	r.plan, r.kept = r.scene.plan(env)
	r.changes = r.finish(env, r.plan)
	s.done = r
	return r
}

// repaired is a scene for what leaves a fixed resource as it is.
func (s *suite) repaired(t *testing.T) *repair {
	t.Helper()
	if s.done == nil || !s.done.still() {
		return s.repair(t)
	}
	s.done.scene = s.done.again(t)
	return s.done
}

// undo takes the fix back, and the resource is no longer fixed.
func (r *repair) undo() {
	r.t.Helper()
	r.done = nil
	r.scene.undo(r.changes)
}

// forget makes sure that nothing of a case that failed is handed on.
func (s *suite) forget() { s.idle, s.done = nil, nil }

// writes are those of a clean fix and of its undo, which can go wrong one after another. A runbook is published by the
// first run of all, and its mishaps are those of internal/runbook: the one write of what is started is the start,
// whatever the order of the cases.
func (s *suite) writes(t *testing.T) (fix, undo int) {
	t.Helper()
	if s.clean == nil {
		c := s.scene(t)
		changes := c.fix()
		fix := c.tap.written()
		c.tap.failAt(0, 0)
		c.undo(changes)
		s.clean = []int{fix, c.tap.written()}
	}
	fix, undo = s.clean[0], s.clean[1]
	if s.Control.Starts() {
		return min(1, fix), min(1, undo)
	}
	return fix, undo
}
