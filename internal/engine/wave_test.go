package engine_test

import (
	"context"
	"testing"
	"time"

	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/notice"
)

// TestWaveOfFailuresIsCollected: however much fails at once, people get a few
// messages, then a digest; every finding says what happened to it.
func TestWaveOfFailuresIsCollected(t *testing.T) {
	w := newWorld(t)
	// All within one span of time: notices are counted in five minutes by the clock.
	w.clock.now = w.clock.now.Truncate(5 * time.Minute)
	p := w.start(t)
	p.Digest = 5 * time.Minute
	p.forbidden(t)
	now := w.clock.Now()
	w.clock.move(now.Truncate(p.Digest).Add(p.Digest).Sub(now)) // all of it in one span of the count
	var ids []string
	for range 9 {
		id := w.report(t, w.spec(w.bucket(t, nil)))
		ids = append(ids, id)
		p.handle(t, w.imported(t, id))
	}
	at := len(p.told())
	if at != 5 {
		t.Errorf("%d notices at once, want 5", at)
	}
	w.clock.move(5 * time.Minute)
	p.handle(t, sweep())
	rest := p.told()[at:]
	if len(rest) != 1 || rest[0].Kind != notice.Digest || rest[0].Of != notice.Denied || len(rest[0].Entries) != 4 {
		t.Errorf("digest %+v", rest)
	}
	w.clock.move(5 * time.Minute)
	p.handle(t, sweep())
	if n := len(p.told()); n != at+1 {
		t.Errorf("told again: %d notices", n)
	}
	for _, id := range ids {
		w.says(t, id, hubtypes.WorkflowStatusNotified)
	}
}

// forbidden makes S3.8 a control whose write is always denied.
func (p *process) forbidden(t *testing.T) {
	t.Helper()
	real, _ := p.Controls.Get("S3.8")
	registry, err := control.NewRegistry(nil, control.Of[lazyState]{
		Info: real.Info,
		Read: func(context.Context, control.Env) (lazyState, error) { return lazyState{}, nil },
		Want: func(lazyState, control.Env) (lazyState, error) { return lazyState{On: true}, nil },
		Write: func(context.Context, control.Env, lazyState, lazyState) error {
			return fault.New(fault.Denied, "not by you")
		},
	}.Control())
	if err != nil {
		t.Fatal(err)
	}
	p.Controls = registry
}
