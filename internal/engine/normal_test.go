package engine_test

import (
	"context"
	"strings"
	"testing"

	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/run"
)

// rounding is a service that keeps a number of days in its own form.
type rounding struct {
	days, form, writes int
}

type daysState struct{ Days int }

// on makes S3.8 a control that wants a week at least.
func (s *rounding) on(t *testing.T, p *process) *process {
	t.Helper()
	real, _ := p.Controls.Get("S3.8")
	registry, err := control.NewRegistry(nil, control.Of[daysState]{
		Info: real.Info,
		Read: func(context.Context, control.Env) (daysState, error) { return daysState{Days: s.days}, nil },
		Want: func(now daysState, _ control.Env) (daysState, error) { return daysState{Days: max(now.Days, 7)}, nil },
		Write: func(context.Context, control.Env, daysState, daysState) error {
			s.days, s.writes = s.form, s.writes+1
			return nil
		},
	}.Control())
	if err != nil {
		t.Fatal(err)
	}
	p.Controls = registry
	return p
}

// TestCrashAfterAWriteInAnotherForm: nobody has seen yet what AWS made of the
// value. The fix is proven by what the control wants; whose value it is nobody
// can tell, so that an undo leaves it. What the control is against is drift.
func TestCrashAfterAWriteInAnotherForm(t *testing.T) {
	tests := map[string]struct {
		form   int
		want   run.Status
		status hubtypes.WorkflowStatus
	}{
		"enough":     {30, run.StatusVerified, "RESOLVED"},
		"not enough": {5, run.StatusRefused, "NOTIFIED"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := &rounding{days: 3, form: tc.form}
			id := w.report(t, w.spec(w.bucket(t, nil)))
			m, dead := w.imported(t, id), false
			p := s.on(t, w.start(t, func(ctx context.Context, _ call, do func(context.Context) error) error {
				if dead = dead || s.writes > 0; dead {
					return errDead
				}
				return do(ctx)
			}))
			p.Handle(t.Context(), []engine.Message{m})
			w.clock.move(later)
			next := s.on(t, w.start(t))
			next.handle(t, sweep())
			fix := w.ended(t, tc.want)
			w.says(t, id, tc.status)
			if s.writes != 1 || s.days != tc.form {
				t.Errorf("%d writes, %d days", s.writes, s.days)
			}
			if tc.want != run.StatusVerified {
				return
			}
			undo, err := next.Undo(t.Context(), fix.ID, "tester")
			if err != nil || undo.Status != run.StatusRefused || !strings.Contains(undo.Reason, "cannot tell") {
				t.Errorf("undo: %v %+v", err, undo)
			}
			if s.writes != 1 || s.days != tc.form {
				t.Errorf("after the undo: %d writes, %d days", s.writes, s.days)
			}
		})
	}
}
