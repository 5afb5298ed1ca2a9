package enginetest

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/share"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// Process is one engine with everything around it, as a process of the function.
// A test may change its ports.
type Process struct {
	engine.Ports
	hooks []Hook
	count atomic.Int64

	mu      sync.Mutex
	beats   int
	lines   []audit.Line
	notices []notice.Notice
}

// Start starts a process that no stop keeps from anything. Without hooks all its
// calls go through.
func (w *World) Start(hooks ...Hook) *Process {
	p := &Process{hooks: hooks}
	client := w.client()
	p.Ports = engine.Ports{
		Controls: w.controls, Standards: Standards{}, Stops: noStops{}, ActionArn: ActionArn, Ledger: w.Ledger,
		Turns:      share.New(w.Ledger),
		Budgets:    share.NewBudgets(w.Ledger),
		Starts:     share.NewStarts(w.Ledger),
		Slots:      share.NewSlots(w.Ledger, w.Ledger),
		Configured: func(context.Context) (gate.Config, error) { return w.Config, nil },
		Sessions:   sessions{w}, Around: surroundings{w}, Organization: organization{w}, SealKey: w.Ledger.SealKey,
		Hub: client, Look: client.look, Evaluate: w.evaluate,
		Nudge: w.nudge, Reject: w.reject, Audit: p.audit,
		Beat: p.beat, Deaf: func(context.Context) ([]string, error) { return nil, nil },
		Tell: func(ctx context.Context, n notice.Notice) error {
			return w.call(
				ctx,
				Call{Service: People, Operation: "Tell", Write: true},
				func() error { return p.Keep(ctx, n) },
			)
		},
		Owner: "process-" + strings.ToLower(rand.Text()[:8]), Lease: names.Lease, Digest: w.Digest,
		Now: w.Clock.Now, Sleep: w.Clock.Sleep,
	}
	return p
}

// Stoppable starts a process that the stops of the ledger hold back.
func (w *World) Stoppable(hooks ...Hook) *Process {
	p := w.Start(hooks...)
	p.Stops = w.Stops()
	return p
}

// Stops are those of the ledger, read at every decision.
func (w *World) Stops() engine.Stops { return stops{w} }

type stops struct{ w *World }

// Overlay reads what stops now.
func (s stops) Overlay(ctx context.Context) (gate.Overlay, error) {
	stored, err := s.w.Ledger.Settings(ctx)
	if err != nil {
		return gate.Overlay{}, err
	}
	given, err := s.w.Ledger.Given(ctx)
	return stored.Overlay().With(given), err
}

// Trip stores a stop of the breaker.
func (s stops) Trip(ctx context.Context, stop gate.Stop, now time.Time) (gate.Stop, error) {
	return s.w.Ledger.Trip(ctx, stop, now)
}

// noStops never stops anything: to read stops is no call that most tests are about.
type noStops struct{}

// Overlay is empty.
func (noStops) Overlay(context.Context) (gate.Overlay, error) { return gate.Overlay{}, nil }

// Trip stores nothing.
func (noStops) Trip(context.Context, gate.Stop, time.Time) (gate.Stop, error) {
	return gate.Stop{}, nil
}

// inProcess is the key of the process that a context belongs to.
type inProcess struct{}

func processOf(ctx context.Context) *Process {
	p, _ := ctx.Value(inProcess{}).(*Process)
	return p
}

// engine is the process's engine with its ports as they are now, and a context of the process.
func (p *Process) engine(ctx context.Context) (context.Context, *engine.Engine) {
	return context.WithValue(ctx, inProcess{}, p), engine.New(p.Ports)
}

// Handle is the engine's.
func (p *Process) Handle(ctx context.Context, batch ...engine.Message) []string {
	ctx, e := p.engine(ctx)
	return e.Handle(ctx, batch)
}

// Handled gives the process messages and fails where one has to come again.
func (p *Process) Handled(t *testing.T, messages ...engine.Message) {
	t.Helper()
	if failed := p.Handle(t.Context(), messages...); len(failed) > 0 {
		t.Fatalf("messages %v have to come again: %+v", failed, p.Audited())
	}
}

// Preview is the engine's.
func (p *Process) Preview(ctx context.Context, req work.Request) (control.Plan, error) {
	ctx, e := p.engine(ctx)
	return e.Preview(ctx, req)
}

// Reread reads a resource by Salve's own playbook.
func (p *Process) Reread(ctx context.Context, req work.Request) (control.Plan, error) {
	ctx, e := p.engine(ctx)
	return e.Reread(ctx, req)
}

// Apply is the engine's.
func (p *Process) Apply(ctx context.Context, req work.Request) (*run.Run, error) {
	ctx, e := p.engine(ctx)
	return e.Apply(ctx, req)
}

// Undo is the engine's.
func (p *Process) Undo(ctx context.Context, id, actor string) (*run.Run, error) {
	ctx, e := p.engine(ctx)
	return e.Undo(ctx, id, actor)
}

// TakeBack is the engine's.
func (p *Process) TakeBack(ctx context.Context, t work.Takeback) (*run.Run, error) {
	ctx, e := p.engine(ctx)
	return e.TakeBack(ctx, t)
}

// PreviewUndo is the engine's.
func (p *Process) PreviewUndo(ctx context.Context, t work.Takeback) (work.UndoPreview, error) {
	ctx, e := p.engine(ctx)
	return e.PreviewUndo(ctx, t)
}

// Follow is the engine's.
func (p *Process) Follow(ctx context.Context, id string, progress func(*run.Run)) (*run.Run, error) {
	ctx, e := p.engine(ctx)
	return e.Follow(ctx, id, progress)
}

// Resume is the engine's.
func (p *Process) Resume(ctx context.Context, id string) error {
	ctx, e := p.engine(ctx)
	return e.Resume(ctx, id)
}

func (p *Process) audit(_ context.Context, line audit.Line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, line)
}

func (p *Process) beat() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.beats++
}

// Beats is how many sweeps were heard of.
func (p *Process) Beats() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.beats
}

// Audited are the audit lines so far.
func (p *Process) Audited() []audit.Line {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.lines)
}

// Keep takes a notice: people have got it.
func (p *Process) Keep(_ context.Context, n notice.Notice) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notices = append(p.notices, n)
	return nil
}

// Told are the notices so far.
func (p *Process) Told() []notice.Notice {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.notices)
}
