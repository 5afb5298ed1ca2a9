package gate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
)

const (
	account = "444455556666"
	region  = "eu-west-1"
	bucket  = "arn:aws:s3:::logs-eu"
	action  = "arn:aws:securityhub:eu-west-1:111122223333:action/custom/SalveRemediate"
)

func now() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// input is a live finding of a harmless control that somebody clicked on; the changes are applied in turn.
func input(changes ...func(*gate.Input)) gate.Input {
	in := gate.Input{
		Control: gate.Control{
			ID: "S3.8", Standards: []string{"fsbp-1.0.0", "cis-5.0.0"}, Impact: control.ImpactNone, HasPlaybook: true,
		},
		Finding: finding.Finding{
			Source: finding.FromControl, Account: account, Region: region,
			Compliance: finding.Failed, Workflow: finding.New, RecordState: finding.Active,
			Resource: finding.Resource{ID: bucket, Region: region},
		},
		Trigger: gate.Click, Now: now(), Action: action, ActionArn: action,
	}
	for _, change := range changes {
		change(&in)
	}
	return in
}

func by(trigger gate.Trigger) func(*gate.Input) { return func(in *gate.Input) { in.Trigger = trigger } }

func mode(mode gate.Mode, where ...gate.Where) func(*gate.Input) {
	return entry("S3.8", mode, where...)
}

func entry(key string, mode gate.Mode, where ...gate.Where) func(*gate.Input) {
	return func(in *gate.Input) {
		if in.Config.Controls == nil {
			in.Config.Controls = map[string]gate.Rule{}
		}
		in.Config.Controls[key] = gate.Rule{Mode: mode, Where: where}
	}
}

func compliance(status string) func(*gate.Input) {
	return func(in *gate.Input) { in.Finding.Compliance = status }
}

func workflow(status string) func(*gate.Input) {
	return func(in *gate.Input) { in.Finding.Workflow = status }
}

func record(state string) func(*gate.Input) {
	return func(in *gate.Input) { in.Finding.RecordState = state }
}

func impact(impact control.Impact) func(*gate.Input) {
	return func(in *gate.Input) { in.Control.Impact = impact }
}

func oneWay(in *gate.Input) { in.Control.OneWay = true }

func identities(in *gate.Input) { in.Control.Identities = true }

func noPlaybook(in *gate.Input) { in.Control.HasPlaybook = false }

func badParameters(in *gate.Input) { in.Control.Problem = "ports: is 0" }

func origin(ends time.Time) gate.Origin {
	return gate.Origin{Owner: "ada", Reason: "incident 7", Expires: ends}
}

func stop(control string, ends time.Time) func(*gate.Input) {
	return func(in *gate.Input) { in.Overlay.Stops = []gate.Stop{{Origin: origin(ends), Control: control}} }
}

func disable(where gate.Where) func(*gate.Input) {
	return func(in *gate.Input) {
		in.Overlay.Disables = []gate.Disable{
			{Control: "S3.1"}, {Origin: origin(time.Time{}), Control: "s3.8", Where: where},
		}
	}
}

func hold(resource string, ends time.Time) func(*gate.Input) {
	return func(in *gate.Input) {
		in.Overlay.Holds = []gate.Hold{{Origin: origin(ends), Control: "S3.8", Account: account, Resource: resource}}
	}
}

func except(resource, lastDay string) func(*gate.Input) {
	return func(in *gate.Input) {
		e := gate.Exception{Control: "s3.8", Resource: resource, Reason: "static site", Owner: "web", Ticket: "SEC-12"}
		if lastDay != "" {
			if err := e.Expires.UnmarshalText([]byte(lastDay)); err != nil {
				panic(err)
			}
		}
		in.Config.Exceptions = []gate.Exception{e}
	}
}

func overlaid(in *gate.Input) {
	in.Overlay.Exceptions, in.Config.Exceptions = in.Config.Exceptions, nil
}

func TestDecide(t *testing.T) {
	covered := map[gate.Reason]bool{}
	for group, cases := range map[string]map[string]verdict{
		"mode": modes(), "state": states(), "overlay": overlays(), "shared": sharedWrites(), "place": places(),
		"account tag": placesByAccountTag(),
		"button":      buttons(), "time": times(), "calendar": calendars(), "narrow": narrow(), "class": classes(),
		"ring": ringCases(), "grace": graceCases(), "pattern": patterned(),
	} {
		for name, test := range cases {
			covered[test.want.Reason] = true
			t.Run(group+"/"+name, func(t *testing.T) {
				if diff := cmp.Diff(test.want, gate.Decide(test.in), cmpopts.IgnoreFields(gate.Decision{}, "Rule")); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	}
	for _, reason := range gate.Reasons() {
		if !covered[reason] {
			t.Errorf("no case for %s", reason)
		}
	}
}

// Nobody may hear of what nobody asked for, and nothing may happen without the mode auto.
func TestImportedNeverWritesUnasked(t *testing.T) {
	for _, cases := range []map[string]verdict{modes(), states(), overlays(), sharedWrites(), places()} {
		for name, test := range cases {
			test.in.Trigger = gate.Imported
			d := gate.Decide(test.in)
			if d.Verdict == gate.Refuse || d.Note {
				t.Errorf("%s: %+v", name, d)
			}
			if d.Verdict == gate.Act && d.Mode != gate.Auto {
				t.Errorf("%s: acts in mode %s", name, d.Mode)
			}
		}
	}
}

// The zero value of everything must not act.
func TestNothingKnownNothingDone(t *testing.T) {
	for _, trigger := range []gate.Trigger{"", gate.Imported, gate.Click, gate.Check, gate.Operator} {
		d := gate.Decide(gate.Input{Trigger: trigger})
		if d.Verdict != gate.Refuse && d.Verdict != gate.Ignore {
			t.Errorf("%q: %+v", trigger, d)
		}
	}
}

func TestDecideIsPure(t *testing.T) {
	build := func() gate.Input {
		place := gate.Where{Regions: []string{"eu-*"}}
		return input(mode(gate.Auto, place), stop("S3.1", time.Time{}), except("x*", "2027-01-01"))
	}
	in, before := build(), build()
	if first, second := gate.Decide(in), gate.Decide(in); first != second {
		t.Errorf("%+v, then %+v", first, second)
	}
	if diff := cmp.Diff(before, in, cmpopts.IgnoreUnexported(gate.Config{}, gate.Overlay{})); diff != "" {
		t.Errorf("the input was changed:\n%s", diff)
	}
}

func TestReasonsSpeak(t *testing.T) {
	unknown := gate.Reason("").Sentence()
	seen := map[string]gate.Reason{}
	for _, reason := range gate.Reasons() {
		text := reason.Sentence()
		if text == unknown || !strings.HasSuffix(text, ".") || len(text) > 130 {
			t.Errorf("%s: %q", reason, text)
		}
		if twin, taken := seen[text]; taken {
			t.Errorf("%s says the same as %s", reason, twin)
		}
		seen[text] = reason
	}
	if len(seen) != 40 {
		t.Errorf("%d reasons; a new one needs a case, a sentence and a place in the documentation", len(seen))
	}
}
