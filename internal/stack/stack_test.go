package stack_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/stack"
	"github.com/salve-security/salve/internal/stack/stacktest"
)

const template = `
Parameters:
  Size: {Type: Number, Default: 1}
  Name: {Type: String}
  Secret: {Type: String, Default: "", NoEcho: true}
Resources:
  Thing: {Type: AWS::SQS::Queue}
`

// driver waits for nothing.
func driver(c *stacktest.Cloud) stack.Driver {
	return stack.Driver{API: c, Pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
}

func wish() stack.Wish {
	return stack.Wish{Name: "s", Template: stack.Template{Text: template}, Parameters: map[string]string{"Name": "n"}}
}

// whole is the stack as an undisturbed run leaves it.
func whole() stacktest.Stack {
	return stacktest.Stack{
		Template: template, Status: types.StackStatusCreateComplete,
		Parameters: map[string]string{"Name": "n", "Size": "1", "Secret": ""},
	}
}

// end is what tells two ends apart.
func end(c *stacktest.Cloud) string {
	s := c.Stacks()["s"]
	if s == nil {
		return "none"
	}
	return fmt.Sprint(s.Status, s.Parameters, s.Template == template)
}

// scene is what a run comes upon.
type scene struct {
	status, under types.StackStatus // of a stack with other parameters, and of the operation on it; "" for none
	plan, want    string            // a part of what the plan says, and of why it is not carried out
}

// put makes what the run comes upon.
func (s scene) put(c *stacktest.Cloud) {
	if s.status == "" {
		return
	}
	old := whole()
	old.Status, old.Parameters["Name"] = s.status, "old"
	c.Put("s", old)
	if s.under != "" {
		c.Begin("s", "theirs", s.under, s.status)
	}
}

// TestFound: whatever a run comes upon, it goes on with it or says what to do, and never touches what is not its own.
func TestFound(t *testing.T) {
	tests := map[string]scene{
		"nothing":                  {},
		"a change set":             {status: "REVIEW_IN_PROGRESS", plan: "did not carry it out"},
		"an older one":             {status: "UPDATE_COMPLETE"},
		"an update taken back":     {status: "UPDATE_ROLLBACK_COMPLETE"},
		"a creation taken back":    {status: "ROLLBACK_COMPLETE", plan: "holds nothing and is deleted first"},
		"an update half back":      {status: "UPDATE_ROLLBACK_FAILED", plan: "gone on with first"},
		"a creation half back":     {status: "ROLLBACK_FAILED", want: "delete-stack --stack-name s"},
		"a creation that was kept": {status: "CREATE_FAILED", want: "delete-stack --stack-name s"},
		"a deletion that failed":   {status: "DELETE_FAILED", want: "salve destroy"},
		"an update that was kept":  {status: "UPDATE_FAILED", want: "rollback-stack --stack-name s"},
		"an import half back":      {status: "IMPORT_ROLLBACK_FAILED", want: "console of CloudFormation"},
		"a second operator's work": {
			status: "UPDATE_COMPLETE", under: "UPDATE_IN_PROGRESS",
			plan: "an operation is under way (UPDATE_IN_PROGRESS)", want: "token theirs",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c := stacktest.New("111111111111")
			tc.put(c)
			p, err := driver(c).Plan(t.Context(), wish())
			if text := p.Found + fmt.Sprint(err); !strings.Contains(text, tc.plan) {
				t.Errorf("the plan says %q, want %q", text, tc.plan)
			}
			if len(c.Tokens) != 0 {
				t.Error("the plan was carried out")
			}
			tc.put(c)
			_, _, err = driver(c).Apply(t.Context(), wish())
			tc.check(t, c, err)
		})
	}
}

func (s scene) check(t *testing.T, c *stacktest.Cloud, err error) {
	t.Helper()
	if s.want == "" {
		if got := c.Stacks()["s"].Parameters; err != nil || got["Name"] != "n" || got["Size"] != "1" {
			t.Errorf("parameters %v, error %v", got, err)
		}
		return
	}
	if err == nil || !strings.Contains(err.Error(), s.want) || fault.Of(err) != fault.Refused {
		t.Errorf("error %v of class %s, want a refusal about %q", err, fault.Of(err), s.want)
	}
	if len(c.Tokens) != 0 || c.Stacks()["s"].Parameters["Name"] != "old" {
		t.Error("it was touched")
	}
}

