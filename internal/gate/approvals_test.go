package gate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/gate"
)

const someRole = "arn:aws:iam::111111111111:role/people/ops"

// TestApprovalsAreChecked: each mistake is a problem on its line, with what to write instead.
func TestApprovalsAreChecked(t *testing.T) {
	tests := map[string]struct{ section, want string }{
		"a role": {"approvers: [{arn: " + someRole + "}]", ""},
		"everything": {
			"approvers: [{arn: " + someRole + `, id: AROAOPSOPSOPSOPSOPS1, named_sessions: true, ` +
				`accounts: ["222222222222"], controls: [S3.*, S3.8]}]` + "\n  four_eyes: true\n  expires: 72h",
			"",
		},
		"nobody":     {"four_eyes: true", "approvals.approvers: names 0"},
		"a pattern":  {`approvers: [{arn: "arn:aws:iam::111111111111:role/*"}]`, "no ARN of one user or role"},
		"an account": {"approvers: [{arn: \"arn:aws:iam::111111111111:root\"}]", "no ARN of one user or role"},
		"a session": {
			"approvers: [{arn: \"arn:aws:sts::111111111111:assumed-role/ops/ann\"}]", "no ARN of one user or role",
		},
		"twice": {"approvers: [{arn: " + someRole + "}, {arn: " + someRole + "}]", "is given twice"},
		"sessions of a user": {
			"approvers: [{arn: \"arn:aws:iam::111111111111:user/ann\", named_sessions: true}]", "who has no sessions",
		},
		"the id of something else": {
			"approvers: [{arn: " + someRole + ", id: AIDAANNANNANNANNANN1}]", "approvals.approvers[0].id",
		},
		"no accounts":          {"approvers: [{arn: " + someRole + ", accounts: []}]", "is empty"},
		"an unknown control":   {"approvers: [{arn: " + someRole + ", controls: [Nope.1]}]", "not a control"},
		"too soon":             {"approvers: [{arn: " + someRole + "}]\n  expires: 5m", "not between 1h and 2160h"},
		"too late":             {"approvers: [{arn: " + someRole + "}]\n  expires: 9999h", "not between 1h and 2160h"},
		"no time":              {"approvers: [{arn: " + someRole + "}]\n  expires: soon", "is not a duration"},
		"a field nobody knows": {"approvers: [{arn: " + someRole + ", name: ann}]", "name"},
	}
	known := gate.Known{
		Control: func(id string) bool { return id == "S3.8" }, Standard: func(string) bool { return false },
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := gate.Parse([]byte("version: 1\napprovals:\n  " + tc.section + "\n"))
			if err == nil {
				err = c.Validate(known)
			}
			switch {
			case tc.want == "" && err != nil:
				t.Error(err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

// TestApprover: by an id that a push has looked up, and by nothing else.
func TestApprover(t *testing.T) {
	c := gate.Config{Approvals: &gate.Approvals{Approvers: []gate.Approver{
		{ARN: someRole, ID: "AROAOPSOPSOPSOPSOPS1"}, {ARN: "arn:aws:iam::111111111111:user/unresolved"},
	}}}
	for id, want := range map[string]bool{
		"AROAOPSOPSOPSOPSOPS1": true, "": false, "AROAOTHER": false, someRole: false,
		"arn:aws:iam::111111111111:user/unresolved": false,
	} {
		if _, got := c.Approver(id); got != want {
			t.Errorf("%q is an approver: %t", id, got)
		}
	}
	if _, ok := (gate.Config{}).Approver("AROAOPSOPSOPSOPSOPS1"); ok {
		t.Error("somebody is an approver where nobody is named")
	}
}

// TestApprovalLasts: a week, or as configured, within what makes sense.
func TestApprovalLasts(t *testing.T) {
	for span, want := range map[time.Duration]time.Duration{
		0: time.Hour, 72 * time.Hour: 72 * time.Hour, 1e6 * time.Hour: 90 * 24 * time.Hour,
	} {
		d := gate.Duration(span)
		if got := (gate.Config{Approvals: &gate.Approvals{Expires: &d}}).ApprovalLasts(); got != want {
			t.Errorf("%v lasts %v, want %v", span, got, want)
		}
	}
	if got := (gate.Config{}).ApprovalLasts(); got != 7*24*time.Hour {
		t.Errorf("without a word it lasts %v", got)
	}
}

// TestApprovalsDiffer: a change of who may approve is a difference that people see, and lets nothing act by itself.
func TestApprovalsDiffer(t *testing.T) {
	with := func(id string) gate.Config {
		section := gate.Approvals{Approvers: []gate.Approver{{ARN: someRole, ID: id}}}
		return gate.Config{Version: 1, Approvals: &section}
	}
	before, after := with("AROAONE"), with("AROATWO")
	list, err := gate.Diff(before, after)
	if err != nil || len(list) != 1 || list[0].Path != "approvals.approvers" || list[0].Wider {
		t.Errorf("%+v, %v", list, err)
	}
	if list, err := gate.Diff(after, after); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}
