package deploy_test

import (
	"testing"
)

// TestPeopleMayNoMore tries each policy for people on what it is for and on what it is not for, as IAM decides: allowed
// is what a statement allows and none denies.
func TestPeopleMayNoMore(t *testing.T) {
	s := fullHub(t)
	all := s.statements()
	table, queue, now := "<Ledger.Arn>", "<ApprovalsQueue.Arn>", "<NowQueue.Arn>"
	read := func(key string) request { return request{"dynamodb:GetItem", table, map[string]string{leading: key}} }
	write := func(key string) request {
		return request{"dynamodb:UpdateItem", table, map[string]string{leading: key}}
	}
	enter := func(account string) request {
		return request{
			"sts:AssumeRole", "arn:aws:iam::" + account + ":role/salve-remediation",
			map[string]string{"aws:ResourceAccount": account, "aws:ResourceOrgID": "o-abcdefghij"},
		}
	}
	become := func(role string) request {
		return request{"sts:AssumeRole", "arn:aws:iam::111111111111:role/" + role, map[string]string{
			"aws:ResourceAccount": "111111111111",
		}}
	}
	answer, click := request{action: "sqs:SendMessage", resource: queue}, request{action: "sqs:SendMessage", resource: now}
	report := request{action: "sqs:SendMessage", resource: "<BulkQueue.Arn>"} // what a backfill sends
	take := request{action: "sqs:ReceiveMessage", resource: queue}
	history := request{action: "dynamodb:Query", resource: table + "/index/day"}
	findings := request{"securityhub:GetFindings", "arn:aws:securityhub:eu-central-1:111111111111:hub/default", nil}
	suppress := request{"securityhub:BatchUpdateFindings", findings.resource, nil}
	list := func(key string) request { return request{"dynamodb:Query", table, map[string]string{leading: key}} }
	calendar := request{"ssm:GetCalendarState", "arn:aws:ssm:eu-west-1:222222222222:document/freezes", nil}
	tests := map[string]struct{ may, mayNot []request }{
		"ViewerPolicy": {
			[]request{
				read("run#r1"), read("work#222222222222#x"), read("config"), history, findings,
				list("config"), // exceptions by hand, what was pushed, changes of rings
			},
			[]request{
				read("seal"), list("seal"), list("run#r1"), list("work#222222222222#x"), write("run#r1"), write("config"),
				answer, click, report, take, suppress, become("salve-operator"),
				become("salve-orchestrator"), enter("222222222222"),
			},
		},
		"ApproverPolicy": {
			[]request{read("run#r1"), read("receipt#m1"), read("config"), history, answer},
			[]request{
				read("seal"), write("run#r1"), write("config"), click, report, take, suppress, become("salve-operator"),
				enter("222222222222"),
			},
		},
		"OperatorPolicy": {
			[]request{read("run#r1"), history, findings, list("config"), write("config"), become("salve-operator")},
			[]request{
				write("run#r1"), write("work#222222222222#x"), answer, click, report, become("salve-orchestrator"),
				enter("222222222222"),
			},
		},
		"LimitedOperatorPolicy": {
			[]request{read("run#r1"), history, findings, list("config"), become("salve-operator-limited")},
			[]request{list("seal"), write("config"), answer, click, report, become("salve-operator"), enter("222222222222")},
		},
		"WorkPolicy": { // of the function and of operators: neither answers for people
			[]request{click, report, write("run#r1"), calendar},
			[]request{answer, take, {"ssm:GetDocument", calendar.resource, nil}},
		},
		"OperatorRole": {
			[]request{enter("222222222222"), enter("444444444444")},
			[]request{answer, become("salve-orchestrator")},
		},
		"LimitedOperatorRole": {
			[]request{enter("222222222222"), enter("333333333333")},
			[]request{enter("444444444444"), answer, click, report, become("salve-operator")},
		},
	}
	for holder, tc := range tests {
		t.Run(holder, func(t *testing.T) {
			for _, r := range tc.may {
				if !permits(t, all, holder, r) {
					t.Errorf("%s %v on %s is not allowed", r.action, r.keys, r.resource)
				}
			}
			for _, r := range tc.mayNot {
				if permits(t, all, holder, r) {
					t.Errorf("%s %v on %s is allowed", r.action, r.keys, r.resource)
				}
			}
		})
	}
}

