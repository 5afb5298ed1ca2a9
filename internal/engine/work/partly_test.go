package work_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// rack is a resource of three slots, each of which takes a write of its own; the k-th of them ends as it says.
type rack struct {
	slots map[string]string
	k     int
	ends  func() error // instead of the write; nil lets all through
	does  bool         // the write that ends so is carried out all the same
}

// racked makes Store.3 a control that wants every slot of a rack on.
func racked(t *testing.T, p *enginetest.Process) *rack {
	t.Helper()
	r := &rack{slots: map[string]string{"A": "off", "B": "off", "C": "off"}}
	enginetest.Instead(t, p, control.Of[map[string]string]{
		Read: func(context.Context, control.Env) (map[string]string, error) { return maps.Clone(r.slots), nil },
		Want: func(now map[string]string, _ control.Env) (map[string]string, error) {
			to := map[string]string{}
			for slot := range now {
				to[slot] = "on"
			}
			return to, nil
		},
		Write: r.write,
	}, "Store.1")
	return r
}

func (r *rack) write(_ context.Context, _ control.Env, from, to map[string]string) error {
	writes := 0
	for _, slot := range slices.Sorted(maps.Keys(to)) {
		if from[slot] == to[slot] {
			continue
		}
		writes++
		if r.ends == nil || writes != r.k {
			r.slots[slot] = to[slot]
			continue
		}
		if r.does {
			r.slots[slot] = to[slot]
		}
		if err := r.ends(); err != nil {
			return err
		}
	}
	return nil
}

// answers is what AWS says, with its code.
func answers(code string) func() error {
	return func() error { return &smithy.GenericAPIError{Code: code, Message: "on purpose"} }
}

// mishaps are what a write can end with for good, by name.
func mishaps() map[string]func() error {
	return map[string]func() error{
		"limit": answers("LimitExceededException"), "invalid": answers("ValidationException"),
		"denied": enginetest.Denied, "gone": answers("ResourceNotFoundException"),
		"refused":       func() error { return fault.New(fault.Refused, "not this one") },
		"throttled":     enginetest.Throttled,
		"unknown":       func() error { return errors.New("what is this") },
		"panic":         func() error { panic("on purpose") },
		"somebody else": func() error { return fault.Wrap(fault.Drifted, &control.DriftError{Path: "D", Now: `"x"`}) },
	}
}

// ended lets sweeps work on the one run until it is closed.
func ended(t *testing.T, w *enginetest.World, p *enginetest.Process) *run.Run {
	t.Helper()
	for range 20 {
		if r := w.Only(t); r.State == run.StateClosed {
			w.Unlocked(t)
			return r
		}
		w.Clock.Move(enginetest.Later)
		p.Handled(t, enginetest.Sweep())
	}
	t.Fatalf("run is %+v, and never ends", w.Only(t))
	return nil
}

// TestWrittenInPart: whatever a later write ends with, the run has failed, says what is made and what is not and how to
// take it back, people hear of it at once, and the undo restores the resource exactly.
func TestWrittenInPart(t *testing.T) {
	for name, mishap := range mishaps() {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			rack := racked(t, p)
			rack.k, rack.ends = 2, mishap
			id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
			p.Handled(t, w.Imported(t, id))
			if name == "throttled" || name == "gone" { // the next try begins with what is left
				rack.k = 1
			}
			r := ended(t, w, p)
			if want := map[bool]run.Status{true: run.StatusDenied, false: run.StatusFailed}[name == "denied"]; r.Status != want {
				t.Errorf("run is %s (%s), want %s", r.Status, r.Reason, want)
			}
			w.Shows(t, id, finding.Notified, "could not fix Store.3", "It made 1 of 3 changes, not made: B, C",
				"Undo: salve undo "+r.ID)
			told := p.Told()
			if len(told) != 1 || told[0].Kind == notice.Refused || told[0].Undo == "" ||
				!strings.Contains(told[0].Left, "not made: B") {
				t.Errorf("told %+v", told)
			}
			counted(t, w, r.Status)
			rack.ends = nil
			w.TakenBack(t, p, r)
			if want := "off off off"; rack.shows() != want {
				t.Errorf("after the undo %q", rack.shows())
			}
		})
	}
}

// shows are the slots in order.
func (r *rack) shows() string {
	return r.slots["A"] + " " + r.slots["B"] + " " + r.slots["C"]
}

