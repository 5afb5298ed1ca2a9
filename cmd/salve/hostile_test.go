package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/assess"
	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/backfill"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/report"
	"github.com/salve-security/salve/internal/run"
)

// hostile is what a stranger would call a resource to take over a terminal or disguise a line.
const hostile = "a\x1b[2J\x1b]0;owned\x07\r\nverified\u009b31m\u202eevil\u200b\x7f\u2028\U000e0041=b"

func hostileRun(id string) *run.Run {
	return &run.Run{
		Schema: run.Schema, ID: id, State: run.StateClosed, Status: run.StatusVerified, Actor: hostile,
		Key: run.Key{Account: "222222222222", Control: "Bucket.1", Resource: "=" + hostile}, Reason: hostile, Note: hostile,
		BeforeHash: "x", Calls: []string{hostile}, Trigger: run.Trigger(hostile),
		Plan: &control.Plan{
			Control: "Bucket.1", Changes: []control.Change{
				{Path: hostile, From: hostile, To: map[string]any{hostile: hostile}}, {Path: "b", From: "c", Stays: hostile},
			},
			Runbook: &control.Runbook{Document: hostile, Version: hostile, Parameters: map[string][]string{hostile: {hostile}}},
		},
		Execution: &control.Execution{
			ID: hostile, Status: hostile, Failure: hostile,
			Steps: []control.Step{{Name: hostile, Action: hostile, Status: hostile, Failure: hostile + "!"}},
		},
	}
}

// TestNothingHostileReachesATerminal prints runs with hostile text in every
// field in every format, and looks at each character.
func TestNothingHostileReachesATerminal(t *testing.T) {
	for _, format := range []string{formatTable, formatJSON, formatYAML, formatCSV} {
		for name, size := range map[string]int{"short": 1, "a megabyte": 1 << 20 / len(hostile)} {
			t.Run(format+" "+name, func(t *testing.T) {
				var out bytes.Buffer
				a := &app{out: &out, err: &out, format: format}
				r := hostileRun("r1")
				r.Key.Resource = strings.Repeat(r.Key.Resource, size)
				list := []report.Report{a.report(r)}
				err := a.data(list, func() {
					a.story(r)
					a.sayUndo(r, r.Changes(), report.Undo(r, *r.Plan, run.StatusPlanned, []string{hostile}))
					a.everything(r, since{hold: &run.Hold{By: hostile, Reason: hostile}, runs: []*run.Run{r}})
					a.runs([]*run.Run{r}, []*run.Run{r}, true)
					a.lines([]audit.Line{{Resource: r.Key.Resource, Event: hostile, Reason: hostile, Changes: r.Changes()}})
					a.end(unknownRun(errHostile(hostile)))
				})
				if err != nil {
					t.Fatal(err)
				}
				if at := strings.IndexFunc(out.String(), steers); at >= 0 {
					t.Errorf("%+q", out.String()[max(0, at-20):min(out.Len(), at+20)])
				}
				if !strings.Contains(out.String(), "evil") {
					t.Errorf("the name is not there at all: %.200s", out.String())
				}
				if format == formatTable && out.Len() > 40_000 {
					t.Errorf("%d bytes for people", out.Len())
				}
			})
		}
	}
}

type errHostile string

func (e errHostile) Error() string { return string(e) }

// TestTheTestSeesWhatItLooksFor: the check above would be worth nothing otherwise.
func TestTheTestSeesWhatItLooksFor(t *testing.T) {
	if strings.IndexFunc(hostile, steers) < 0 || strings.IndexFunc(plain.Line(hostile), steers) >= 0 {
		t.Error("steers does not tell hostile text from clean text")
	}
}

// TestWhatIsSwitchedOnIsClean prints what a change meets, and what is sent of it, with hostile text in every field.
func TestWhatIsSwitchedOnIsClean(t *testing.T) {
	l := &looked{
		Total: assess.Count{Work: 1, Findings: 1, Refused: 1},
		Controls: []assess.ControlCount{{
			Control: hostile, Impact: hostile, Effect: hostile, Severity: hostile, Count: assess.Count{Interrupts: 1},
		}},
		Reasons: []assess.Because{{Outcome: assess.Refused, Reason: hostile, Work: 1, Of: []string{hostile}}},
		Scores:  []assess.Score{{Standard: hostile, Name: hostile}}, LeftOut: []string{hostile},
	}
	b := &backfillReport{
		Event: hostile, Open: 1, Sent: 1, Follow: hostile, Severity: []backfill.Count{{Severity: hostile, Findings: 1}},
		Left: []backfill.Left{{Because: hostile, Findings: 1}},
	}
	for _, format := range []string{formatTable, formatJSON, formatYAML} {
		var out bytes.Buffer
		a := &app{out: &out, err: &out, format: format}
		err := a.data(ruleReport{Control: hostile, Assessment: l, Backfill: b}, func() {
			a.sayLooked(l)
			a.sayBackfill(b)
		})
		if err != nil {
			t.Fatal(err)
		}
		if at := strings.IndexFunc(out.String(), steers); at >= 0 || strings.Count(out.String(), "evil") < 6 {
			t.Errorf("%s: %+q", format, out.String()[max(0, at-20):min(out.Len(), max(0, at)+20)])
		}
	}
}
