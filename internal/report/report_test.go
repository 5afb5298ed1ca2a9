package report_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/report"
	"github.com/salve-security/salve/internal/run"
)

func changes() []control.Change {
	return []control.Change{
		{Path: "Rules/in tcp 22 from 0.0.0.0~10", From: map[string]any{"Note": "jump"}},
		{Path: "Topic", To: "alarms", Stays: "others may use it"},
	}
}

func told() []report.Change {
	return []report.Change{
		{Path: "Rules.in tcp 22 from 0.0.0.0/0", From: map[string]any{"Note": "jump"}},
		{Path: "Topic", To: "alarms", Stays: "undo leaves it: others may use it"},
	}
}

func aRun(east *time.Location) *run.Run {
	return &run.Run{
		ID: "r1", Key: run.Key{Account: "222222222222", Control: "S3.8", Resource: "arn:aws:s3:::a", Scope: "global"},
		Region: "eu-west-1", State: run.StateParked, Status: run.StatusParked, Trigger: run.TriggerClick,
		Created: time.Date(2026, 7, 1, 2, 0, 0, 0, east), Due: time.Date(2026, 7, 1, 3, 0, 0, 0, east),
		Plan:      &control.Plan{Hash: "h", Changes: changes()},
		Findings:  map[finding.Key]run.Finding{{ID: "b"}: {}, {ID: "a"}: {}},
		Execution: &control.Execution{ID: "x", Started: time.Date(2026, 7, 1, 2, 0, 0, 0, east)},
	}
}

// TestOneForm: plan, run, undo and verification say the same thing in the same place.
func TestOneForm(t *testing.T) {
	r := aRun(time.FixedZone("east", 7200))
	base := report.Report{
		Version: 1, Control: "S3.8", Account: "222222222222", Region: "eu-west-1", Resource: "arn:aws:s3:::a",
		Changes: told(),
	}
	with := func(change func(*report.Report)) report.Report {
		w := base
		change(&w)
		return w
	}
	plan := control.Plan{Control: "S3.8", Target: r.Target(), Hash: "h", Changes: changes()}
	for name, tc := range map[string]struct{ got, want report.Report }{
		"plan": {report.Plan(plan, run.StatusPlanned, map[string]any{"days": 30}), with(func(w *report.Report) {
			w.Kind, w.Status, w.PlanHash, w.Parameters = report.Planned, run.StatusPlanned, "h", map[string]any{"days": 30}
		})},
		"run": {report.Run(r, nil), with(func(w *report.Report) {
			w.Kind, w.RunID, w.Status, w.PlanHash, w.Trigger = report.Ran, "r1", run.StatusParked, "h", run.TriggerClick
			w.State, w.Findings = run.StateParked, []finding.Key{{ID: "a"}, {ID: "b"}}
			w.Execution = &report.Execution{ID: "x", Started: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)}
			w.Created, w.Due = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 7, 1, 1, 0, 0, 0, time.UTC)
		})},
		"undo": {report.Undo(r, control.Plan{Hash: "u"}, run.StatusPlanned, []string{"S3.2"}), with(func(w *report.Report) {
			w.Kind, w.Status, w.PlanHash, w.Undoes = report.Planned, run.StatusPlanned, "u", "r1"
			w.Changes, w.Remains, w.Unmet = []report.Change{}, told()[1:], []string{"S3.2"}
		})},
		"verification": {report.Verification(r, run.StatusUnverified, changes()[:1]), with(func(w *report.Report) {
			w.Kind, w.RunID, w.Status, w.Changes = report.Verified, "r1", run.StatusUnverified, told()[:1]
		})},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, tc.got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestExecution: times are UTC, and what has not ended took nobody knows how long.
func TestExecution(t *testing.T) {
	east := time.FixedZone("east", 7200)
	at := func(second int) time.Time { return time.Date(2026, 7, 1, 2, 0, second, 0, east) }
	got := report.ExecutionOf(&control.Execution{
		ID: "x", Started: at(0), Ended: at(9), Status: "Failed", Failure: "why", Cut: true, Steps: []control.Step{
			{Name: "Close", Action: "aws:sleep", Status: "Failed", Began: at(1), Ended: at(3), Failure: "no"},
			{Name: "Wait", Action: "aws:sleep", Status: "InProgress", Began: at(3)},
		},
	})
	want := &report.Execution{
		ID: "x", Started: at(0).UTC(), Ended: at(9).UTC(), Status: "Failed", Failure: "why", Cut: true, Steps: []report.Step{
			{Name: "Close", Action: "aws:sleep", Status: "Failed", Began: at(1).UTC(), Seconds: 2, Failure: "no"},
			{Name: "Wait", Action: "aws:sleep", Status: "InProgress", Began: at(3).UTC()},
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, at := range []time.Time{got.Started, got.Ended, got.Steps[0].Began} {
		if at.Location() != time.UTC {
			t.Errorf("%s is not UTC", at)
		}
	}
}

// TestAClosedRunIsNotDue: nobody looks at it again.
func TestAClosedRunIsNotDue(t *testing.T) {
	r := aRun(time.UTC)
	r.State = run.StateClosed
	if got := report.Run(r, nil); !got.Due.IsZero() {
		t.Errorf("due %s", got.Due)
	}
}

func TestStopsAndHolds(t *testing.T) {
	since := time.Date(2026, 7, 1, 2, 0, 0, 0, time.FixedZone("east", 7200))
	stop := gate.Stop{Control: "S3.8", Since: since, Origin: gate.Origin{Owner: "alice", Reason: "why"}}
	want := report.Stop{Control: "S3.8", By: "alice", Reason: "why", Since: since.UTC()}
	if d := cmp.Diff(want, report.StopOf(stop)); d != "" {
		t.Error(d)
	}
	stop.Control, want.Control = "", report.Everything
	if d := cmp.Diff(want, report.StopOf(stop)); d != "" {
		t.Error(d)
	}
	hold := report.HoldOf(&run.Hold{By: "bob", Reason: "why", Until: since})
	if d := cmp.Diff(&report.Hold{By: "bob", Reason: "why", Until: since.UTC()}, hold); d != "" {
		t.Error(d)
	}
	if none := report.HoldOf(nil); none != nil {
		t.Errorf("no hold is %v", none)
	}
}
