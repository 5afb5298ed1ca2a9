package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// broken makes S3.8 a control whose write always ends so. S3.2 is as it is.
func (p *process) broken(t *testing.T, answer func() error) *process {
	t.Helper()
	return p.unable(t, func(context.Context, control.Env) (lazyState, error) { return lazyState{}, nil }, answer)
}

// unable is broken with a read of its own.
func (p *process) unable(
	t *testing.T, read func(context.Context, control.Env) (lazyState, error), answer func() error,
) *process {
	t.Helper()
	info, _ := p.Controls.Get("S3.8")
	fine, _ := p.Controls.Get("S3.2")
	info.State = "" // is not what S3.2 writes
	registry, err := control.NewRegistry(nil, fine, control.Of[lazyState]{
		Info:  info.Info,
		Read:  read,
		Want:  func(lazyState, control.Env) (lazyState, error) { return lazyState{On: true}, nil },
		Write: func(context.Context, control.Env, lazyState, lazyState) error { return answer() },
	}.Control())
	if err != nil {
		t.Fatal(err)
	}
	p.Controls = registry
	return p
}

func denied() error { return fault.New(fault.Denied, "not by you") }

// onTheHour begins a world early in an hour, so that it does not end in a test.
func onTheHour(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.clock.now = w.clock.now.Truncate(time.Hour).Add(10 * time.Minute)
	return w
}

// fails lets n findings of S3.8 fail, and expects that each was tried.
func (w *world) fails(t *testing.T, p *process, n int) {
	t.Helper()
	for range n {
		before := len(w.runs(t))
		p.handle(t, w.imported(t, w.of(t, "S3.8", w.bucket(t, nil))))
		if len(w.runs(t)) != before+1 {
			t.Fatalf("not tried: %+v", p.audited())
		}
	}
}

// rests expects that a new finding of S3.8 is left alone, and returns it.
func (w *world) rests(t *testing.T, p *process) string {
	t.Helper()
	before := len(w.runs(t))
	id := w.of(t, "S3.8", w.bucket(t, nil))
	p.handle(t, w.imported(t, id))
	if n := len(w.runs(t)); n != before {
		t.Errorf("%d runs more", n-before)
	}
	w.untouched(t, id)
	return id
}

// tripped are the notices of a kind, and how often the breaker is in the audit log.
func tripped(processes ...*process) (notices []notice.Notice, lines int) {
	for _, p := range processes {
		for _, n := range p.told() {
			if n.Kind == notice.Stopped {
				notices = append(notices, n)
			}
		}
		for _, l := range p.audited() {
			if l.Event == audit.Tripped {
				lines++
			}
		}
	}
	return notices, lines
}

// once expects that people heard of the breaker once.
func once(t *testing.T, processes ...*process) notice.Notice {
	t.Helper()
	notices, lines := tripped(processes...)
	if len(notices) != 1 || lines != 1 {
		t.Fatalf("told %d times, audited %d times, want once: %+v", len(notices), lines, notices)
	}
	return notices[0]
}

// TestBreaker: five failures stop the control and nothing else, for a day or
// until somebody lifts it.
func TestBreaker(t *testing.T) {
	for name, end := range map[string]func(w *world, t *testing.T, id string, p *process){
		"lifted": func(w *world, t *testing.T, id string, p *process) {
			w.resume(t, "S3.8")
			p.handle(t, w.imported(t, id))
		},
		"by time": func(w *world, t *testing.T, id string, p *process) {
			w.clock.move(24*time.Hour - time.Second)
			p.handle(t, w.imported(t, id))
			w.untouched(t, id)
			w.clock.move(time.Second)
			p.handle(t, w.imported(t, id))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := onTheHour(t)
			p := w.heeding(t).broken(t, denied)
			w.fails(t, p, 4)
			if notices, lines := tripped(p); len(notices)+lines > 0 {
				t.Fatalf("stopped after four: %+v", notices)
			}
			w.fails(t, p, 1)
			left := w.rests(t, p)
			other := w.of(t, "S3.2", w.bucket(t, nil))
			p.handle(t, w.imported(t, other))
			w.says(t, other, hubtypes.WorkflowStatusResolved)
			want := notice.Notice{
				Kind: notice.Stopped, Control: "S3.8", Who: "Salve", When: w.clock.Now().Truncate(0),
				Until: w.clock.Now().Add(24 * time.Hour),
				Why:   "5 runs ended without a fix within an hour: 5 denied.",
				ToDo:  "salve history --control S3.8 --since 24h", Undo: "salve resume S3.8",
			}
			got := once(t, p)
			want.Title, want.Severity = got.Title, got.Severity
			if d := cmp.Diff(want, got); d != "" || got.Title == "" || got.Severity == "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			end(w, t, left, p)
			w.says(t, left, hubtypes.WorkflowStatusNotified)
			w.fails(t, p, 1) // it has its five before it again
			once(t, p)
		})
	}
}

