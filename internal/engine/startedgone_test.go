package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// removal is how a control ends that takes its resource away.
type removal struct {
	says   control.Progress
	lost   bool // nobody can say how far it is
	shown  bool // the resource is still to be seen, as one that has been taken away
	status run.Status
	words  []string
}

func removals() map[string]removal {
	well := control.Progress{Status: "Success", Over: true}
	failed := control.Progress{Status: "Failed", Over: true, Failed: true, Step: "Check", Message: "it is terminated"}
	words := []string{"Runbook Salve-Block (execution x-", "ended as Failed at step Check: it is terminated"}
	return map[string]removal{
		"well":                           {says: well, status: run.StatusVerified},
		"well, and still to be seen":     {says: well, shown: true, status: run.StatusVerified},
		"somebody was quicker":           {says: failed, status: run.StatusGone, words: words},
		"quicker, and still to be seen":  {says: failed, shown: true, status: run.StatusGone, words: words},
		"nobody knows how it ended":      {lost: true, status: run.StatusGone},
		"nobody knows, still to be seen": {lost: true, shown: true, status: run.StatusVerified},
	}
}

// remover is an automation that takes stores away, which everybody can see or nobody.
func remover(w *enginetest.World, tc removal) *automation {
	a := automated(w)
	a.says = func() (control.Progress, error) {
		if tc.lost {
			return control.Progress{}, errors.New("no answer")
		}
		return tc.says, nil
	}
	a.edit = func(info *control.Info) {
		info.Removes = true
		info.OneWay = map[string]string{"Flags": "what is gone is gone"}
	}
	return a
}

// TestRemoved: a resource that is gone was taken away where what was started says that it ended well. Of any other
// resource that is gone nobody calls that a fix, and its findings are answered all the same.
func TestRemoved(t *testing.T) {
	for name, tc := range removals() {
		t.Run(name, func(t *testing.T) {
			w, store, id, m := triggers()[1].scene(t)
			a := remover(w, tc)
			p := a.on(t, w.Start())
			p.Handled(t, m)
			if !tc.shown {
				w.Remove(store)
			}
			for range 3 {
				w.Clock.Move(a.takes)
				p.Handled(t, enginetest.Sweep())
			}
			r := w.Ended(t, tc.status)
			w.Says(t, id, finding.Resolved)
			for _, words := range tc.words {
				if !strings.Contains(r.Reason, words) {
					t.Errorf("the reason does not say %q: %q", words, r.Reason)
				}
			}
			if len(a.started) != 1 || a.after > 0 || r.Undoable() {
				t.Errorf("%d executions, %d starts of what was noted, undoable %v", len(a.started), a.after, r.Undoable())
			}
			if tc.status == run.StatusVerified && (len(r.Changes()) == 0 || !r.Changes()[0].Made()) {
				t.Errorf("the run does not say what it did: %+v", r.Changes())
			}
		})
	}
}

// TestRemovedWhileItRuns: what takes the resource away has its end yet to prove, and keeps the lock.
func TestRemovedWhileItRuns(t *testing.T) {
	w, store, _, m := triggers()[1].scene(t)
	is := removal{says: control.Progress{Status: "InProgress", Step: "ProveImage"}}
	a := remover(w, is)
	a.says = func() (control.Progress, error) { return is.says, nil }
	p := a.on(t, w.Start())
	p.Handled(t, m)
	w.Remove(store)
	for range 2 {
		w.Clock.Move(20 * time.Minute)
		p.Handled(t, enginetest.Sweep())
		if r := w.Only(t); r.State != run.StateParked || len(w.Ledger.Locks()) != 1 {
			t.Fatalf("the run is %s %s, locks %v", r.State, r.Status, w.Ledger.Locks())
		}
	}
	is.says = control.Progress{Status: "Success", Over: true}
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	w.Ended(t, run.StatusVerified)
}

// TestGoneBeforeItWasRemoved: what is not there when the run begins was taken away by nobody of ours.
func TestGoneBeforeItWasRemoved(t *testing.T) {
	w, store, _, m := triggers()[1].scene(t)
	a := remover(w, removals()["well"])
	p := a.on(t, w.Start())
	w.Remove(store)
	p.Handled(t, m)
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	if r := w.Ended(t, run.StatusGone); len(a.started) > 0 || r.Changed() {
		t.Errorf("%d executions, changed %v", len(a.started), r.Changed())
	}
}

// idle is what a control knows that takes away what nobody uses.
type idle struct {
	Removed bool
	Unused  bool `salve:"fact"`
}

// TestUsedAgain: a resource that somebody uses again before it is taken away is there, and nobody calls it gone or the
// control's work done.
func TestUsedAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		says   control.Progress
		status run.Status
		words  string
	}{
		"the runbook sees it": {
			control.Progress{Status: "Failed", Over: true, Failed: true, Step: "Check", Message: "it is in use"},
			run.StatusFailed, "ended as Failed at step Check: it is in use",
		},
		"the runbook does not": {
			control.Progress{Status: "Success", Over: true}, run.StatusUnverified, "ended as Success, but the resource is there",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, store, id, m := triggers()[1].scene(t)
			a := automated(w)
			info := enginetest.Declared(t, "Store.3")
			info.Removes, info.Settle = true, control.Settle{Typical: time.Minute, Within: time.Hour}
			info.Actions = []string{"store:GetBlock", "ssm:StartAutomationExecution"}
			info.OneWay, info.Accepted = map[string]string{"Removed": "what is gone is gone"}, true
			p := enginetest.Instead(t, w.Start(), control.Of[idle]{
				Info: info,
				Read: func(ctx context.Context, env control.Env) (idle, error) {
					now, err := enginetest.ReadBlock(ctx, env)
					return idle{Unused: now == nil}, err
				},
				Want: func(now idle, _ control.Env) (idle, error) {
					now.Removed = now.Unused
					return now, nil
				},
				Runbook: func(context.Context, control.Env, idle, idle) (control.Runbook, error) {
					return control.Runbook{Document: "Salve-Remove", Version: "1", Content: "c0ffee"}, nil
				},
				Start: func(ctx context.Context, env control.Env, book control.Runbook, _, _ idle) (control.Execution, error) {
					return a.start(ctx, env, book, slowState{}, slowState{})
				},
				Progress: func(context.Context, control.Env, control.Execution) (control.Progress, error) { return tc.says, nil },
			})
			p.Handled(t, m)
			w.SetFlags(t, store, enginetest.Block(true, true, true, true))
			for range 3 {
				w.Clock.Move(time.Minute)
				p.Handled(t, enginetest.Sweep())
			}
			r := w.Ended(t, tc.status)
			w.Says(t, id, finding.Notified)
			if !strings.Contains(r.Reason, tc.words) {
				t.Errorf("the reason does not say %q: %q", tc.words, r.Reason)
			}
		})
	}
}
