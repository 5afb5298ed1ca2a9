package labtest

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/lab/stage/stagetest"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/wire"
)

// world is the shared lab with an empty ledger, and a clock of the test's own.
// Its tests run one after another: a sweep takes up whatever is due.
type world struct {
	*stagetest.World
	clock    *enginetest.Clock
	hub      aws.Config // credentials of the function's role, every call made once
	settings wire.Settings
	config   gate.Config // what engines are told, read at every decision
	member   string
	client   *http.Client // of this test alone
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		World: shared, clock: enginetest.NewClock(time.Now()), hub: shared.Orchestrator(), member: shared.Members()[0],
		config: enginetest.Modes(gate.Auto),
	}
	var err error
	if w.settings, err = wire.FromEnv(shared.Getenv); err != nil {
		t.Fatal(err)
	}
	// Now, so that it is no call of an engine's later.
	if _, err := w.hub.Credentials.Retrieve(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.apart(t)
	w.ClearFaults()
	t.Cleanup(w.ClearFaults)
	w.empty(t)
	w.ClearCalls()
	return w
}

// apart gives the test connections of its own: the end of a test cancels its
// context, which may close a connection that the next one has just taken up.
func (w *world) apart(t *testing.T) {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 10}
	t.Cleanup(transport.CloseIdleConnections)
	w.client = &http.Client{Transport: transport}
	w.hub.HTTPClient = w.client
}

// Root is an account's root on the test's own connections.
func (w *world) Root(account string) aws.Config {
	cfg := w.World.Root(account)
	cfg.HTTPClient = w.client
	return cfg
}

// S3 is a client for S3 as an account's root.
func (w *world) S3(account string) *s3.Client {
	return s3.NewFromConfig(w.Root(account), lab.PathStyle)
}

// process is one engine with everything around it, as a process of the function. A test may change its ports.
type process struct {
	engine.Ports
	mu      sync.Mutex
	lines   []audit.Line
	notices []notice.Notice
}

// start starts a process. Without hooks all its calls go through.
func (w *world) start(t *testing.T, hooks ...hook) *process {
	t.Helper()
	p := &process{}
	cfg := w.hub.Copy()
	for _, h := range hooks {
		h.addTo(&cfg)
	}
	known := wire.Known{Controls: registry(t), Standards: enginetest.Standards{}}
	p.Ports = wire.Ports(known, cfg, w.settings, "process-"+strings.ToLower(rand.Text()[:8]), p.audit)
	p.Now, p.Sleep, p.Tell = w.clock.Now, w.clock.Sleep, p.tell
	p.Configured = func(context.Context) (gate.Config, error) { return w.config, nil }
	p.Stops = noStops{} // to read them is no call that most tests are about
	return p
}

// engine is the process's engine with the ports as they are now.
func (p *process) engine() *engine.Engine { return engine.New(p.Ports) }

func (p *process) Handle(ctx context.Context, batch []engine.Message) []string {
	return p.engine().Handle(ctx, batch)
}

func (p *process) Preview(ctx context.Context, req work.Request) (control.Plan, error) {
	return p.engine().Preview(ctx, req)
}

func (p *process) Apply(ctx context.Context, req work.Request) (*run.Run, error) {
	return p.engine().Apply(ctx, req)
}

func (p *process) Undo(ctx context.Context, id, actor string) (*run.Run, error) {
	return p.engine().Undo(ctx, id, actor)
}

func (p *process) PreviewUndo(ctx context.Context, t work.Takeback) (work.UndoPreview, error) {
	return p.engine().PreviewUndo(ctx, t)
}

// noStops never stops anything.
type noStops struct{}

func (noStops) Overlay(context.Context) (gate.Overlay, error) { return gate.Overlay{}, nil }

func (noStops) Trip(context.Context, gate.Stop, time.Time) (gate.Stop, error) {
	return gate.Stop{}, nil
}

func (p *process) audit(_ context.Context, line audit.Line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, line)
}

func (p *process) tell(_ context.Context, n notice.Notice) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notices = append(p.notices, n)
	return nil
}

// told returns the notices so far.
func (p *process) told() []notice.Notice {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]notice.Notice(nil), p.notices...)
}

// audited returns the audit lines so far.
func (p *process) audited() []audit.Line {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]audit.Line(nil), p.lines...)
}

// handle gives a process messages and fails where one has to come again.
func (p *process) handle(t *testing.T, messages ...engine.Message) {
	t.Helper()
	if failed := p.Handle(t.Context(), messages); len(failed) > 0 {
		t.Fatalf("messages %v have to come again: %+v", failed, p.audited())
	}
}

// only returns the one run there is.
func (w *world) only(t *testing.T) *run.Run {
	t.Helper()
	runs := w.runs(t)
	if len(runs) != 1 {
		t.Fatalf("%d runs, want 1: %+v", len(runs), runs)
	}
	return runs[0]
}
