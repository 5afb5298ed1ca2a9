package deploy_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/docs"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/policy"
	ssmdocuments "github.com/salve-security/salve/ssm-documents"
)

// runbooks are what a member may do by runbooks.
func runbooks() map[string]expected {
	return map[string]expected{
		"NeverTouchRunbookRoles": {"RemediationRole", `
			{"Effect": "Deny", "NotAction": "iam:PassRole", "Resource": "arn:aws:iam::111111111111:role/salve/*"}`},
		"NeverPassOtherRoles": {"RemediationRoleNever", `
			{"Effect": "Deny", "Action": "iam:PassRole", "NotResource":
			["arn:aws:iam::111111111111:role/salve/automation/*", "arn:aws:iam::111111111111:role/salve/user/*"], "Condition":
			{"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}}}`},
		"NeverWriteOtherRunbooks": {"RemediationRole", `
			{"Effect": "Deny", "Action": ["ssm:CreateDocument", "ssm:UpdateDocument"],
			"NotResource": "arn:aws:ssm:*:111111111111:document/Salve-*"}`},
		"UseRunbooksOfOthers": {"Permissions", `
			{"Effect": "Allow", "Action": ["ssm:DescribeDocument", "ssm:GetDocument", "ssm:StartAutomationExecution"],
			"Resource": "*"}`},
		"PassRunbookRoles": {"Permissions", `
			{"Effect": "Allow", "Action": ["iam:PassRole"], "Resource":
			["arn:aws:iam::111111111111:role/salve/automation/*", "arn:aws:iam::111111111111:role/salve/user/*"],
			"Condition": {"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}}}`},
	}
}

// ofFamilies are the statements of the roles of families: one that lets SSM Automation in, and what their documents say
// that they need.
func ofFamilies(t *testing.T, member stack) map[string]expected {
	t.Helper()
	documents, err := ssmdocuments.Documents()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]expected{}
	for id := range member.resources() {
		name, ok := strings.CutPrefix(id, familyRole)
		if !ok {
			continue
		}
		out["RunbooksEnter"+name] = expected{id, `
			{"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition":
			{"StringEquals": {"aws:SourceAccount": "111111111111"}, "ArnLike": {"aws:SourceArn":
			"arn:aws:ssm:*:111111111111:automation-execution/*"}}}`}
		var said []string
		for _, p := range ssmdocuments.Families(documents)[strings.ToLower(name)] {
			if text := needed(t, p); !slices.Contains(said, text) {
				said = append(said, text)
				out[fmt.Sprint(id, len(said))] = expected{id, text}
			}
		}
	}
	maps.Copy(out, ofPrincipals())
	return out
}

// ofPrincipals are the denials of the family that decides who may do what.
func ofPrincipals() map[string]expected {
	return map[string]expected{
		"RunbooksPrincipalsNeverElse": {"RunbooksPrincipals", `
			{"Effect": "Deny", "NotAction": ["iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:DetachRolePolicy",
			"iam:DetachUserPolicy", "iam:ListAttachedRolePolicies", "iam:ListAttachedUserPolicies"], "Resource": "*"}`},
		"RunbooksPrincipalsNeverTouchOthers": {"RunbooksPrincipals", `
			{"Effect": "Deny", "Action": "iam:*", "Resource": ["arn:aws:iam::111111111111:policy/salve-*",
			"arn:aws:iam::111111111111:role/aws-reserved/*", "arn:aws:iam::111111111111:role/aws-service-role/*",
			"arn:aws:iam::111111111111:role/salve-chat", "arn:aws:iam::111111111111:role/salve-enabler",
			"arn:aws:iam::111111111111:role/salve-operator",
			"arn:aws:iam::111111111111:role/salve-operator-limited", "arn:aws:iam::111111111111:role/salve-orchestrator",
			"arn:aws:iam::111111111111:role/salve-remediation", "arn:aws:iam::111111111111:role/salve-remediation-iam",
			"arn:aws:iam::111111111111:role/salve-sweep",
			"arn:aws:iam::111111111111:role/salve/automation/*", "arn:aws:iam::111111111111:role/salve/instances/*",
			"arn:aws:iam::111111111111:role/salve/service/*", "arn:aws:iam::111111111111:role/salve/support/*"]}`},
	}
}

// familyRole begins the logical ids of the roles of families.
const familyRole = "Runbooks"

// needed is a permission of a document as the template has to say it.
func needed(t *testing.T, p ssmdocuments.Permission) string {
	t.Helper()
	one := func(list []string) any {
		if len(list) == 1 {
			return list[0]
		}
		return list
	}
	says := map[string]any{"Effect": cmp.Or(p.Effect, "Allow"), "Action": one(p.Actions), "Resource": one(p.Resources)}
	others := func(action string) bool { return !strings.HasPrefix(action, "s3:") }
	asks := map[string]map[string]string{}
	maps.Copy(asks, p.Conditions)
	switch {
	case p.PassedTo != "":
		asks["StringEquals"] = map[string]string{"iam:PassedToService": p.PassedTo}
	case !slices.ContainsFunc(p.Actions, others): // a bucket, whose ARN has no account
		asks["StringEqualsIfExists"] = map[string]string{"aws:ResourceAccount": "111111111111"}
	}
	if len(asks) > 0 {
		says["Condition"] = asks
	}
	text, err := json.Marshal(says)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("${AWS::Partition}", "aws", "${AWS::AccountId}", "111111111111").Replace(string(text))
}

