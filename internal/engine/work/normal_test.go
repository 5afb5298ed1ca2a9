package work_test

import (
	"context"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/run"
)

// rounding is a service that keeps a number of days in its own form.
type rounding struct {
	days, form, writes int
}

type daysState struct{ Days int }

// on makes Store.3 a control that wants a week at least.
func (s *rounding) on(t *testing.T, p *enginetest.Process) *enginetest.Process {
	t.Helper()
	return enginetest.Instead(t, p, control.Of[daysState]{
		Read: func(context.Context, control.Env) (daysState, error) { return daysState{Days: s.days}, nil },
		Want: func(now daysState, _ control.Env) (daysState, error) { return daysState{Days: max(now.Days, 7)}, nil },
		Write: func(context.Context, control.Env, daysState, daysState) error {
			s.days, s.writes = s.form, s.writes+1
			return nil
		},
	})
}

// TestCrashAfterAWriteInAnotherForm: nobody has seen yet what AWS made of the
// value. The fix is proven by what the control wants; whose value it is nobody
// can tell, so that an undo leaves it. What the control is against is drift.
func TestCrashAfterAWriteInAnotherForm(t *testing.T) {
	tests := map[string]struct {
		form   int
		want   run.Status
		status string
	}{
		"enough":     {30, run.StatusVerified, "RESOLVED"},
		"not enough": {5, run.StatusRefused, "NOTIFIED"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			s := &rounding{days: 3, form: tc.form}
			id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
			m, dead := w.Imported(t, id), false
			p := s.on(t, w.Start(func(context.Context, enginetest.Call) error {
				if dead = dead || s.writes > 0; dead {
					return enginetest.ErrDead
				}
				return nil
			}))
			p.Handle(t.Context(), m)
			w.Clock.Move(enginetest.Later)
			next := s.on(t, w.Start())
			next.Handled(t, enginetest.Sweep())
			fix := w.Ended(t, tc.want)
			w.Says(t, id, tc.status)
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
