package playbooktest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/calls"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// harmless is granted where a session must be able to do nothing: no call of a control needs it.
const harmless = "sts:GetCallerIdentity"

// planned is what everybody may ask for who must not change anything.
func (s *suite) planned(t *testing.T) {
	c := s.untouched(t)
	want, _ := c.plan(c.fixing())
	c.tap.failAt(0, 0)
	got, err := s.Control.Plan(t.Context(), c.session(s.Control.Reads()))
	if err != nil {
		t.Fatalf("plan with %v: %v", s.Control.Reads(), err)
	}
	if d := cmp.Diff(want.String(), got.String()); d != "" {
		t.Errorf("plan (-with all actions +with reading ones):\n%s", d)
	}
	if n := c.tap.written(); n > 0 {
		t.Errorf("a plan wrote %d times", n)
	}
}

// isDenied wants a denial.
func isDenied(t *testing.T, what string, err error) {
	t.Helper()
	if fault.Of(err) != fault.Denied {
		t.Errorf("%s: want an error of class denied, got %v (%s)", what, err, fault.Of(err))
	}
}

// denied is an account whose policies let Salve look and not touch.
func (s *suite) denied(t *testing.T) {
	c := s.untouched(t)
	before := c.observe()
	env := c.session(s.Control.Reads())
	p, _ := c.plan(env)
	isDenied(t, "apply with read actions only", c.apply(env, p))
	c.unchanged(before, "after a denied fix")
}

// mutated takes one declared action away at a time: none may be superfluous, and the world must enforce each.
func (s *suite) mutated(t *testing.T) {
	for _, action := range s.Control.Actions {
		if s.unseen(action) != "" {
			continue
		}
		c := s.untouched(t) // without a right to read, nobody comes to the writes
		if err := c.tryFix(c.session(without(s.Control.Actions, action))); fault.Of(err) != fault.Denied {
			t.Errorf("fix without %s: want an error of class denied, got %v (%s)", action, err, fault.Of(err))
		}
	}
	for _, action := range s.Control.UndoActions {
		if s.unseen(action) != "" {
			continue
		}
		c := s.scene(t)
		changes := c.fix()
		env := c.session(without(s.undoActions(), action))
		p, err := s.Control.PlanUndo(t.Context(), env, changes)
		if err == nil {
			err = c.apply(env, p)
		}
		if fault.Of(err) != fault.Denied {
			t.Errorf("undo without %s: want an error of class denied, got %v (%s)", action, err, fault.Of(err))
		}
	}
}

// tryFix is a fix that may fail anywhere.
func (c *scene) tryFix(env control.Env) error {
	p, err := c.Control.Plan(c.t.Context(), env)
	if err != nil {
		return err
	}
	if err := c.apply(env, p); err != nil {
		return err
	}
	_, err = c.Control.Verify(c.t.Context(), env, p)
	return err
}

// without never returns an empty list: a session policy must allow something.
func without(actions []string, action string) []string {
	left := slices.DeleteFunc(slices.Clone(actions), func(a string) bool { return a == action })
	if len(left) == 0 {
		return []string{harmless}
	}
	return left
}

// narrowed takes the session of one resource to another: a mix-up of targets must end at IAM.
func (s *suite) narrowed(t *testing.T) {
	if s.Control.WholeAccount {
		t.Fatal("the session of the control reaches the whole account: give the reason in Skip, or declare Narrow")
	}
	mine, other := s.untouched(t), s.scene(t)
	before := other.observe()
	p, _ := other.plan(other.fixing())
	env := mine.fixing()
	env.Target = other.target()
	if !s.Control.Starts() { // a runbook reaches what its role may, and its parameters say: its session only starts it
		isDenied(t, "write to another resource", mine.apply(env, p))
	}
	other.unchanged(before, "after a foreign session")
	if s.wideReads() {
		return // AWS does not limit these to a resource
	}
	if _, err := s.Control.Plan(t.Context(), env); fault.Of(err) != fault.Denied {
		t.Errorf("read of another resource: want an error of class denied, got %v (%s)", err, fault.Of(err))
	}
}

// unlimited tells actions that AWS grants for a whole account only.
func unlimited(action string) bool {
	_, operation, _ := strings.Cut(action, ":")
	return strings.HasPrefix(operation, "Describe") || strings.HasPrefix(operation, "List")
}

// foreign spot-checks that the session, not the role, is the limit: the role of the suite may do everything.
func (s *suite) foreign(t *testing.T) {
	cfg := s.untouched(t).session(s.undoActions()).Config
	for action, call := range map[string]func(context.Context, aws.Config) error{
		"s3:ListAllMyBuckets": func(ctx context.Context, cfg aws.Config) error {
			_, err := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }).ListBuckets(ctx, nil)
			return err
		},
		"iam:ListUsers": func(ctx context.Context, cfg aws.Config) error {
			_, err := iam.NewFromConfig(cfg).ListUsers(ctx, nil)
			return err
		},
		"sqs:ListQueues": func(ctx context.Context, cfg aws.Config) error {
			_, err := sqs.NewFromConfig(cfg).ListQueues(ctx, nil)
			return err
		},
		"dynamodb:ListTables": func(ctx context.Context, cfg aws.Config) error {
			_, err := dynamodb.NewFromConfig(cfg).ListTables(ctx, nil)
			return err
		},
	} {
		if slices.Contains(s.undoActions(), action) {
			continue
		}
		if err := call(t.Context(), cfg); fault.Of(err) != fault.Denied {
			t.Errorf("%s: want an error of class denied, got %v (%s)", action, err, fault.Of(err))
		}
	}
}

// calledAsDeclared keeps policies honest both ways: neither an action too few nor one too many.
func (s *suite) calledAsDeclared(t *testing.T) {
	forward, back := seen(s.forward), seen(s.back)
	for _, a := range forward {
		if !slices.Contains(s.Control.Actions, a) {
			t.Errorf("a fix calls %s, which Actions lacks", a)
		}
	}
	for _, a := range back {
		if !slices.Contains(s.undoActions(), a) {
			t.Errorf("an undo calls %s, which UndoActions lacks", a)
		}
	}
	for _, a := range s.Control.Actions {
		if !slices.Contains(forward, a) && s.unseen(a) == "" {
			t.Errorf("no fix calls %s: take it out of Actions, or give the reason in Unseen", a)
		}
	}
	for _, a := range s.Control.UndoActions {
		if !slices.Contains(back, a) && s.unseen(a) == "" {
			t.Errorf("no undo calls %s: take it out of UndoActions, or give the reason in Unseen", a)
		}
	}
}

// seen are the actions of all recorders, sorted and once each.
func seen(recorders []*calls.Recorder) []string {
	var out []string
	for _, r := range recorders {
		out = append(out, r.Actions()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
