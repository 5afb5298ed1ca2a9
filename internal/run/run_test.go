package run_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/run"
)

func TestNewID(t *testing.T) {
	form := regexp.MustCompile(`^r[0-9a-v]{16}$`)
	began := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	last := ""
	seen := map[string]bool{}
	for i := range 1000 {
		id := run.NewID(began.Add(time.Duration(i) * time.Millisecond))
		if !form.MatchString(id) {
			t.Fatalf("id %q: want r and 16 letters and digits", id)
		}
		if id <= last {
			t.Fatalf("id %q does not sort after %q, which is a millisecond older", id, last)
		}
		last = id
		if same := run.NewID(began); seen[same] {
			t.Fatalf("id %q came twice in one millisecond", same)
		} else {
			seen[same] = true
		}
	}
	if late := run.NewID(began.AddDate(30, 0, 0)); late <= last {
		t.Errorf("id %q of thirty years later sorts before %q", late, last)
	}
}

func TestKey(t *testing.T) {
	key := run.Key{Account: "222222222222", Scope: "global", Control: "S3.8", Resource: "arn:aws:s3:::Logs"}
	if got, want := key.String(), "222222222222#global#s3.8#arn:aws:s3:::Logs"; got != want {
		t.Errorf("key %q, want %q: controls are the same in any capitals, resources are not", got, want)
	}
}

func TestRun(t *testing.T) {
	r := run.Run{
		Key:    run.Key{Account: "222222222222", Scope: "global", Resource: "arn:aws:s3:::logs"},
		Region: "eu-west-1", Part: "aws",
	}
	want := control.Target{Account: "222222222222", Region: "eu-west-1", Partition: "aws", Resource: "arn:aws:s3:::logs"}
	if d := cmp.Diff(want, r.Target()); d != "" {
		t.Errorf("Target: a scope is not a Region:\n%s", d)
	}
	if got := r.Changes(); got != nil {
		t.Errorf("changes %v before there is a plan", got)
	}
	r.Plan = &control.Plan{Changes: []control.Change{{Path: "a"}}}
	if len(r.Changes()) != 1 {
		t.Error("the changes of the plan are missing")
	}
}

func TestUndoable(t *testing.T) {
	closed := run.Run{
		State: run.StateClosed, BeforeHash: "h", Plan: &control.Plan{Changes: []control.Change{{Path: "a"}}},
	}
	tests := map[string]struct {
		change func(*run.Run)
		want   bool
	}{
		"closed with changes": {func(*run.Run) {}, true},
		"still open":          {func(r *run.Run) { r.State = run.StateApplying }, false},
		"undone already":      {func(r *run.Run) { r.UndoneBy = "r1" }, false},
		"an undo itself":      {func(r *run.Run) { r.Undoes = "r1" }, false},
		"only planned":        {func(r *run.Run) { r.BeforeHash = "" }, false},
		"nothing changed":     {func(r *run.Run) { r.Plan = &control.Plan{} }, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := closed
			tc.change(&r)
			if got := r.Undoable(); got != tc.want {
				t.Errorf("Undoable = %v, want %v", got, tc.want)
			}
		})
	}
}

// TestAwaitsPerson: what was started goes on whatever a person takes back, so that such a run is waited for.
func TestAwaitsPerson(t *testing.T) {
	waiting := run.Run{
		State: run.StateParked, BeforeHash: "h", Reason: "It waits for somebody.",
		Plan: &control.Plan{Changes: []control.Change{{Path: "a"}}},
	}
	tests := map[string]struct {
		change func(*run.Run)
		want   bool
	}{
		"written":         {func(*run.Run) {}, true},
		"waits for AWS":   {func(r *run.Run) { r.Reason = "" }, false},
		"closed":          {func(r *run.Run) { r.State = run.StateClosed }, false},
		"an undo itself":  {func(r *run.Run) { r.Undoes = "r1" }, false},
		"nothing changed": {func(r *run.Run) { r.AfterHash = "h" }, false},
		"started":         {func(r *run.Run) { r.Execution = &control.Execution{ID: "x"} }, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := waiting
			tc.change(&r)
			if got := r.AwaitsPerson(); got != tc.want {
				t.Errorf("AwaitsPerson = %v, want %v", got, tc.want)
			}
		})
	}
}
