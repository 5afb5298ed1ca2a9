package kind_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
)

var (
	errRefused = errors.New("the service refused")
	errLost    = errors.New("the answer was lost")
)

// service is what all made-up services share: it counts writes, and one of them
// goes wrong.
type service struct {
	writes int
	failAt int  // which write goes wrong, from 1; 0 is none
	lose   bool // it is carried out, and its answer is lost
}

// write carries out a write, unless it is the one to be refused.
func (s *service) write(do func()) error {
	s.writes++
	switch {
	case s.writes != s.failAt:
		do()
		return nil
	case s.lose:
		do()
		return errLost
	}
	return errRefused
}

// scene is a made-up resource and a control on it.
type scene struct {
	control control.Control
	service *service
	observe func() any // the resource as another client sees it
	disturb func()     // somebody changes what the fix wrote
	beside  func()     // somebody changes something else
}

func env() control.Env {
	return control.Env{Target: control.Target{
		Account: "222222222222", Region: "eu-west-1", Partition: "aws",
		Resource: "arn:aws:thing:eu-west-1:222222222222:thing/one",
	}}
}

func info(id string) control.Info {
	return control.Info{
		ID: id, Title: "Things should be right", Resources: []string{"Thing"}, Effect: "None.",
		Fails:    control.Fails{When: "A thing is wrong.", Rule: "thing-right"},
		Severity: control.SeverityLow, Impact: control.ImpactNone,
		Pattern: regexp.MustCompile(`^arn:aws:thing:[a-z0-9-]+:\d{12}:thing/(.+)$`),
		Actions: []string{"thing:Get", "thing:Set"},
	}
}

// registered is what a registry has against controls.
func registered(all ...control.Control) error {
	_, err := control.NewRegistry(nil, all...)
	return err
}

// trial runs a control through all that happens to one: the fix and its undo, each
// with every write refused or its answer lost, twice, disturbed, and beside others.
// It returns the plan as people read it.
func trial(t *testing.T, open func() *scene) string {
	t.Helper()
	clean := open()
	done(t, registered(clean.control))
	before := clean.observe()
	plan, _ := clean.fix(t, 0, false)
	fixes := clean.service.writes
	after := clean.observe()
	if fixes == 0 || cmp.Equal(before, after) {
		t.Fatalf("%d writes made %v of %v", fixes, after, before)
	}
	if again := ok[control.Plan](t)(clean.control.Plan(t.Context(), env())); !again.Empty() {
		t.Errorf("fixed, and still to change:\n%s", again)
	}
	for k := range fixes + 1 {
		for _, lose := range []bool{false, true} {
			s := open()
			_, changes := s.fix(t, k, lose)
			s.is(t, after, fmt.Sprintf("after fix with write %d lost %v", k, lose))
			s.undo(t, changes, 0, false)
			s.is(t, before, fmt.Sprintf("after undo of fix with write %d lost %v", k, lose))
			s.service.writes = 0
			s.undo(t, changes, 0, false)
			if s.service.writes > 0 {
				t.Errorf("a second undo wrote %d times", s.service.writes)
			}
			s = open()
			_, changes = s.fix(t, 0, false)
			s.undo(t, changes, k, lose)
			s.is(t, before, fmt.Sprintf("after undo with write %d lost %v", k, lose))
		}
	}
	disturbed(t, open())
	beside(t, open, before)
	return plan.String()
}

// disturbed is an undo after somebody changed what the fix wrote: it is refused,
// and nothing is written.
func disturbed(t *testing.T, s *scene) {
	t.Helper()
	_, changes := s.fix(t, 0, false)
	s.disturb()
	theirs := s.observe()
	_, err := s.control.PlanUndo(t.Context(), env(), changes)
	var drift *control.DriftError
	if !errors.As(err, &drift) {
		t.Errorf("undo of what somebody changed: %v, want a *DriftError", err)
	}
	s.is(t, theirs, "after a refused undo")
}

// beside is a fix and its undo while somebody else changes something else.
func beside(t *testing.T, open func() *scene, before any) {
	t.Helper()
	untouched := open()
	untouched.beside()
	want := untouched.observe()
	if cmp.Equal(before, want) {
		t.Fatal("observe does not see what happens beside")
	}
	s := open()
	plan := ok[control.Plan](t)(s.control.Plan(t.Context(), env()))
	s.beside()
	done(t, s.control.Apply(t.Context(), env(), plan))
	seen := ok[control.Seen](t)(s.control.Verify(t.Context(), env(), plan))
	if len(seen.Left) > 0 {
		t.Errorf("left beside others: %v", seen.Left)
	}
	s.undo(t, seen.Changes, 0, false)
	s.is(t, want, "after an undo beside others")
}

// fix plans and applies. Where its kth write goes wrong, the stored plan is taken
// up by another process. It returns what the run would keep.
func (s *scene) fix(t *testing.T, k int, lose bool) (control.Plan, []control.Change) {
	t.Helper()
	plan := ok[control.Plan](t)(s.control.Plan(t.Context(), env()))
	return plan, s.finish(t, plan, k, lose)
}

func (s *scene) undo(t *testing.T, changes []control.Change, k int, lose bool) {
	t.Helper()
	plan := ok[control.Plan](t)(s.control.PlanUndo(t.Context(), env(), changes))
	s.finish(t, plan, k, lose)
}

func (s *scene) finish(t *testing.T, plan control.Plan, k int, lose bool) []control.Change {
	t.Helper()
	stored := kept(t, plan)
	s.service.writes, s.service.failAt, s.service.lose = 0, k, lose
	failed := s.control.Apply(t.Context(), env(), plan)
	reached := k > 0 && s.service.writes >= k
	if (failed != nil) != reached {
		t.Fatalf("apply with write %d wrong, of %d: %v", k, s.service.writes, failed)
	}
	s.service.failAt = 0
	if failed != nil {
		plan = ok[control.Plan](t)(s.control.Continue(t.Context(), env(), stored))
		done(t, s.control.Apply(t.Context(), env(), plan))
	}
	seen := ok[control.Seen](t)(s.control.Verify(t.Context(), env(), plan))
	if len(seen.Left) > 0 {
		t.Errorf("left after write %d wrong: %v", k, seen.Left)
	}
	plan.Changes = seen.Changes
	return kept(t, plan).Changes
}

func (s *scene) is(t *testing.T, want any, when string) {
	t.Helper()
	if d := cmp.Diff(want, s.observe()); d != "" {
		t.Errorf("%s (-want +got):\n%s", when, d)
	}
}

// kept is what comes back of a plan from the ledger.
func kept(t *testing.T, p control.Plan) control.Plan {
	t.Helper()
	var back control.Plan
	done(t, json.Unmarshal(ok[[]byte](t)(json.Marshal(p)), &back))
	return back
}

func ok[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		done(t, err)
		return v
	}
}

func done(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ptr[V any](v V) *V { return &v }