// counted expects that the breaker counts one run of a status.
func counted(t *testing.T, w *enginetest.World, status run.Status) {
	t.Helper()
	hour, err := w.Ledger.Tally(t.Context(), "Store.3", enginetest.Member, run.StatusVerified, w.Clock.Now())
	if err != nil || hour[enginetest.Member][status] != 1 {
		t.Errorf("the breaker counts %v (%v), want one %s", hour, err, status)
	}
}

// TestNothingWritten: where nothing differs from before nothing says that it was changed, and a limit is a refusal.
func TestNothingWritten(t *testing.T) {
	want := map[string]run.Status{
		"limit": run.StatusRefused, "refused": run.StatusRefused, "somebody else": run.StatusRefused,
		"denied": run.StatusDenied,
	}
	for name, mishap := range mishaps() {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			rack := racked(t, p)
			rack.k, rack.ends = 1, mishap
			id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
			p.Handled(t, w.Imported(t, id))
			r := ended(t, w, p)
			status, said := want[name], "did not act"
			if status == "" {
				status = run.StatusFailed
			}
			if status != run.StatusRefused {
				said = "The resource is as it was"
			}
			if r.Status != status || r.Undoable() {
				t.Errorf("run is %s (%s), undoable %v, want %s", r.Status, r.Reason, r.Undoable(), status)
			}
			w.Shows(t, id, finding.Notified, said)
		})
	}
}

// TestFailedWriteThatChanged: an error says nothing about whether the resource is changed; the look does.
func TestFailedWriteThatChanged(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	rack := racked(t, p)
	rack.k, rack.ends, rack.does = 1, answers("LimitExceededException"), true
	id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
	p.Handled(t, w.Imported(t, id))
	r := w.Ended(t, run.StatusFailed)
	w.Shows(t, id, finding.Notified, "It made 1 of 3 changes")
	rack.ends = nil
	w.TakenBack(t, p, r)
	if rack.shows() != "off off off" {
		t.Errorf("after the undo %q", rack.shows())
	}
}

// TestUndoneInPart: of an undo, what could be put back is; the rest is named, the engine keeps off, the run can be
// taken back once more, and nothing is tried for a quarter of an hour.
func TestUndoneInPart(t *testing.T) {
	for name, mishap := range mishaps() {
		if name == "throttled" {
			continue // that passes
		}
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			rack := racked(t, p)
			id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
			p.Handled(t, w.Imported(t, id))
			fix := w.Ended(t, run.StatusVerified)
			rack.k, rack.ends = 2, mishap
			undo, err := p.Undo(t.Context(), fix.ID, "alice")
			if err != nil || undo.Status != run.StatusUndoneInPart || undo.State != run.StateClosed || undo.Hold == nil {
				t.Fatalf("undo %+v, %v", undo, err)
			}
			w.Shows(t, id, finding.New, "was taken back in part by alice. It put back 1 of 3 changes, not put back: B, C.")
			if told := p.Told(); len(told) == 0 || told[len(told)-1].Kind != notice.UndoneInPart {
				t.Errorf("told %+v", told)
			}
			p.Handled(t, w.Imported(t, id))
			if rack.shows() != "off on on" {
				t.Errorf("the engine did not keep off: %q", rack.shows())
			}
			rack.ends = nil
			w.TakenBack(t, p, fix)
			if rack.shows() != "off off off" {
				t.Errorf("after the second undo %q", rack.shows())
			}
		})
	}
}

// TestChangedByOthersIsTheirs: what somebody else changed before a write is not taken for the run's own, neither in
// what it says nor by its undo.
func TestChangedByOthersIsTheirs(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	rack := racked(t, p)
	rack.k, rack.ends = 2, func() error {
		rack.slots["B"] = "stuck"
		return fault.Wrap(fault.Drifted, &control.DriftError{Path: "B", Now: `"stuck"`, Value: "stuck"})
	}
	p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))))
	r := w.Ended(t, run.StatusFailed)
	rack.ends = nil
	w.TakenBack(t, p, r)
	if rack.shows() != "off stuck off" {
		t.Errorf("after the undo %q, want theirs as they left it", rack.shows())
	}
}