// TestClosingIsNarrow is what one family may do, in full: the others are held against what their documents say.
func TestClosingIsNarrow(t *testing.T) {
	want := object(t, unmarshal(t, `{"Sid": "RunbooksClosing1", "Effect": "Allow",
		"Action": ["s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock"], "Resource": "arn:aws:s3:::*",
		"Condition": {"StringEqualsIfExists": {"aws:ResourceAccount": "111111111111"}}}`))
	if diff := gocmp.Diff(want, fullMember(t).statements()["RunbooksClosing1"].body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
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
// that controls declare, and those may do nothing that the member role is denied, but for what is lent to them.
// Whatever is started runs as a role that can be passed, or as the session itself: which document it is opens nothing.
func TestRunbooksArePinned(t *testing.T) {
	member := fullMember(t)
	all := member.statements()
	pins := map[string][]string{}
	for _, id := range []string{"NeverPassOtherRoles", "NeverWriteOtherRunbooks"} {
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
			reached(t, member, c, slices.Concat(pins["NeverPassOtherRoles"], pins["NeverWriteOtherRunbooks"]))
		}
	}
	for id, s := range all {
		if strings.HasPrefix(s.holder, familyRole) && s.body["Principal"] == nil && s.body["Effect"] == "Allow" {
			limited(t, all, id)
		}
	}
}

// limited expects that a statement of a family's role allows nothing that Salve is denied, but for what is lent to it.
func limited(t *testing.T, all map[string]statement, id string) {
	t.Helper()
	for _, action := range texts(t, all[id].body["Action"]) {
		if policy.ChangesIdentities(action) {
			continue // TestFamiliesThatDecideRights
		}
		pin, known := lent()[action]
		resources := texts(t, all[id].body["Resource"])
		if !known && denied(t, all, "RemediationRole", action) {
			t.Errorf("%s: a runbook may do %s, which Salve itself is denied", id, action)
		} else if known && !slices.Equal(resources, pin) {
			t.Errorf("%s: a runbook may do %s on %v, and is lent it for %v", id, action, resources, pin)
		}
	}
}

// lent are what runbooks may do and Salve itself may not, and on what alone: each has code run with rights that
// somebody else has given away.
func lent() map[string][]string {
	const instances = "arn:aws:ec2:*:111111111111:instance/*"
	return map[string][]string{
		// A profile is worth what its role is, and only roles of one path are passed on: it exists for that.
		"ec2:AssociateIamInstanceProfile": {instances},
		"iam:PassRole":                    {"arn:aws:iam::111111111111:role/salve/instances/*"},
		// One document of AWS's own, which installs packages from where the instance gets its packages.
		"ssm:SendCommand": {"arn:aws:ssm:*::document/AWS-RunPatchBaseline", instances},
	}
}

// reached expects that what a control starts, and what that runs as, is within the pins, and has a role.
func reached(t *testing.T, member stack, c control.Control, pins []string) {
	t.Helper()
	within := func(arn string) bool {
		return slices.ContainsFunc(pins, func(pin string) bool { return matches(pin, arn) })
	}
	sample, err := docs.Sample(c.Info)
	if err != nil {
		t.Fatal(err)
	}
	for _, arn := range c.Narrow(control.Env{Name: "any", Target: sample}) {
		bound := strings.Contains(arn, ":document/") || strings.Contains(arn, ":role/")
		if arn != sample.Resource && bound && !within(arn) {
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

// TestFamiliesTagForThemselves: tags decide about rights elsewhere, so a runbook of EC2 sets and takes away a tag of
// Salve's and no other, and never all of them at once.
func TestFamiliesTagForThemselves(t *testing.T) {
	found := 0
	for id, s := range fullMember(t).statements() {
		if !strings.HasPrefix(s.holder, familyRole) || s.body["Effect"] != "Allow" || s.body["Action"] == nil {
			continue
		}
		for _, action := range texts(t, s.body["Action"]) {
			if action != "ec2:CreateTags" && action != "ec2:DeleteTags" {
				continue
			}
			found++
			condition, _ := s.body["Condition"].(map[string]any)
			keys, _ := condition["ForAllValues:StringEquals"].(map[string]any)
			some, _ := condition["ForAnyValue:StringEquals"].(map[string]any)
			key := fmt.Sprint(keys["aws:TagKeys"])
			if !strings.HasPrefix(key, "salve:") || some["aws:TagKeys"] != key {
				t.Errorf("%s: %s is limited to %v", id, action, condition)
			}
		}
	}
	if found == 0 {
		t.Error("no family tags anything")
	}
}