// TestKilled: a run that dies at any call, before it happened or before its answer came, leaves what the next one ends
// as an undisturbed one does, and what it did not do twice.
func TestKilled(t *testing.T) {
	for _, from := range []string{"", "old"} {
		quiet := stacktest.New("111111111111")
		begin(quiet, from)
		if _, _, err := driver(quiet).Apply(t.Context(), wish()); err != nil {
			t.Fatal(err)
		}
		if len(quiet.Calls) < 6 {
			t.Fatalf("only %d calls", len(quiet.Calls))
		}
		for at := range quiet.Calls {
			for _, lost := range []bool{false, true} {
				t.Run(fmt.Sprint(from, at, lost), func(t *testing.T) {
					c := stacktest.New("111111111111")
					begin(c, from)
					if !killed(t, c, at, lost) {
						return
					}
					if _, _, err := driver(c).Apply(t.Context(), wish()); err != nil {
						t.Fatalf("the next run: %v", err)
					}
					if d := cmp.Diff(end(quiet), end(c)); d != "" {
						t.Errorf("it ended otherwise (-undisturbed +killed):\n%s", d)
					}
					if len(c.Tokens) != 1 {
						t.Errorf("%d change sets were carried out", len(c.Tokens))
					}
				})
			}
		}
	}
}

// errStruck is the death of a run.
var errStruck = errors.New("struck")

// killed lets a run die at a call; false where that had no answer that could be lost, because it was refused.
func killed(t *testing.T, c *stacktest.Cloud, at int, lost bool) bool {
	t.Helper()
	n := 0
	strike := func(string) error {
		if n++; n == at+1 {
			return errStruck
		}
		return nil
	}
	if c.Before = strike; lost {
		c.Before, c.After = nil, strike
	}
	_, _, err := driver(c).Apply(t.Context(), wish())
	c.Before, c.After = nil, nil
	if n <= at && lost {
		return false
	}
	if !errors.Is(err, errStruck) {
		t.Fatalf("the struck run ended with %v", err)
	}
	return true
}

func begin(c *stacktest.Cloud, from string) {
	if from != "" {
		s := whole()
		s.Status, s.Parameters["Name"] = "UPDATE_COMPLETE", from
		c.Put("s", s)
	}
}

// TestTwice: a second run changes nothing and says so.
func TestTwice(t *testing.T) {
	c := stacktest.New("111111111111")
	for _, want := range []stack.Action{stack.Create, stack.Nothing} {
		p, err := driver(c).Plan(t.Context(), wish())
		if err != nil || p.Action != want {
			t.Errorf("plan %s, %v, want %s", p.Action, err, want)
		}
		_, done, err := driver(c).Apply(t.Context(), wish())
		if err != nil || done.Action != want {
			t.Errorf("done %s, %v, want %s", done.Action, err, want)
		}
	}
}

