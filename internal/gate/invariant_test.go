package gate_test

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
)

// everything is each combination of what a decision turns on.
func everything(visit func(gate.Input)) {
	impacts := []control.Impact{control.ImpactNone, control.ImpactInterrupts, control.ImpactDestructive, ""}
	for _, trigger := range []gate.Trigger{gate.Imported, gate.Click, gate.Check, gate.Operator, ""} {
		for _, set := range []gate.Mode{gate.Off, gate.Plan, gate.Manual, gate.Approve, gate.Auto, "", "turbo"} {
			for _, status := range []string{finding.Failed, finding.Warning, finding.Passed, finding.NotAvailable, ""} {
				for _, state := range []string{finding.New, finding.Notified, finding.Resolved, finding.Suppressed, ""} {
					for _, harm := range impacts {
						in := input(by(trigger), mode(set), compliance(status), workflow(state), impact(harm))
						visit(in)
						visit(change(in, oneWay))
						visit(change(in, identities))
						visit(change(in, record(finding.Archived)))
						visit(change(in, noPlaybook))
						visit(change(in, stop("", time.Time{})))
					}
				}
			}
		}
	}
}

func change(in gate.Input, by func(*gate.Input)) gate.Input {
	by(&in)
	return in
}

// What must be true whenever something is changed, whatever the order of the questions inside.
func TestActingHasItsConditions(t *testing.T) {
	acted, total := 0, 0
	everything(func(in gate.Input) {
		d := gate.Decide(in)
		total++
		if d.Reason == "" || d.Verdict == "" {
			t.Fatalf("no answer for %+v", in)
		}
		if d.Verdict != gate.Act && d.Verdict != gate.Ask && d.Verdict != gate.Preview {
			return
		}
		acted++
		conditions(t, in, d)
	})
	t.Logf("%d of %d inputs lead to work", acted, total)
	if acted == 0 {
		t.Error("the inputs prove nothing")
	}
}

// conditions checks an answer that leads to work.
func conditions(t *testing.T, in gate.Input, d gate.Decision) {
	t.Helper()
	f := in.Finding
	live := f.RecordState == finding.Active && (f.Compliance == finding.Failed || f.Compliance == finding.Warning)
	if !live || f.Workflow == finding.Suppressed || f.Workflow == "" {
		t.Errorf("%s on a finding that is %s %s %s", d.Verdict, f.RecordState, f.Compliance, f.Workflow)
	}
	if in.Trigger == gate.Imported && f.Workflow != finding.New {
		t.Errorf("%s on an update of our own", d.Verdict)
	}
	permitted(t, in, d)
}

// permitted checks that nobody has forbidden the work.
func permitted(t *testing.T, in gate.Input, d gate.Decision) {
	t.Helper()
	if !in.Control.HasPlaybook || len(in.Overlay.Stops) > 0 {
		t.Errorf("%s without a playbook or in spite of a stop", d.Verdict)
	}
	if d.Mode == gate.Off || d.Mode == "turbo" || (d.Mode == gate.Plan && d.Verdict != gate.Preview) {
		t.Errorf("%s in mode %s", d.Verdict, d.Mode)
	}
	if d.Verdict == gate.Act && in.Trigger != gate.Operator {
		unattended(t, in, d)
	}
}

// unattended checks an act that no known person has approved.
func unattended(t *testing.T, in gate.Input, d gate.Decision) {
	t.Helper()
	if in.Control.Identities {
		t.Errorf("%s decides who may do what, in mode %s", in.Trigger, d.Mode)
	}
	if in.Control.OneWay || in.Control.Impact == control.ImpactDestructive || in.Control.Impact == "" {
		t.Errorf("%s does what cannot be taken back, in mode %s", in.Trigger, d.Mode)
	}
	if d.Mode == gate.Approve || (in.Trigger == gate.Imported && d.Mode != gate.Auto) {
		t.Errorf("%s acts in mode %s", in.Trigger, d.Mode)
	}
}
