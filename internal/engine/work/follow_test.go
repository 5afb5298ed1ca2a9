package work_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// TestFollow: a person waits for a slow control, whoever finishes its run.
func TestFollow(t *testing.T) {
	tests := map[string]struct {
		look func(t *testing.T, p *enginetest.Process, end context.CancelFunc) // while the person waits
		want run.State
		err  error
	}{
		"to the end": {func(*testing.T, *enginetest.Process, context.CancelFunc) {}, run.StateClosed, nil},
		"the hub is quicker": {
			func(t *testing.T, p *enginetest.Process, _ context.CancelFunc) { p.Handled(t, enginetest.Sweep()) },
			run.StateClosed, nil,
		},
		"nobody waits any more": {
			func(_ *testing.T, _ *enginetest.Process, end context.CancelFunc) { end() }, run.StateParked, context.Canceled,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			l := &lazy{clock: w.Clock, takes: 9 * time.Minute}
			p, hub := slowly(t, w.Start(), l), slowly(t, w.Start(), l)
			parked, err := p.Apply(t.Context(), enginetest.Wish(w.Store(t, nil)))
			if err != nil || parked.Status != run.StatusParked {
				t.Fatalf("apply: %v, %+v", err, parked)
			}
			ctx, end := context.WithCancel(t.Context())
			defer end()
			looks := 0
			r, err := p.Follow(ctx, parked.ID, func(now *run.Run) {
				looks++
				if now.ID != parked.ID || now.Due.IsZero() {
					t.Errorf("progress of %+v", now)
				}
				tc.look(t, hub, end)
			})
			if !errors.Is(err, tc.err) || r.State != tc.want || looks == 0 || l.writes != 1 {
				t.Fatalf("%v; run %s after %d looks, %d writes", err, r.State, looks, l.writes)
			}
			w.Clock.Move(enginetest.Later)
			hub.Handled(t, enginetest.Sweep())
			verifiedOnce(t, w, l)
		})
	}
}

// verifiedOnce proves that the one run is over, after one write.
func verifiedOnce(t *testing.T, w *enginetest.World, l *lazy) {
	t.Helper()
	if r := w.Only(t); r.Status != run.StatusVerified || r.State != run.StateClosed || l.writes != 1 {
		t.Errorf("at last %s, %s, %d writes", r.State, r.Status, l.writes)
	}
}

// TestFollowABusyResource: the run begins when the other one is done.
func TestFollowABusyResource(t *testing.T) {
	w := enginetest.New(t)
	l := &lazy{clock: w.Clock, takes: 2 * time.Minute}
	slow, p := slowly(t, w.Start(), l), w.Start()
	store := w.Store(t, nil)
	first, err := slow.Apply(t.Context(), enginetest.Wish(store))
	if err != nil {
		t.Fatal(err)
	}
	request := enginetest.Wish(store)
	request.Control = "Store.1"
	second, err := p.Apply(t.Context(), request)
	if err != nil || second.Status != run.StatusDeferred {
		t.Fatalf("apply: %v, %+v", err, second)
	}
	looks := 0
	r, err := p.Follow(t.Context(), second.ID, func(*run.Run) {
		if looks++; looks == 20 { // the first run's typical time has passed by then, or nearly so
			w.Clock.Move(enginetest.Later)
			if err := slow.Resume(t.Context(), first.ID); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil || r.Status != run.StatusVerified || !w.Blocked(store) {
		t.Errorf("%v; run %s, %s", err, r.State, r.Status)
	}
}

// TestUndoWithoutFindings: what was told stays told.
func TestUndoWithoutFindings(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	_, id, r := w.Repaired(t, p, nil)
	undo, err := p.TakeBack(t.Context(), work.Takeback{Run: r.ID, Actor: "alice", NoFindings: true})
	if err != nil || undo.Status != run.StatusUndone {
		t.Fatalf("undo %+v, %v", undo, err)
	}
	w.Says(t, id, finding.Resolved)
}
