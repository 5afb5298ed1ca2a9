package gate_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/gate"
)

// TestSentenceNamesWhoApproves: where the configuration names approvers, it is not salve apply that approves.
func TestSentenceNamesWhoApproves(t *testing.T) {
	role := gate.Approver{ARN: "arn:aws:iam::111111111111:role/approvers"}
	for name, tc := range map[string]struct {
		approvals *gate.Approvals
		want, not string
	}{
		"nobody is named": {nil, "run salve apply", "salve approve"},
		"an approver":     {&gate.Approvals{Approvers: []gate.Approver{role}, FourEyes: true}, "salve approve", "salve apply"},
	} {
		config := gate.Config{Approvals: tc.approvals}
		for _, reason := range []gate.Reason{
			gate.NeedsApproval, gate.IsDestructive, gate.CannotBeUndone, gate.DecidesRights, gate.DataClass,
		} {
			t.Run(name+"/"+string(reason), func(t *testing.T) {
				got := config.Sentence(gate.Decision{Verdict: gate.Ask, Reason: reason})
				if !strings.Contains(got, tc.want) || strings.Contains(got, tc.not) {
					t.Errorf("it says %q", got)
				}
			})
		}
	}
	refused := gate.Config{Approvals: &gate.Approvals{Approvers: []gate.Approver{role}}}.Sentence(
		gate.Decision{Verdict: gate.Refuse, Reason: gate.Frozen})
	if refused != gate.Frozen.Sentence() {
		t.Errorf("what nobody approves reads %q", refused)
	}
}
