package labtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/lab"
)

// troubles are faults of the lab; all others are in internal/engine.
func troubles() map[string]string {
	return map[string]string{
		"throttled": lab.FaultThrottle,
		"timeout":   lab.FaultTimeout,
		"dropped":   lab.FaultDrop,
	}
}

// TestTrouble lets every single call of a run to AWS go wrong. Nothing
// is lost, nothing is done twice, and nothing is called resolved that is not.
func TestTrouble(t *testing.T) {
	for _, tr := range triggers() {
		for _, c := range tr.calls(t) {
			for name, kind := range troubles() {
				t.Run(fmt.Sprintf("%s/%02d %s %s", tr.name, c.n, c.operation, name), func(t *testing.T) {
					survives(t, tr, c.n, kind)
				})
			}
		}
	}
}

func survives(t *testing.T, tr trigger, at int, kind string) {
	w := newWorld(t)
	bucket, id, m := tr.scene(w, t)
	over, hit := false, false
	strike := func(ctx context.Context, c call, do func(context.Context) error) error {
		if !over && c.n == at {
			hit = true
			return w.strike(ctx, kind, do)
		}
		return do(ctx)
	}
	p := w.start(t, w.honest(t, bucket), strike)
	failed := p.Handle(t.Context(), []engine.Message{m})
	if over = true; !hit {
		t.Fatalf("the run had no call %d", at)
	}
	w.clock.Move(enginetest.Later)
	if len(failed) > 0 {
		p.handle(t, m) // else it was acknowledged, and nobody sends it again
	}
	p.handle(t, enginetest.Sweep())
	w.fixed(t, bucket, id)
	w.quiet(t, p, tr, m, bucket, id)
}

// strike lets one call meet a fault of the lab's.
func (w *world) strike(ctx context.Context, kind string, do func(context.Context) error) error {
	if kind == lab.FaultTimeout { // the lab never answers, so a short patience is as good as a long one
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
	}
	if err := w.Inject(lab.Fault{Error: kind, Count: 1}); err != nil {
		return err
	}
	defer w.ClearFaults()
	return do(ctx)
}

// honest looks at the bucket whenever a finding is about to be called resolved.
func (w *world) honest(t *testing.T, bucket string) hook {
	return func(ctx context.Context, c call, do func(context.Context) error) error {
		in, ok := c.input.(*securityhub.BatchUpdateFindingsInput)
		if ok && in.Workflow.Status == hubtypes.WorkflowStatusResolved && !w.blocked(t, bucket) {
			t.Errorf("RESOLVED while the bucket is open: %+v", w.flags(t, bucket))
		}
		return do(ctx)
	}
}
