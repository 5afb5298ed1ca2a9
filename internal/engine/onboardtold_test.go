package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/notice"
)

// TestOnboardingIsToldWhenSomebodyHears: a notice to dead topics does not use up
// the day; one that a single channel got does.
func TestOnboardingIsToldWhenSomebodyHears(t *testing.T) {
	errDead := errors.New("the topic is gone")
	tests := map[string]struct {
		dead error // what telling answers at first
		want int   // notices that are tried while it does
	}{
		"all topics dead": {errDead, 3},
		"one topic dead":  {errors.Join(notice.ErrPartly, errDead), 1},
		"none dead":       {nil, 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.distrust(t)
			p := w.start(t)
			tried, answer := 0, tc.dead
			p.Tell = func(context.Context, notice.Notice) error {
				tried++
				return answer
			}
			for range 2 { // the second finding comes within the same minute
				p.handle(t, w.imported(t, w.report(t, w.spec(w.bucket(t, nil)))))
			}
			for range 2 {
				w.clock.move(time.Hour)
				p.handle(t, sweep())
			}
			if tried != tc.want {
				t.Errorf("told %d times, want %d", tried, tc.want)
			}
			answer = nil
			heard := tried
			for range 3 {
				w.clock.move(time.Hour)
				p.handle(t, sweep())
			}
			if again := tried - heard; again > 1 || (again == 1) != (tc.want > 1) {
				t.Errorf("told %d times more once somebody hears", again)
			}
			w.neverAnswered(t, p, tc.dead)
		})
	}
}

// neverAnswered checks that what could not be told is in the audit log.
func (w *world) neverAnswered(t *testing.T, p *process, dead error) {
	t.Helper()
	n := 0
	for _, line := range p.audited() {
		if line.Event == audit.NotTold && line.Account == w.member {
			n++
		}
	}
	if (n > 0) != (dead != nil) {
		t.Errorf("%d audit lines say that nobody was told", n)
	}
}
