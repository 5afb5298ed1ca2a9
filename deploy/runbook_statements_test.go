package deploy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/names"
)

// runbooks are what a member may do by runbooks, and what those of each family may do.
func runbooks() map[string]expected {
	return map[string]expected{
		"NeverTouchRunbookRoles": {"RemediationRole", `
			{"Effect": "Deny", "NotAction": "iam:PassRole", "Resource": "arn:aws:iam::111111111111:role/salve/*"}`},
		"NeverPassOtherRoles": {"RemediationRole", `
			{"Effect": "Deny", "Action": "iam:PassRole", "NotResource": "arn:aws:iam::111111111111:role/salve/automation/*"}`},
		"NeverPassRolesElsewhere": {"RemediationRole", `
			{"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*", "Condition": {"StringNotEquals":
			{"iam:PassedToService": "ssm.amazonaws.com"}}}`},
		"NeverRunOtherRunbooks": {"RemediationRole", `
			{"Effect": "Deny", "Action": ["ssm:CreateDocument", "ssm:StartAutomationExecution", "ssm:UpdateDocument"],
			"NotResource": ["arn:aws:ssm:*:111111111111:automation-definition/Salve-*",
			"arn:aws:ssm:*:111111111111:automation-execution/*", "arn:aws:ssm:*:111111111111:document/Salve-*"]}`},
		"PassRunbookRoles": {"Permissions1", `
			{"Effect": "Allow", "Action": ["iam:PassRole"], "Resource": "arn:aws:iam::111111111111:role/salve/automation/*",
			"Condition": {"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}}}`},
		"RunbooksEnterClosing": {"RunbooksClosing", `
			{"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition":
			{"StringEquals": {"aws:SourceAccount": "111111111111"}, "ArnLike": {"aws:SourceArn":
			"arn:aws:ssm:*:111111111111:automation-execution/*"}}}`},
		"RunbooksClosing1": {"RunbooksClosing", `
			{"Effect": "Allow", "Action": ["s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock"], "Resource":
			"arn:aws:s3:::*", "Condition": {"StringEqualsIfExists": {"aws:ResourceAccount": "111111111111"}}}`},
	}
}

// TestRunbookRolesHaveNamesOfTheirOwn: the name of a role is unique in its account, whatever its path, so that a
// customer's own role could stand in the way of the stack.
func TestRunbookRolesHaveNamesOfTheirOwn(t *testing.T) {
	member := fullMember(t)
	for id := range member.resources() {
		role := member.properties(id)
		if name, _ := role["RoleName"].(string); role["RoleName"] != nil && !strings.HasPrefix(name, "salve-") {
			t.Errorf("%s is called %v, which a role of the customer's may be called too", id, role["RoleName"])
		}
	}
}

// TestRunbooksArePinned: the path from a runbook to another role's rights is closed but for the roles of the families
// that controls declare, and those may do nothing that the member role is denied.
func TestRunbooksArePinned(t *testing.T) {
	member := fullMember(t)
	all := member.statements()
	pins := map[string][]string{}
	for _, id := range []string{"NeverPassOtherRoles", "NeverRunOtherRunbooks"} {
		pins[id] = texts(t, all[id].body["NotResource"])
	}
	controls, err := registry()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range controls.All() {
		if (c.Family != "") != c.Starts() {
			t.Errorf("%s: family %q, starts something: %v", c.ID, c.Family, c.Starts())
		}
		if c.Starts() {
			reached(t, member, c, slices.Concat(pins["NeverPassOtherRoles"], pins["NeverRunOtherRunbooks"]))
		}
	}
	for id, s := range all {
		if !strings.HasPrefix(s.holder, "Runbooks") || s.body["Principal"] != nil {
			continue
		}
		for _, action := range texts(t, s.body["Action"]) {
			if s.body["Effect"] == "Allow" && denied(t, all, action) {
				t.Errorf("%s: a runbook may do %s, which Salve itself is denied", id, action)
			}
		}
	}
}

// reached expects that what a control starts, and what that runs as, is within the pins, and has a role.
func reached(t *testing.T, member stack, c control.Control, pins []string) {
	t.Helper()
	within := func(arn string) bool {
		return slices.ContainsFunc(pins, func(pin string) bool { return matches(pin, arn) })
	}
	limits, err := c.Limits(control.Target{
		Account: "111111111111", Region: "eu-central-1", Partition: "aws", Resource: "arn:aws:s3:::logs",
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, arn := range limits {
		if (strings.HasPrefix(arn, "arn:aws:ssm:") || strings.HasPrefix(arn, "arn:aws:iam:")) && !within(arn) {
			t.Errorf("%s needs %s, which is denied", c.ID, arn)
		}
	}
	found := false
	for name := range member.resources() {
		role := member.properties(name)
		found = found || role["Path"] == names.RunbookRoles && role["RoleName"] == names.RunbookRolePrefix+c.Family
	}
	if !found {
		t.Errorf("%s: the template has no role of the family %s", c.ID, c.Family)
	}
}