// TestDifferences: parameters that differ are named, those that are not given keep their values, and secrets are not
// shown.
func TestDifferences(t *testing.T) {
	c, w := stacktest.New("111111111111"), wish()
	s := whole()
	s.Parameters["Size"] = "7"
	c.Put("s", s)
	w.Parameters = map[string]string{"Name": "new", "Secret": "tell nobody"}
	p, err := driver(c).Plan(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	want := []stack.Difference{{Name: "Name", From: "n", To: "new"}, {Name: "Secret", From: "****", To: "****"}}
	if d := cmp.Diff(want, p.Parameters); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if _, _, err := driver(c).Apply(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	got := c.Stacks()["s"].Parameters
	if d := cmp.Diff(map[string]string{"Name": "new", "Secret": "tell nobody", "Size": "7"}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	w.Parameters = map[string]string{"Names": "x"}
	if _, err := driver(c).Plan(t.Context(), w); fault.Of(err) != fault.Invalid {
		t.Errorf("an unknown parameter: %v", err)
	}
}

// TestFailure: what failed is named, with what CloudFormation made of it, and the next run goes on.
func TestFailure(t *testing.T) {
	c := stacktest.New("111111111111")
	c.Fails["s"] = "no such key"
	var told []string
	d := driver(c)
	d.Tell = func(e stack.Event) { told = append(told, e.Resource+" "+e.Status) }
	_, _, err := d.Apply(t.Context(), wish())
	if err == nil || !strings.Contains(err.Error(), "Thing: no such key") ||
		!strings.Contains(err.Error(), "ROLLBACK_COMPLETE") {
		t.Errorf("error %v", err)
	}
	if d := cmp.Diff([]string{"s CREATE_IN_PROGRESS", "Thing CREATE_FAILED", "s ROLLBACK_COMPLETE"}, told); d != "" {
		t.Errorf("told (-want +got):\n%s", d)
	}
	delete(c.Fails, "s")
	if _, _, err := d.Apply(t.Context(), wish()); err != nil {
		t.Errorf("the next run: %v", err)
	}
	old := whole()
	old.Status = types.StackStatusUpdateRollbackFailed
	c.Put("s", old)
	c.Fails["s"] = "still no key"
	if _, _, err := d.Apply(t.Context(), wish()); err == nil || !strings.Contains(err.Error(), "--resources-to-skip") {
		t.Errorf("error %v", err)
	}
}

// TestLeft: who is interrupted while it is waited reads that CloudFormation goes on, and the next run takes it up.
func TestLeft(t *testing.T) {
	c := stacktest.New("111111111111")
	d := driver(c)
	d.Pause = func(context.Context, time.Duration) error { return context.Canceled }
	_, _, err := d.Apply(t.Context(), wish())
	if err == nil || !strings.Contains(err.Error(), "CloudFormation goes on") || fault.Of(err) != fault.Retry {
		t.Errorf("error %v", err)
	}
	if s, _, err := driver(c).Apply(t.Context(), wish()); err != nil || s.Status != types.StackStatusCreateComplete {
		t.Errorf("the next run: %v, %v", s, err)
	}
	if len(c.Tokens) != 1 {
		t.Errorf("%d change sets were carried out", len(c.Tokens))
	}
}

// TestRemove: what is protected or at work stays, what is gone is no error.
func TestRemove(t *testing.T) {
	c := stacktest.New("111111111111")
	s := whole()
	s.Protected = true
	c.Put("s", s)
	if err := driver(c).Remove(t.Context(), "s"); err == nil || !strings.Contains(err.Error(), "protected") {
		t.Errorf("error %v", err)
	}
	state, err := driver(c).Look(t.Context(), "s")
	if err == nil {
		err = driver(c).Protect(t.Context(), state, false)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.Fails["s"] = "it is attached"
	if err := driver(c).Remove(t.Context(), "s"); err == nil || !strings.Contains(err.Error(), "it is attached") {
		t.Errorf("error %v", err)
	}
	delete(c.Fails, "s")
	for range 2 {
		if err := driver(c).Remove(t.Context(), "s"); err != nil {
			t.Error(err)
		}
	}
	if state, err := driver(c).Look(t.Context(), "s"); err != nil || state.Exists() {
		t.Errorf("%v, %v", state, err)
	}
}

// TestKept: a wish for the template that the stack has already changes parameters only.
func TestKept(t *testing.T) {
	c := stacktest.New("111111111111")
	c.Put("s", whole())
	kept, err := driver(c).Template(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	w := stack.Wish{Name: "s", Template: kept, Parameters: map[string]string{"Size": "3"}}
	if _, p, err := driver(c).Apply(t.Context(), w); err != nil || p.Action != stack.Update {
		t.Errorf("%v, %v", p, err)
	}
	if s := c.Stacks()["s"]; s.Parameters["Size"] != "3" || s.Template != template {
		t.Errorf("stack %+v", s)
	}
}
