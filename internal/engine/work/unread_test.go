package work_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// unread are stops that cannot be read.
type unread struct{ engine.Stops }

func (unread) Overlay(context.Context) (gate.Overlay, error) {
	return gate.Overlay{}, errors.New("stored configuration: cannot be read, push it again")
}

// unreadFor is a process that could not read its stops for some sweeps, and can again.
func unreadFor(t *testing.T, w *enginetest.World, sweeps int) *enginetest.Process {
	t.Helper()
	p := w.Start()
	good := p.Stops
	p.Stops = unread{good}
	for range sweeps {
		w.Clock.Move(enginetest.Later)
		p.Handled(t, enginetest.Sweep())
	}
	p.Stops = good
	return p
}

// TestUnreadStopsTakeNoTries: runs wait for as long as it takes to mend the configuration.
func TestUnreadStopsTakeNoTries(t *testing.T) {
	w := enginetest.New(t)
	store, id := w.Waiting(t, true)
	p := unreadFor(t, w, 22)
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	w.Fixed(t, store, id)
}

// TestPreviewOfWhatAWSLeavesOut: the one who asked has made no mistake where an answer lacks what it has to say.
func TestPreviewOfWhatAWSLeavesOut(t *testing.T) {
	w := enginetest.New(t)
	wish := enginetest.Wish(w.Store(t, nil))
	w.Fail("GetBlock", fault.New(fault.Invalid, "GetBlock answered without the block"))
	_, err := w.Start().Preview(t.Context(), wish)
	if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), "answered without the block") {
		t.Errorf("%v (%s)", err, fault.Of(err))
	}
}

func TestUnreadThenThrottled(t *testing.T) {
	w := enginetest.New(t)
	w.Waiting(t, true)
	p := unreadFor(t, w, 5)
	throttle(t, w)
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	if r := w.Only(t); r.Status != run.StatusDeferred {
		t.Errorf("%s %s %d %q", r.State, r.Status, r.Attempts, r.Reason)
	}
}
