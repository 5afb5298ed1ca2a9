package work_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/run"
)

// judgedBy is a finding of the account, judged by what its owner has set in Security Hub.
func judgedBy(params map[string][]string) labhub.FindingSpec {
	return labhub.FindingSpec{
		Control: "Account.102", Consolidated: true, Severity: "HIGH", Status: "FAILED", Account: enginetest.Member,
		Region: enginetest.Region, Resource: enginetest.Account().Resource, ResourceType: "AwsAccount", Parameters: params,
	}
}

// auto lets Account.102 act with parameters of the configuration.
func auto(params map[string]any) gate.Config {
	return gate.Config{Version: gate.Version, Controls: map[string]gate.Rule{
		"Account.102": {Mode: gate.Auto, Parameters: params},
	}}
}

// lookups counts the calls for the parameters of a control.
func lookups(w *enginetest.World) int {
	other := func(c enginetest.Call) bool { return c.Operation != "BatchGetSecurityControls" }
	return len(slices.DeleteFunc(w.Calls(), other))
}

// TestJudgedFindings: a fix goes by what the finding was judged by, unless the configuration says otherwise. That costs
// no call, and the note says who set what.
func TestJudgedFindings(t *testing.T) {
	tests := map[string]struct {
		judged     map[string][]string
		configured map[string]any
		length     int
		says       string
	}{
		"default":      {nil, nil, 14, ""},
		"Security Hub": {map[string][]string{"Length": {"20"}}, nil, 20, "It goes by length=20 (Security Hub)."},
		"the configuration": {
			map[string][]string{"length": {"20"}}, map[string]any{"length": 16}, 16, "length=16 (configuration)",
		},
		"not what it has": {map[string][]string{"days": {"1"}}, nil, 14, "Left alone: parameter days, which"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			w.Config = auto(tt.configured)
			w.Judged = map[string]control.Judged{"Account.102": {"length": {"99"}}} // nobody asks
			id := w.Report(t, judgedBy(tt.judged))
			w.Start().Handled(t, w.Imported(t, id))
			w.Ended(t, run.StatusVerified)
			if p := w.Passwords(); p == nil || p.Length != tt.length {
				t.Errorf("%+v, want %d", p, tt.length)
			}
			w.Shows(t, id, finding.Resolved, tt.says)
			if n := lookups(w); n != 0 {
				t.Errorf("%d calls for parameters", n)
			}
		})
	}
}

// TestJudgedByWhatCannotBe: nothing is changed, and who clicked reads why.
func TestJudgedByWhatCannotBe(t *testing.T) {
	for value, says := range map[string]string{"7": "is 7: want 8 to 128", "long": "is long: want a whole number"} {
		w := enginetest.New(t)
		w.Config = auto(nil)
		id := w.Report(t, judgedBy(map[string][]string{"length": {value}}))
		p := w.Start()
		p.Handled(t, w.Imported(t, id))
		w.Shows(t, id, finding.New)
		p.Handled(t, w.Click(t, id))
		w.Shows(t, id, finding.Notified, "parameter length, as it is set in Security Hub: "+says)
		if p := w.Passwords(); p != nil {
			t.Errorf("changed to %+v", p)
		}
	}
}

// TestJudgedAnew: an event that came late says what the control was judged by then.
func TestJudgedAnew(t *testing.T) {
	w := enginetest.New(t)
	w.Config = auto(nil)
	id := w.Report(t, judgedBy(map[string][]string{"length": {"16"}}))
	late := w.Imported(t, id)
	w.Clock.Move(time.Hour)
	w.Report(t, judgedBy(map[string][]string{"length": {"30"}}))
	w.Start().Handled(t, late)
	if p := w.Passwords(); p == nil || p.Length != 30 {
		t.Errorf("%+v", p)
	}
}

// TestJudgedForOperators: where no finding says it, Security Hub is asked once, and the hash of the plan
// covers what it says.
func TestJudgedForOperators(t *testing.T) {
	w := enginetest.New(t)
	w.Judged = map[string]control.Judged{"Account.102": {"length": {"20"}}}
	p := w.Start()
	req := work.Request{Control: "Account.102", Actor: "alice", Scope: "global", Target: enginetest.Account()}
	first, err := p.Preview(t.Context(), req)
	if err != nil || first.Params["length"] != "20" || lookups(w) != 1 {
		t.Fatalf("%+v, %v, %d calls", first, err, lookups(w))
	}
	req.Judged = control.Judged{"length": {"21"}} // a finding does
	second, err := p.Preview(t.Context(), req)
	if err != nil || second.Params["length"] != "21" || lookups(w) != 1 {
		t.Errorf("%+v, %v, %d calls", second, err, lookups(w))
	}
	if first.Hash == second.Hash {
		t.Error("the hash does not cover what the plan goes by")
	}
}

// TestPlansWithoutKnowing: what nobody could read may differ from the defaults. Where all is set, nobody asks.
func TestPlansWithoutKnowing(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	req := work.Request{Control: "Account.102", Actor: "alice", Scope: "global", Target: enginetest.Account()}
	w.Fail("BatchGetSecurityControls", enginetest.Throttled())
	if _, err := p.Preview(t.Context(), req); fault.Of(err) != fault.Retry {
		t.Errorf("a plan without knowing: %v", err)
	}
	req.Params = map[string]any{
		"length": 15, "reuse": 5, "upper": true, "lower": true, "numbers": true, "symbols": true,
	}
	if r, err := p.Apply(t.Context(), req); err != nil || r.Status != run.StatusVerified ||
		r.Sources["length"] != control.FromCommand || !strings.Contains(r.Plan.Params["length"], "15") {
		t.Errorf("%+v, %v", r, err)
	}
}
