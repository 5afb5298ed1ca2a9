package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/run"
)

// joins lets a finding join the run of the bucket.
func (s suite) joins(t *testing.T, finding, event string, a run.Ask) {
	t.Helper()
	r := Work(t, "S3.8", "a", "other", finding)
	r.Trigger, r.Actor, r.Mode = a.Trigger, a.Actor, a.Mode
	s.MustClaim(t, r, Ask(event, 0), run.Joined)
}

// whose is who a run is for.
func whose(r *run.Run) run.Ask { return run.Ask{Trigger: r.Trigger, Actor: r.Actor, Mode: r.Mode} }

// whoJoins: a click raises a run that Security Hub began, for good: what
// its own process writes meanwhile does not take the click away.
func whoJoins(t *testing.T, s suite) {
	imported := run.Ask{Trigger: run.TriggerImported, Actor: "Security Hub", Mode: "plan"}
	event := run.Ask{Trigger: run.TriggerImported, Actor: "x", Mode: "act"}
	plan := run.Ask{Trigger: run.TriggerClick, Actor: "unattributed", Mode: "plan"}
	act := run.Ask{Trigger: run.TriggerClick, Actor: "unattributed", Mode: "act"}
	operator := run.Ask{Trigger: run.TriggerOperator, Actor: "alice", Mode: "act"}
	tests := map[string]struct {
		run   run.Ask
		joins []run.Ask
		want  run.Ask
	}{
		"an event":                   {imported, []run.Ask{event}, imported},
		"a click":                    {imported, []run.Ask{plan}, plan},
		"a click that may act":       {imported, []run.Ask{act}, act},
		"two clicks, the weak last":  {imported, []run.Ask{act, plan}, act},
		"a click, then an event":     {imported, []run.Ask{act, imported}, act},
		"an operator is told to ask": {imported, []run.Ask{operator}, imported},
		"a click on an operator's":   {operator, []run.Ask{plan}, operator},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := Work(t, "S3.8", "a", "one", "f1")
			r.Trigger, r.Actor, r.Mode = tc.run.Trigger, tc.run.Actor, tc.run.Mode
			s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
			for _, a := range tc.joins {
				s.joins(t, "f1", "e2", a)
			}
			if d := cmp.Diff(tc.want, whose(s.MustGet(t, r.ID))); d != "" {
				t.Errorf("as others read it:\n%s", d)
			}
			if err := s.Save(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, whose(r)); d != "" {
				t.Errorf("as its own process knows after it was saved:\n%s", d)
			}
			s.MustFinish(t, r, run.StatusVerified)
			if d := cmp.Diff(tc.want, whose(s.MustGet(t, r.ID))); d != "" {
				t.Errorf("when it is closed:\n%s", d)
			}
		})
	}
}

// clickWhileSetAside: whoever lets a run wait knows afterwards of the click that came meanwhile, and may tell him so.
func clickWhileSetAside(t *testing.T, s suite) {
	click := run.Ask{Trigger: run.TriggerClick, Actor: "unattributed", Mode: "plan"}
	for name, store := range map[string]func(context.Context, *run.Run) error{
		"saved": s.Save, "at rest": s.Rest,
		"without a role": func(ctx context.Context, r *run.Run) error { return s.Await(ctx, r, Began()) },
	} {
		t.Run(name, func(t *testing.T) {
			r := Work(t, "S3.8", "a", "one", "f1")
			s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
			s.joins(t, "f2", "e2", click)
			r.Lease, r.Due = Began(), Began().Add(Retry)
			if err := store(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Forget(t, r.ID) })
			if d := cmp.Diff(click, whose(r)); d != "" || len(r.Findings) != 2 {
				t.Errorf("%d findings, and as its own process knows:\n%s", len(r.Findings), d)
			}
		})
	}
}

// clickWhileClosing: whoever clicks on the run's own finding after its
// outcome was decided is heard before it is closed.
func clickWhileClosing(t *testing.T, s suite) {
	r := Work(t, "S3.8", "a", "one", "f1")
	s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
	r.State, r.Status, r.Finished = run.StateRecorded, run.StatusRefused, Began()
	for _, a := range []run.Ask{
		{Trigger: run.TriggerClick, Actor: "unattributed", Mode: "plan"},
		{Trigger: run.TriggerClick, Actor: "unattributed", Mode: "act"},
	} {
		s.joins(t, "f1", "e-click", a)
		failed, err := s.Close(t.Context(), []*run.Run{r})
		if err != nil || !errors.Is(failed[r.ID], run.ErrGrew) {
			t.Fatalf("closed over the head of a person: %v, %v", err, failed)
		}
		if d := cmp.Diff(a, whose(r)); d != "" {
			t.Fatalf("the run should be his:\n%s", d)
		}
	}
	if failed, err := s.Close(t.Context(), []*run.Run{r}); err != nil || len(failed) > 0 {
		t.Fatalf("%v, %v", err, failed)
	}
	if got := s.MustGet(t, r.ID); got.State != run.StateClosed || got.Trigger != run.TriggerClick {
		t.Errorf("state %s, by %s", got.State, got.Trigger)
	}
}

// joinsAreBounded: however many findings report the same, the run stays an item that the table takes, beside the
// largest plan; whoever finds it full learns which run it is, and whoever is in it already may come again.
func joinsAreBounded(t *testing.T, s suite) {
	r := Work(t, "S3.8", "a", "one", "f1")
	s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
	hostile := func(i int) *run.Run {
		r := Work(t, "S3.8", "a", "other", fmt.Sprintf("arn:aws:securityhub:us-east-1:222222222222:finding/%0300d", i))
		for key, f := range r.Findings {
			f.Product, f.Wrote = strings.Repeat("\U0001F512", 100), strings.Repeat("\U0001F512", 300)
			r.Findings[key] = f
		}
		return r
	}
	n := 0
	for ; n < 300; n++ {
		got, err := s.Claim(t.Context(), hostile(n), Ask(fmt.Sprint("e", n), 0))
		if err != nil {
			t.Fatal(err)
		}
		if got.Verdict == run.Full {
			if got.Run == nil || got.Run.ID != r.ID {
				t.Errorf("full is %+v, want run %s", got.Run, r.ID)
			}
			break
		}
	}
	if n < 20 || n > 100 {
		t.Fatalf("%d findings joined", n)
	}
	s.MustClaim(t, hostile(0), Ask("again", 0), run.Joined)
	r.Plan = &control.Plan{Changes: []control.Change{{Path: "a", From: strings.Repeat("x", 200<<10)}}}
	s.MustFinish(t, r, run.StatusVerified)
	if got := len(s.MustGet(t, r.ID).Findings); got != n+1 {
		t.Errorf("%d findings in the run, want %d", got, n+1)
	}
}

func joinCases() cases {
	return cases{
		"WhoJoins":           whoJoins,
		"ClickWhileSetAside": clickWhileSetAside,
		"ClickWhileClosing":  clickWhileClosing,
		"JoinsAreBounded":    joinsAreBounded,
	}
}
