package run_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/run"
)

const hostileText = "no\x1b[31m such\nthing\u202e"

// TestSaw: what a look shows is kept clean and bounded, and a look that says nothing takes nothing away.
func TestSaw(t *testing.T) {
	began := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	now := began.Add(time.Minute)
	e := &control.Execution{}
	r := run.Run{Execution: e}
	p := control.Progress{
		Status: "Failed", Over: true, Failed: true, Message: hostileText, Steps: []control.Step{{
			Name: hostileText, Action: "aws:sleep", Status: "Failed", Began: began, Ended: began.Add(time.Second),
			Failure: strings.Repeat("x", 1000),
		}},
	}
	r.Saw(p, now)
	r.Saw(control.Progress{}, now.Add(time.Hour))
	r.Saw(p, now.Add(time.Hour))
	want := &control.Execution{
		Ended: now, Status: "Failed", Failure: "no[31m such thing", Steps: []control.Step{{
			Name: "no[31m such thing", Action: "aws:sleep", Status: "Failed", Began: began, Ended: began.Add(time.Second),
			Failure: strings.Repeat("x", 299) + "…",
		}},
	}
	if d := cmp.Diff(want, e); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if took := e.Steps[0].Took(); took != time.Second {
		t.Errorf("it took %s", took)
	}
	if took := (control.Step{Began: began}).Took(); took != 0 {
		t.Errorf("what has not ended took %s", took)
	}
}

// TestSawManySteps: where it begins and where it ends is kept, and that it had more is said.
func TestSawManySteps(t *testing.T) {
	p := control.Progress{Status: "Success", Over: true}
	for i := range 100 {
		p.Steps = append(p.Steps, control.Step{Name: fmt.Sprintf("s%d", i)})
	}
	e := &control.Execution{}
	r := run.Run{Execution: e}
	r.Saw(p, time.Unix(1, 0))
	if d := cmp.Diff(append(slices.Clone(p.Steps[:15]), p.Steps[85:]...), e.Steps); d != "" || !e.Cut {
		t.Errorf("cut %v: %s", e.Cut, d)
	}
	r.Saw(control.Progress{Status: "Success", Over: true, Steps: p.Steps[:30]}, time.Unix(2, 0))
	if d := cmp.Diff(p.Steps[:30], e.Steps); d != "" || e.Cut {
		t.Errorf("cut %v: %s", e.Cut, d)
	}
	r.Saw(control.Progress{Status: "Success", Over: true, Steps: p.Steps[:1], Cut: true}, time.Unix(3, 0))
	if len(e.Steps) != 1 || !e.Cut {
		t.Errorf("what AWS cut is not said: %+v", e)
	}
}