// leading is the condition key of an item's partition key.
const leading = "dynamodb:LeadingKeys"

// permits is what IAM decides by the statements of one holder.
func permits(t *testing.T, all map[string]statement, holder string, r request) bool {
	t.Helper()
	allowed := false
	for _, s := range all {
		if !s.of(holder) || s.body["Principal"] != nil || !applies(t, s.body, r) {
			continue
		}
		if s.body["Effect"] == "Deny" {
			return false
		}
		allowed = true
	}
	return allowed
}

// TestOnlyThisAccountApproves: the queue of answers takes none from elsewhere, whatever another account allows its own,
// none of a service, and none without TLS.
func TestOnlyThisAccountApproves(t *testing.T) {
	all := fullHub(t).statements()
	for name, tc := range map[string]struct {
		keys map[string]string
		want bool
	}{
		"another account": {map[string]string{"aws:PrincipalAccount": "999999999999", tls: "true"}, true},
		"a service":       {map[string]string{tls: "true"}, true},
		"without TLS":     {map[string]string{"aws:PrincipalAccount": "111111111111", tls: "false"}, true},
		"this account":    {map[string]string{"aws:PrincipalAccount": "111111111111", tls: "true"}, false},
	} {
		r := request{"sqs:SendMessage", "<ApprovalsQueue.Arn>", tc.keys}
		if got := forbids(t, all, "ApprovalsQueuePolicy", r); got != tc.want {
			t.Errorf("%s is forbidden: %t, want %t", name, got, tc.want)
		}
	}
}

const tls = "aws:SecureTransport"

// TestFunctionReadsTheOrganization: the function may read which account is in which unit, and nobody else; what it read
// is in the table.
func TestFunctionReadsTheOrganization(t *testing.T) {
	const of = "arn:aws:organizations::100000000000:"
	all := fullHub(t).statements()
	reads := []request{
		{"organizations:ListRoots", "*", nil},
		{"organizations:ListAccountsForParent", of + "root/o-abcdefghij/r-ab12", nil},
		{"organizations:ListAccountsForParent", of + "ou/o-abcdefghij/ou-ab12-cdef3456", nil},
		{"organizations:ListOrganizationalUnitsForParent", of + "ou/o-abcdefghij/ou-ab12-cdef3456", nil},
		{"organizations:ListTagsForResource", of + "account/o-abcdefghij/222222222222", nil},
	}
	others := []request{
		{"organizations:ListParents", of + "account/o-abcdefghij/222222222222", nil},
		{"organizations:ListAccountsForParent", of + "account/o-abcdefghij/222222222222", nil},
		{"organizations:MoveAccount", of + "account/o-abcdefghij/222222222222", nil},
		{"organizations:ListPolicies", "*", nil},
		{"organizations:ListTagsForResource", of + "policy/o-abcdefghij/service_control_policy/p-1", nil},
		{"organizations:TagResource", of + "account/o-abcdefghij/222222222222", nil},
	}
	for _, r := range reads {
		if !permits(t, all, "OrchestratorRole", r) {
			t.Errorf("%s on %s is not allowed", r.action, r.resource)
		}
	}
	for _, holder := range []string{"WorkPolicy", "OperatorRole", "OperatorPolicy", "ViewerPolicy", "ApproverPolicy"} {
		for _, r := range append(reads, others...) {
			if permits(t, all, holder, r) {
				t.Errorf("%s may %s on %s", holder, r.action, r.resource)
			}
		}
	}
	for _, r := range others {
		if permits(t, all, "OrchestratorRole", r) {
			t.Errorf("%s on %s is allowed", r.action, r.resource)
		}
	}
}