// TestBreakerLimit: the document says how many are too many.
func TestBreakerLimit(t *testing.T) {
	w := onTheHour(t)
	limit := 2
	w.config.Limits = &gate.Limits{StopAfterFailures: &limit}
	p := w.heeding(t).broken(t, denied)
	w.fails(t, p, 2)
	w.rests(t, p)
	once(t, p)
}

// TestBreakerForgetsTheLastHour: what failed slowly does not add up.
func TestBreakerForgetsTheLastHour(t *testing.T) {
	w := onTheHour(t)
	p := w.heeding(t).broken(t, denied)
	for range 3 {
		w.fails(t, p, 4)
		w.clock.move(time.Hour)
	}
	if notices, _ := tripped(p); len(notices) > 0 {
		t.Errorf("stopped: %+v", notices)
	}
}

func imported(w *world, t *testing.T, p *process) {
	p.handle(t, w.imported(t, w.of(t, "S3.8", w.bucket(t, nil))))
}

func clicked(w *world, t *testing.T, p *process) {
	p.handle(t, w.click(t, w.of(t, "S3.8", w.bucket(t, nil))))
}

func operated(w *world, t *testing.T, p *process) {
	if _, err := p.Apply(t.Context(), w.wish(w.bucket(t, nil))); err != nil {
		t.Fatal(err)
	}
}

// TestWhatTheBreakerCounts: what says something about the control, and nothing else.
func TestWhatTheBreakerCounts(t *testing.T) {
	tests := map[string]struct {
		answer func() error
		do     func(w *world, t *testing.T, p *process)
		status run.Status
		counts bool
	}{
		"denied":           {denied, imported, run.StatusDenied, true},
		"denied, click":    {denied, clicked, run.StatusDenied, true},
		"failed":           {func() error { return errors.New("odd") }, imported, run.StatusFailed, true},
		"an operator sees": {denied, operated, run.StatusDenied, false},
		"refused": {
			func() error { return fault.New(fault.Refused, "not here") }, imported, run.StatusRefused, false,
		},
		"throttled": {
			func() error { return fault.New(fault.Retry, "slower") }, imported, run.StatusDeferred, false,
		},
		"no role, click": {denied, func(w *world, t *testing.T, p *process) {
			w.distrust(t)
			clicked(w, t, p)
		}, run.StatusDenied, false},
		"an undo": {denied, func(w *world, t *testing.T, p *process) {
			fix := w.heeding(t)
			fix.handle(t, w.imported(t, w.of(t, "S3.8", w.bucket(t, block(true, false, false, false)))))
			fixed := w.only(t)
			w.forbid(t, "s3:PutBucketPublicAccessBlock")
			if r, err := fix.Undo(t.Context(), fixed.ID, "bob"); err != nil || r.Status != run.StatusDenied {
				t.Fatalf("undo: %v %+v", err, r)
			}
		}, run.StatusDenied, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := onTheHour(t)
			limit := 1
			w.config.Limits = &gate.Limits{StopAfterFailures: &limit}
			p := w.heeding(t).broken(t, tc.answer)
			tc.do(w, t, p)
			found := false
			for _, r := range w.runs(t) {
				found = found || r.Status == tc.status
			}
			if !found {
				t.Errorf("no run is %s: %+v", tc.status, w.runs(t))
			}
			stored, err := p.Stops.Overlay(t.Context())
			if err != nil || (len(stored.Stops) > 0) != tc.counts {
				t.Errorf("stops %+v, %v; want one: %v", stored.Stops, err, tc.counts)
			}
		})
	}
}
