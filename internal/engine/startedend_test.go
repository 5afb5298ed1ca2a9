package engine_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

const never = 1000 * time.Hour

// ending is a way in which what was started ends.
type ending struct {
	says    control.Progress
	shown   bool // the resource shows the change
	status  run.Status
	becomes string
	words   []string
}

func endings() map[string]ending {
	return map[string]ending{
		"a step failed": {
			control.Progress{Status: "Failed", Over: true, Failed: true, Step: "Close", Message: "no\x1b[31m such\nthing"},
			false, run.StatusFailed, finding.Notified,
			[]string{"Runbook Salve-Block (execution x-", "ended as Failed at step Close: no", "such thing"},
		},
		"timed out": {
			control.Progress{Status: "TimedOut", Over: true, Failed: true, Step: "Wait"},
			false, run.StatusFailed,
			finding.Notified,
			[]string{"ended as TimedOut at step Wait"},
		},
		"somebody stopped it": {
			control.Progress{Status: "Cancelled", Over: true, Failed: true},
			false, run.StatusFailed, finding.Notified,
			[]string{"ended as Cancelled"},
		},
		"an approver said no": {
			control.Progress{Status: "Rejected", Over: true, Failed: true, Refused: true, Step: "Ask", Message: "rejected by x"},
			false, run.StatusRefused, finding.Notified,
			[]string{"ended as Rejected at step Ask: rejected by x"},
		},
		"well, and nothing is to be seen": {
			control.Progress{Status: "Success", Over: true},
			false, run.StatusUnverified, finding.Notified,
			[]string{"ended as Success, but a fresh read shows that this is still to change"},
		},
		"well": {control.Progress{Status: "Success", Over: true}, true, run.StatusVerified, finding.Resolved, nil},
		"failed after the change": {
			control.Progress{Status: "Failed", Over: true, Failed: true}, true, run.StatusVerified, finding.Resolved, nil,
		},
		"never, at a step": {
			control.Progress{Status: "InProgress", Step: "Copy"},
			false, run.StatusUnverified, finding.Notified,
			[]string{"has not ended within its 2h0m0s, at step Copy: it is InProgress, and may still change"},
		},
		"never, as nobody approves": {
			control.Progress{Status: "Waiting", Waits: "somebody to approve step Ask"},
			false, run.StatusUnverified,
			finding.Notified,
			[]string{"waited in vain for somebody to approve step Ask"},
		},
		"with a status nobody knows": {
			control.Progress{Status: "Daydreaming"},
			false, run.StatusUnverified, finding.Notified,
			[]string{"it is Daydreaming"},
		},
		"never, with the change in time": {
			control.Progress{Status: "InProgress"}, true, run.StatusVerified, finding.Resolved, nil,
		},
	}
}

// TestStartedEnds: every way in which what was started can end has its status and says why, at the first look after it.
func TestStartedEnds(t *testing.T) {
	for name, tc := range endings() {
		t.Run(name, func(t *testing.T) {
			w, _, id, m := triggers()[1].scene(t)
			a := automated(w)
			typical := a.takes
			a.says = func() (control.Progress, error) { return tc.says, nil }
			p := a.on(t, w.Start())
			if !tc.shown {
				a.takes = never
			}
			p.Handled(t, m)
			w.Clock.Move(typical)
			p.Handled(t, enginetest.Sweep())
			if r := w.Only(t); tc.says.Failed && r.State != run.StateClosed {
				t.Errorf("after the first look the run is %s", r.State)
			}
			for range 20 {
				w.Clock.Move(enginetest.Later)
				p.Handled(t, enginetest.Sweep())
			}
			r := w.Ended(t, tc.status)
			w.Says(t, id, tc.becomes)
			for _, words := range tc.words {
				if !strings.Contains(r.Reason, words) {
					t.Errorf("the reason does not say %q: %q", words, r.Reason)
				}
			}
			if len(a.started) != 1 || a.after > 0 || len(w.Ledger.Locks()) > 0 {
				t.Errorf("%d executions, %d starts of what was noted, locks %v", len(a.started), a.after, w.Ledger.Locks())
			}
		})
	}
}

// TestStartedKeepsItsLock: while what was started goes on nobody else may write to the resource, whatever it shows.
func TestStartedKeepsItsLock(t *testing.T) {
	w, store, id, m := triggers()[0].scene(t)
	a := automated(w)
	is := control.Progress{Status: "InProgress"}
	a.says = func() (control.Progress, error) { return is, nil }
	p := a.on(t, w.Start())
	p.Handled(t, m)
	w.Clock.Move(a.takes)
	p.Handled(t, enginetest.Sweep())
	if r := w.Only(t); r.State != run.StateParked || len(w.Ledger.Locks()) != 1 {
		t.Errorf("run is %s, locks %v", r.State, w.Ledger.Locks())
	}
	is = control.Progress{Status: "Success", Over: true}
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	a.over(t, store, id)
}

