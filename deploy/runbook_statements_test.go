package deploy_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/names"
	ssmdocuments "github.com/salve-security/salve/ssm-documents"
)

// runbooks are what a member may do by runbooks.
func runbooks() map[string]expected {
	return map[string]expected{
		"NeverTouchRunbookRoles": {"RemediationRole", `
			{"Effect": "Deny", "NotAction": "iam:PassRole", "Resource": "arn:aws:iam::111111111111:role/salve/*"}`},
		"NeverPassOtherRoles": {"RemediationRole", `
			{"Effect": "Deny", "Action": "iam:PassRole", "NotResource":
			["arn:aws:iam::111111111111:role/salve/automation/*", "arn:aws:iam::111111111111:role/salve/user/*"]}`},
		"NeverPassRolesElsewhere": {"RemediationRole", `
			{"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*", "Condition": {"StringNotEquals":
			{"iam:PassedToService": "ssm.amazonaws.com"}}}`},
		"NeverWriteOtherRunbooks": {"RemediationRole", `
			{"Effect": "Deny", "Action": ["ssm:CreateDocument", "ssm:UpdateDocument"],
			"NotResource": "arn:aws:ssm:*:111111111111:document/Salve-*"}`},
		"UseRunbooksOfOthers": {"Permissions1", `
			{"Effect": "Allow", "Action": ["ssm:DescribeDocument", "ssm:GetDocument", "ssm:StartAutomationExecution"],
			"Resource": "*"}`},
		"PassRunbookRoles": {"Permissions1", `
			{"Effect": "Allow", "Action": ["iam:PassRole"], "Resource":
			["arn:aws:iam::111111111111:role/salve/automation/*", "arn:aws:iam::111111111111:role/salve/user/*"],
			"Condition": {"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}}}`},
	}
}

// families are what the roles of runbooks may do and who enters them: what the documents of each family say that some
// control starts, and nothing else.
func families(t *testing.T) map[string]expected {
	t.Helper()
	documents, err := ssmdocuments.Documents()
	if err != nil {
		t.Fatal(err)
	}
	controls, err := registry()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]expected{}
	for _, c := range controls.All() {
		if c.Family == "" {
			continue
		}
		id := "Runbooks" + strings.ToUpper(c.Family[:1]) + c.Family[1:]
		out["RunbooksEnter"+strings.TrimPrefix(id, "Runbooks")] = expected{id, `
			{"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition":
			{"StringEquals": {"aws:SourceAccount": "111111111111"}, "ArnLike": {"aws:SourceArn":
			"arn:aws:ssm:*:111111111111:automation-execution/*"}}}`}
		var bodies []string
		for _, p := range ssmdocuments.Families(documents)[c.Family] {
			if body := granted(t, p); !slices.Contains(bodies, body) {
				bodies = append(bodies, body)
				out[fmt.Sprintf("%s%d", id, len(bodies))] = expected{id, body}
			}
		}
	}
	return out
}

// granted is the statement that a permission of a document should be.
func granted(t *testing.T, p ssmdocuments.Permission) string {
	t.Helper()
	fill := strings.NewReplacer("${AWS::Partition}", "aws", "${AWS::AccountId}", "111111111111")
	var resources []string
	for _, r := range p.Resources {
		resources = append(resources, fill.Replace(r))
	}
	body := map[string]any{
		"Effect": cmp.Or(p.Effect, "Allow"), "Action": single(p.Actions), "Resource": single(resources),
	}
	switch {
	case p.PassedTo != "":
		body["Condition"] = map[string]any{"StringEquals": map[string]string{"iam:PassedToService": p.PassedTo}}
	case strings.HasPrefix(p.Actions[0], "s3:"): // ARNs without an account
		body["Condition"] = map[string]any{
			"StringEqualsIfExists": map[string]string{"aws:ResourceAccount": "111111111111"},
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// single is a list as templates have it: one of one is its element.
func single(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// TestRunbooksArePinned: the path from a runbook to another role's rights is closed but for the roles of the families
// that controls declare, and those may do nothing that the member role is denied, but for what is lent to them. Whatever
// is started runs as a role that can be passed, or as the session itself: which document it is opens nothing.
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
		if strings.HasPrefix(s.holder, "Runbooks") && s.body["Principal"] == nil && s.body["Effect"] == "Allow" {
			limited(t, all, id)
		}
	}
}

// limited expects that a statement of a family's role allows nothing that Salve is denied, but for what is lent to it.
func limited(t *testing.T, all map[string]statement, id string) {
	t.Helper()
	for _, action := range texts(t, all[id].body["Action"]) {
		pin, known := lent()[action]
		resources := texts(t, all[id].body["Resource"])
		if !known && denied(t, all, action) {
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
	for _, arn := range c.Narrow(control.Env{Name: "any", Target: control.Target{
		Account: "111111111111", Region: "eu-central-1", Partition: "aws", Resource: "arn:aws:any:::any",
	}}) {
		if (strings.Contains(arn, ":document/") || strings.Contains(arn, ":role/")) && !within(arn) {
			t.Errorf("%s needs %s, which is denied", c.ID, arn)
		}
	}
	found := false
	for name := range member.resources() {
		role := member.properties(name)
		found = found || role["Path"] == names.RunbookRoles && role["RoleName"] == c.Family
	}
	if !found {
		t.Errorf("%s: the template has no role of the family %s", c.ID, c.Family)
	}
}
