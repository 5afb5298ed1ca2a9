package sweep_test

import (
	"context"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/notice"
)

// TestTwoSweepsTellOnce: whatever a sweep is at when another begins, one of
// them tells people.
func TestTwoSweepsTellOnce(t *testing.T) {
	tests := map[string]func(t *testing.T, w *enginetest.World, other func()) *enginetest.Process{
		"while it looks": func(t *testing.T, w *enginetest.World, other func()) *enginetest.Process {
			return w.Start(enginetest.Afterwards("Untold", other))
		},
		"while it tells": func(t *testing.T, w *enginetest.World, other func()) *enginetest.Process {
			p := w.Start()
			p.Tell = func(ctx context.Context, n notice.Notice) error {
				other()
				return p.Keep(ctx, n)
			}
			return p
		},
	}
	for name, begin := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			second := w.Start()
			second.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))))
			w.Clock.Move(enginetest.Later)
			first := begin(t, w, func() { second.Handled(t, enginetest.Sweep()) })
			first.Handled(t, enginetest.Sweep())
			for range 2 {
				w.Clock.Move(enginetest.Later)
				second.Handled(t, enginetest.Sweep())
			}
			if one, two := len(first.Told()), len(second.Told()); one+two != 1 {
				t.Errorf("told %d and %d times, want once", one, two)
			}
		})
	}
}

// TestSweepDiesWhileItTells: the next one finds the run again.
func TestSweepDiesWhileItTells(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))))
	w.Clock.Move(enginetest.Later)
	dead := w.Start()
	dead.Tell = func(context.Context, notice.Notice) error { return context.Canceled }
	dead.Handled(t, enginetest.Sweep())
	p.Handled(t, enginetest.Sweep())
	if n := len(p.Told()); n != 0 {
		t.Errorf("told %d times while the other may be at it", n)
	}
	w.Clock.Move(2 * time.Minute)
	p.Handled(t, enginetest.Sweep())
	if n := len(p.Told()); n != 1 {
		t.Errorf("told %d times, want once", n)
	}
}
