package labtest

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
)

// trigger is a way a run begins.
type trigger struct {
	name   string
	before *types.PublicAccessBlockConfiguration // of the bucket
	event  func(w *world, t *testing.T, ids ...string) engine.Message
}

// triggers: all others are in internal/engine, at every call of a port.
func triggers() []trigger {
	return []trigger{{"imported", block(true, false, false, false), (*world).imported}}
}

// scene is a reported bucket and the message about it.
func (tr trigger) scene(w *world, t *testing.T) (bucket, id string, m engine.Message) {
	t.Helper()
	bucket = w.bucket(t, tr.before)
	id = w.report(t, w.spec(bucket))
	return bucket, id, tr.event(w, t, id)
}

// calls are the calls of one undisturbed run, in order: a case each.
func (tr trigger) calls(t *testing.T) []call {
	t.Helper()
	w := newWorld(t)
	bucket, id, m := tr.scene(w, t)
	var calls []call
	p := w.start(t, func(ctx context.Context, c call, do func(context.Context) error) error {
		calls = append(calls, c)
		return do(ctx)
	})
	p.handle(t, m)
	w.fixed(t, bucket, id)
	return calls
}

// TestCrash kills a process at every single call of a run to AWS. Whoever comes
// next finishes the run, as if nothing had happened.
func TestCrash(t *testing.T) {
	for _, tr := range triggers() {
		for _, c := range tr.calls(t) {
			for _, done := range []bool{false, true} {
				d := enginetest.Death{At: c.n, Done: done}
				name := fmt.Sprintf("%s/%02d %s %s", tr.name, c.n, c.operation, d)
				t.Run(name+"/redelivery", func(t *testing.T) { crashThenRedelivery(t, tr, d) })
				t.Run(name+"/sweep", func(t *testing.T) { crashThenSweep(t, tr, d) })
			}
		}
	}
}

// die lets a process work until it dies of d.
func (w *world) die(t *testing.T, d enginetest.Death, work func(context.Context, *process)) {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	defer end()
	var dead atomic.Bool
	work(ctx, w.start(t, func(ctx context.Context, c call, do func(context.Context) error) error {
		if dead.Load() {
			return enginetest.ErrDead
		}
		if c.n != d.At {
			return do(ctx)
		}
		if d.Done {
			_ = do(ctx) // whatever AWS answers, nobody is there to get it
		}
		dead.Store(true)
		end()
		return enginetest.ErrDead
	}))
	if !dead.Load() {
		t.Fatalf("the process outlived call %d", d.At)
	}
}

// handling is the work of a process that got a message.
func handling(m engine.Message) func(context.Context, *process) {
	return func(ctx context.Context, p *process) { p.Handle(ctx, []engine.Message{m}) }
}

func crashThenRedelivery(t *testing.T, tr trigger, d enginetest.Death) {
	w := newWorld(t)
	bucket, id, m := tr.scene(w, t)
	w.die(t, d, handling(m))
	w.clock.Move(enginetest.Later)
	next := w.start(t)
	again(t, w, next, id, m)
	w.fixed(t, bucket, id)
	w.quiet(t, next, tr, m, bucket, id)
}

// again hands a message out once more. Where its finding is answered already it has nothing to ask for any more, and
// the run, which is open, is left to the sweep.
func again(t *testing.T, w *world, p *process, id string, m engine.Message) {
	t.Helper()
	answered := w.finding(t, id).Workflow.Status == hubtypes.WorkflowStatusResolved
	p.handle(t, m)
	if answered {
		p.handle(t, enginetest.Sweep())
	}
}

func crashThenSweep(t *testing.T, tr trigger, d enginetest.Death) {
	w := newWorld(t)
	bucket, id, m := tr.scene(w, t)
	w.die(t, d, handling(m))
	claimed := len(w.runs(t)) > 0
	w.clock.Move(enginetest.Later)
	next := w.start(t)
	next.handle(t, enginetest.Sweep())
	if !claimed {
		// The message is still in its queue, and nothing else knows of it.
		w.flagged(t, bucket, tr.before)
		w.says(t, id, hubtypes.WorkflowStatusNew)
		// What the account's share lost by it is no matter.
		items := slices.DeleteFunc(w.items(t), func(i map[string]ddbtypes.AttributeValue) bool { return i["mark"] != nil })
		if len(items) > 0 || w.puts(bucket) > 0 {
			t.Errorf("before its claim the process left %v", items)
		}
		next.handle(t, m)
	}
	w.fixed(t, bucket, id)
	w.quiet(t, next, tr, m, bucket, id)
}

// quiet proves that a fix is final: the message again and another sweep change
// nothing, people are told of it once, and an undo puts back what there was.
func (w *world) quiet(t *testing.T, p *process, tr trigger, m engine.Message, bucket, id string) {
	t.Helper()
	w.clock.Move(enginetest.Later)
	p.handle(t, enginetest.Sweep())
	p.handle(t, m)
	w.fixed(t, bucket, id)
	if n := fixes(p); n != 1 {
		t.Errorf("people were told %d times, want once", n)
	}
	w.undone(t, p, bucket, tr.before)
}