// TestNetworkAfterGone: that a write says gone is no proof where the look after it fails.
func TestNetworkAfterGone(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	reads := 0
	enginetest.Unable(t, p, func(context.Context, control.Env) (enginetest.Switch, error) {
		if reads++; reads > 1 {
			return enginetest.Switch{}, io.ErrUnexpectedEOF
		}
		return enginetest.Switch{}, nil
	}, answers("ResourceNotFoundException"))
	id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
	p.Handled(t, w.Imported(t, id))
	ended(t, w, p)
	w.Shows(t, id, finding.Notified, "could not fix Store.3", "may be changed in part")
}

// TestStartThatNobodyHeard: where the answer to a start is lost it may have been started, and no look before its end
// tells that nothing was changed.
func TestStartThatNobodyHeard(t *testing.T) {
	for name, tc := range map[string]struct {
		answer error
		says   string
	}{
		"lost":    {enginetest.Down(), "may be changed in part"},
		"refused": {enginetest.Denied(), "The resource is as it was"},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			info := enginetest.Declared(t, "Store.3")
			info.Settle = control.Settle{Typical: time.Minute, Within: time.Hour}
			enginetest.Instead(t, p, control.Of[enginetest.Switch]{
				Info: info, Read: enginetest.Off,
				Want: func(enginetest.Switch, control.Env) (enginetest.Switch, error) {
					return enginetest.Switch{On: true}, nil
				},
				Start: func(context.Context, control.Env, control.Runbook, enginetest.Switch, enginetest.Switch) (
					control.Execution, error,
				) {
					return control.Execution{}, tc.answer
				},
				Runbook: func(context.Context, control.Env, enginetest.Switch, enginetest.Switch) (control.Runbook, error) {
					return control.Runbook{Document: "Salve-Switch", Version: "1", Content: "c0ffee"}, nil
				},
			})
			id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
			p.Handled(t, w.Imported(t, id))
			ended(t, w, p)
			w.Shows(t, id, finding.Notified, "could not fix Store.3", tc.says)
		})
	}
}

// TestKnownFormIsKept: that a read of a later try fails makes nobody unsure of what the look after the write has shown.
func TestKnownFormIsKept(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	slots, writes, reads := map[string]string{"A": "off", "B": "off"}, 0, 0
	enginetest.Instead(t, p, control.Of[map[string]string]{
		Read: func(context.Context, control.Env) (map[string]string, error) {
			if reads--; reads == 0 {
				return nil, enginetest.Throttled()
			}
			return maps.Clone(slots), nil
		},
		Want: func(now map[string]string, _ control.Env) (map[string]string, error) {
			to := map[string]string{}
			for slot, v := range now {
				if to[slot] = "on"; v == "ON" {
					to[slot] = v
				}
			}
			return to, nil
		},
		Write: func(_ context.Context, _ control.Env, from, to map[string]string) error {
			for _, slot := range slices.Sorted(maps.Keys(to)) {
				if from[slot] == to[slot] {
					continue
				}
				if writes++; writes == 2 {
					return enginetest.Throttled()
				}
				slots[slot] = strings.Replace(to[slot], "on", "ON", 1) // as AWS has it
			}
			return nil
		},
	}, "Store.1")
	p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))))
	reads = 1
	r := ended(t, w, p)
	w.TakenBack(t, p, r)
	if slots["A"] != "off" || slots["B"] != "off" {
		t.Errorf("after the undo %v", slots)
	}
}

// TestFinishedByHand: what a run did not make, and somebody made since, is not its own to take back.
func TestFinishedByHand(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	rack := racked(t, p)
	rack.k, rack.ends = 2, answers("LimitExceededException")
	p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))))
	r := w.Ended(t, run.StatusFailed)
	rack.ends, rack.slots["B"] = nil, "on"
	w.TakenBack(t, p, r)
	if rack.shows() != "off on off" {
		t.Errorf("after the undo %q, want theirs as they left it", rack.shows())
	}
}

// TestUndoButtonOfTheRest: who presses the button again after an undo in part has the rest put back.
func TestUndoButtonOfTheRest(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	rack := racked(t, p)
	id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
	p.Handled(t, w.Imported(t, id))
	w.Ended(t, run.StatusVerified)
	rack.k, rack.ends = 2, answers("LimitExceededException")
	for range 2 {
		w.Clock.Move(time.Hour)
		p.Handled(t, w.Press(t, names.ActionUndo, id))
		rack.ends = nil
	}
	if rack.shows() != "off off off" {
		t.Errorf("after the second undo %q: %s", rack.shows(), w.Finding(t, id).Note.Text)
	}
	w.Shows(t, id, finding.New, "taken back by somebody who clicked")
}