// TestStartedWaitsForAPerson: who has to approve a step hears of it, once.
func TestStartedWaitsForAPerson(t *testing.T) {
	w, _, id, m := triggers()[0].scene(t)
	a := automated(w)
	a.says = func() (control.Progress, error) {
		return control.Progress{Status: "Waiting", Step: "Ask", Waits: "somebody to approve step Ask"}, nil
	}
	p := a.on(t, w.Start())
	typical := a.takes
	a.takes = never
	p.Handled(t, m)
	w.Clock.Move(typical)
	p.Handled(t, enginetest.Sweep())
	w.Shows(t, id, finding.Notified, "It waits for somebody to approve step Ask.")
}

// TestStartedCannotBeLookedAt: without the right to look at executions, what is there decides alone.
func TestStartedCannotBeLookedAt(t *testing.T) {
	for name, shown := range map[string]bool{"shown": true, "not shown": false} {
		t.Run(name, func(t *testing.T) {
			w, store, id, m := triggers()[0].scene(t)
			a := automated(w)
			a.says = func() (control.Progress, error) { return control.Progress{}, errors.New("no answer") }
			p := a.on(t, w.Start())
			typical := a.takes
			if !shown {
				a.takes = never
			}
			p.Handled(t, m)
			w.Clock.Move(typical)
			p.Handled(t, enginetest.Sweep())
			if shown {
				a.over(t, store, id)
				return
			}
			for range 20 {
				w.Clock.Move(enginetest.Later)
				p.Handled(t, enginetest.Sweep())
			}
			if r := w.Ended(t, run.StatusUnverified); !strings.Contains(r.Reason, "cannot be looked at") {
				t.Errorf("reason %q", r.Reason)
			}
		})
	}
}

// TestRefusedChangedNothing: what ended and left the resource as it was is nothing to take back.
func TestRefusedChangedNothing(t *testing.T) {
	w, _, id, m := triggers()[1].scene(t)
	a := automated(w)
	a.says = func() (control.Progress, error) {
		return control.Progress{Status: "Rejected", Over: true, Failed: true, Refused: true}, nil
	}
	p := a.on(t, w.Start())
	typical := a.takes
	a.takes = never
	p.Handled(t, m)
	w.Clock.Move(typical)
	p.Handled(t, enginetest.Sweep())
	if r := w.Ended(t, run.StatusRefused); r.Changed() || r.Undoable() {
		t.Errorf("changed %v, undoable %v", r.Changed(), r.Undoable())
	}
	w.Says(t, id, finding.Notified)
}

// TestShownAfterItEnded: what a runbook has written is there for a fresh read a moment later.
func TestShownAfterItEnded(t *testing.T) {
	w, store, id, m := triggers()[0].scene(t)
	a := automated(w)
	a.says = func() (control.Progress, error) { return control.Progress{Status: "Success", Over: true}, nil }
	p := a.on(t, w.Start())
	typical := a.takes
	a.takes += 10 * time.Second
	p.Handled(t, m)
	w.Clock.Move(typical)
	p.Handled(t, enginetest.Sweep())
	w.Clock.Move(time.Minute)
	p.Handled(t, enginetest.Sweep())
	a.over(t, store, id)
}

// TestNothingIsBusyWhileItRuns: a look takes no time, however soon the runbook may end.
func TestNothingIsBusyWhileItRuns(t *testing.T) {
	w, _, _, m := triggers()[0].scene(t)
	a := automated(w)
	a.takes = time.Second
	p := a.on(t, w.Start())
	a.takes = never
	p.Handled(t, m)
	w.Clock.Move(time.Minute)
	began := w.Clock.Now()
	p.Handled(t, enginetest.Check(w.Only(t).ID))
	if took := w.Clock.Now().Sub(began); took > 0 {
		t.Errorf("a look took %s", took)
	}
}

// TestStartedKeepsItsSteps: the record of a run has them when what it started is over, or has run out of time.
func TestStartedKeepsItsSteps(t *testing.T) {
	began := time.Date(2026, 3, 2, 10, 10, 1, 0, time.UTC)
	step := control.Step{Name: "Close", Action: "aws:executeAwsApi", Status: "Success", Began: began, Ended: began}
	for name, says := range map[string]control.Progress{
		"over":         {Status: "Success", Over: true, Steps: []control.Step{step, step}},
		"out of time":  {Status: "InProgress", Steps: []control.Step{step}, Cut: true},
		"never looked": {},
	} {
		t.Run(name, func(t *testing.T) {
			w, _, _, m := triggers()[0].scene(t)
			a := automated(w)
			a.says = func() (control.Progress, error) { return says, nil }
			p := a.on(t, w.Start())
			p.Handled(t, m)
			for range 20 {
				w.Clock.Move(enginetest.Later)
				p.Handled(t, enginetest.Sweep())
			}
			e := w.Ended(t, run.StatusVerified).Execution
			if d := cmp.Diff(says.Steps, e.Steps); d != "" || e.Status != says.Status || e.Cut != says.Cut {
				t.Errorf("kept %+v\n%s", e, d)
			}
			lines := p.Audited()
			last := lines[slices.IndexFunc(lines, func(l audit.Line) bool { return l.Event == audit.Finished })]
			if last.Runbook == nil || last.Runbook.Document != "Salve-Block" || last.Execution.ID != e.ID {
				t.Errorf("the audit line says %+v, %+v", last.Runbook, last.Execution)
			}
		})
	}
}
