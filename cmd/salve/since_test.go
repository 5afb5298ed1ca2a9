package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/run"
)

// TestSettled: a run that asked for something is never changed, so that what
// became of it has to be found.
func TestSettled(t *testing.T) {
	at := func(id string, minute int, status run.Status, change func(*run.Run)) *run.Run {
		r := &run.Run{
			ID: id, Status: status, Key: run.Key{Control: "S3.8", Resource: "a"},
			Created: time.Date(2026, 11, 21, 10, minute, 0, 0, time.UTC),
		}
		if change != nil {
			change(r)
		}
		return r
	}
	other := func(r *run.Run) { r.Key.Resource = "b" }
	back := func(r *run.Run) { r.Undoes = "r2" }
	const awaiting = run.StatusAwaitingApproval
	later := func(status run.Status) []*run.Run { return []*run.Run{at("r2", 5, status, nil)} }
	answered := func(word run.Word, status run.Status, to string) []*run.Run {
		return []*run.Run{at("r2", 5, status, func(r *run.Run) { r.Reply = &run.Reply{Run: to, Word: word} })}
	}
	tests := map[string]struct {
		asks  run.Status
		later []*run.Run
		then  string
	}{
		"nothing since":     {awaiting, nil, ""},
		"carried out":       {awaiting, later(run.StatusVerified), "carried out by run r2"},
		"plan carried out":  {run.StatusPlanned, later(run.StatusVerified), "carried out by run r2"},
		"someone fixed it":  {awaiting, later(run.StatusCompliant), "run r2 found it compliant"},
		"gone":              {awaiting, later(run.StatusGone), "run r2 found it gone"},
		"a try that failed": {awaiting, later(run.StatusFailed), ""},
		"a try that waits":  {awaiting, later(run.StatusDeferred), ""},
		"asked again":       {awaiting, later(awaiting), ""},
		"fixed before":      {awaiting, []*run.Run{at("r2", -5, run.StatusVerified, nil)}, ""},
		"another resource":  {awaiting, []*run.Run{at("r2", 5, run.StatusVerified, other)}, ""},
		"an undo":           {awaiting, []*run.Run{at("r2", 5, run.StatusVerified, back)}, ""},
		"the first of several": {awaiting, []*run.Run{
			at("r4", 9, run.StatusVerified, nil), at("r3", 7, run.StatusVerified, nil), at("r2", 5, run.StatusFailed, nil),
		}, "carried out by run r3"},
		"denied": {awaiting, answered(run.Deny, run.StatusRefused, "r1"), "denied: run r2"},
		"lapsed": {awaiting, answered(run.Lapse, run.StatusRefused, "r1"), "not approved in time: run r2"},
		"approved, and refused": {
			awaiting, answered(run.Approve, run.StatusRefused, "r1"),
			"approved, but run r2 ended as refused",
		},
		"approved, and failed": {
			awaiting, answered(run.Approve, run.StatusFailed, "r1"),
			"approved, but run r2 ended as failed",
		},
		"approved, and waits":     {awaiting, answered(run.Approve, run.StatusDeferred, "r1"), ""},
		"approved, another plan":  {awaiting, answered(run.Approve, awaiting, "r1"), ""},
		"of another plan, denied": {awaiting, answered(run.Deny, run.StatusRefused, "r0"), ""},
		"denied, then done": {
			awaiting, append(answered(run.Deny, run.StatusRefused, "r1"), at("r3", 9, run.StatusVerified, nil)),
			"carried out by run r3",
		},
		"was never asked": {run.StatusVerified, later(run.StatusVerified), ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := at("r1", 0, tc.asks, nil)
			all := append(tc.later, r)
			if got := then(r, all); got != tc.then {
				t.Errorf("says %q, want %q", got, tc.then)
			}
		})
	}
}

// TestAgreed: every answer of Security Hub has words.
func TestAgreed(t *testing.T) {
	due := time.Date(2026, 11, 22, 22, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		run  run.Run
		want string
	}{
		"nobody asks": {run.Run{}, ""},
		"due": {
			run.Run{Confirm: due}, "Security Hub is asked after 2026-11-22 22:00:00 UTC whether it agrees",
		},
		"taken back": {run.Run{Confirm: due, UndoneBy: "r2"}, ""},
		"passed":     {run.Run{Confirmed: run.ConfirmedPassed}, "Security Hub agrees: its own check passed"},
		"gone":       {run.Run{Confirmed: run.ConfirmedGone}, "Security Hub no longer has the finding"},
		"disputed": {
			run.Run{Confirmed: run.ConfirmedDisputed},
			"Security Hub disagrees, its own check still fails: see salve verify r1",
		},
		"later": {run.Run{Confirmed: run.ConfirmedLater}, "a later run fixed it once more"},
		"never": {run.Run{Confirmed: run.ConfirmedNever}, "Security Hub did not check it again"},
		"undone, as a look found": {
			run.Run{Confirmed: run.ConfirmedPassed, Recurrence: &run.Recurrence{At: due}},
			"undone since: read again at 2026-11-22 22:00:00 UTC, it does not meet the control any more",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			tc.run.ID = "r1"
			if got := agreed(&tc.run); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

// TestTakenBackInPart: what an undo left is not called undone, in the status, the words and the command for the rest.
func TestTakenBackInPart(t *testing.T) {
	fix := &run.Run{ID: "r1", State: run.StateClosed, Status: run.StatusVerified, UndoneBy: "r2"}
	change := func(path, got string) control.Change {
		return control.Change{Path: path, From: true, To: false, Got: json.RawMessage(got)}
	}
	undo := &run.Run{
		ID: "r2", Undoes: "r1", State: run.StateClosed, Status: run.StatusUndoneInPart, BeforeHash: "a", AfterHash: "b",
		Plan: &control.Plan{Changes: []control.Change{change("A", ""), change("B", "true")}},
	}
	const left = "taken back in part by run r2: It put back 1 of 2 changes, not put back: B"
	if got := then(fix, []*run.Run{undo}); got != left {
		t.Errorf("says %q, want %q", got, left)
	}
	if got := shownStatus(fix, undo); got != run.StatusUndoneInPart {
		t.Errorf("status %s", got)
	}
	asked := &run.Run{ID: "r0", Status: run.StatusPlanned, Created: fix.Created.Add(-time.Hour)}
	if got := then(asked, []*run.Run{fix, undo}); got != "carried out by run r1, which was "+left {
		t.Errorf("says %q", got)
	}
	undo.Status = run.StatusUndone // the second of two
	for name, all := range map[string][]*run.Run{"all": {undo}, "its undo is too old to be kept": nil} {
		if got := then(fix, all); got != "taken back by run r2" || shownStatus(fix, all...) != run.StatusUndone {
			t.Errorf("%s: says %q, %s", name, got, shownStatus(fix, all...))
		}
	}
}
