package labtest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/run"
)

// started is a run of a runbook: the bucket, its finding, and a process whose calls a hook sees, numbered through.
type started struct {
	*world
	bucket, id string
	p          *process
	n          int
}

func (w *world) startedScene(t *testing.T, see func(n int, c call, do func(context.Context) error) func(
	context.Context) error,
) *started {
	t.Helper()
	w.pause(t)
	s := &started{world: w, bucket: w.bucket(t, nil)}
	s.id = w.report(t, w.spec(s.bucket))
	s.p = w.starting(t, func(ctx context.Context, c call, do func(context.Context) error) error {
		s.n++
		return see(s.n, c, do)(ctx)
	})
	return s
}

// play lets the run start its runbook, and look at it when it is over.
func (s *started) play(t *testing.T) {
	t.Helper()
	m := s.imported(t, s.id)
	if failed := s.p.Handle(t.Context(), []engine.Message{m}); len(failed) > 0 {
		s.clock.Move(enginetest.Later)
		s.pause(t)
		s.p.handle(t, m)
	}
	for range 4 {
		s.over(t, "Salve-CloseBucket", s.bucket)
		s.clock.Move(enginetest.Later)
		s.pause(t)
		s.p.Handle(t.Context(), []engine.Message{enginetest.Sweep()}) // another comes in a minute
		if all := s.runs(t); len(all) > 0 && all[0].State == run.StateClosed {
			return
		}
	}
}

// startedCalls are the calls of an undisturbed run of a runbook that is published already.
func startedCalls(t *testing.T) []call {
	t.Helper()
	var calls []call
	s := newWorld(t).startedScene(t, func(_ int, c call, do func(context.Context) error) func(context.Context) error {
		calls = append(calls, c)
		return do
	})
	s.play(t)
	s.good(t)
	return calls
}

// good expects what one undisturbed run leaves.
func (s *started) good(t *testing.T) {
	t.Helper()
	s.ended(t, run.StatusVerified)
	s.says(t, s.id, hubtypes.WorkflowStatusResolved)
	if n := s.over(t, "Salve-CloseBucket", s.bucket); n != 1 || !s.blocked(t, s.bucket) {
		t.Errorf("%d executions, blocked %v", n, s.blocked(t, s.bucket))
	}
}

// TestRunbookTrouble lets the answer of every call of a run of a runbook get lost, from its first call to Systems
// Manager on, and has every call to that throttled: the runbook runs once, and all ends well. What comes before, and
// how a sweep finds what is due, is as in every other run.
func TestRunbookTrouble(t *testing.T) {
	startedCalls(t) // which publishes the runbook
	calls := startedCalls(t)
	for range 2 { // a busy machine may take another sweep, whose calls the others do not have
		if again := startedCalls(t); len(again) < len(calls) {
			calls = again
		}
	}
	first := slices.IndexFunc(calls, func(c call) bool { return c.service == "SSM" })
	for i, c := range calls {
		if i < first || c.operation == "Query" {
			continue
		}
		kinds := []string{lab.FaultDrop}
		if c.service == "SSM" {
			kinds = append(kinds, lab.FaultThrottle)
		}
		for _, kind := range kinds {
			t.Run(fmt.Sprintf("%02d %s %s", i+1, c.operation, kind), func(t *testing.T) { runbookTrouble(t, i+1, kind) })
		}
	}
}

func runbookTrouble(t *testing.T, at int, kind string) {
	w := newWorld(t)
	hit := false
	s := w.startedScene(t, func(n int, c call, do func(context.Context) error) func(context.Context) error {
		if n != at {
			return do
		}
		hit = true
		return func(ctx context.Context) error { return w.strikeOne(ctx, c, kind, do) }
	})
	s.play(t)
	if !hit {
		t.Fatalf("there was no call %d", at)
	}
	s.good(t)
}

// strikeOne lets one call meet a fault of the lab's, which passes by whatever a runbook at work calls.
func (w *world) strikeOne(ctx context.Context, c call, kind string, do func(context.Context) error) error {
	if err := w.Inject(lab.Fault{Operation: c.operation, Error: kind, Count: 1}); err != nil {
		return err
	}
	defer w.ClearFaults()
	return do(ctx)
}
