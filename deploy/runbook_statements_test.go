package deploy_test

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/names"
	ssmdocuments "github.com/salve-security/salve/ssm-documents"
)

// runbooks are what a member may do by runbooks; runbookRoles, what those of each family may do.
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
	}
}

// runbookRoles are the roles of the families that controls declare: the documents say what they need, and no role of a
// runbook is for anybody else. Documents of a family that say the same say it once.
func runbookRoles(t *testing.T) map[string]expected {
	t.Helper()
	controls, err := registry()
	if err != nil {
		t.Fatal(err)
	}
	documents, err := ssmdocuments.Documents()
	if err != nil {
		t.Fatal(err)
	}
	needs, out := ssmdocuments.Families(documents), map[string]expected{}
	for _, c := range controls.All() {
		if c.Family == "" {
			continue
		}
		holder := "Runbooks" + strings.ToUpper(c.Family[:1]) + c.Family[1:]
		out[strings.Replace(holder, "Runbooks", "RunbooksEnter", 1)] = expected{holder, `
			{"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition":
			{"StringEquals": {"aws:SourceAccount": "111111111111"}, "ArnLike": {"aws:SourceArn":
			"arn:aws:ssm:*:111111111111:automation-execution/*"}}}`}
		var said []string
		for _, p := range needs[c.Family] {
			body := granted(t, p)
			if slices.Contains(said, body) {
				continue
			}
			said = append(said, body)
			out[holder+strconv.Itoa(len(said))] = expected{holder, body}
		}
	}
	return out
}

// granted is a permission of a document as a statement of the role. What is about buckets alone is limited to those of
// the account, whose ARNs do not say so.
func granted(t *testing.T, p ssmdocuments.Permission) string {
	t.Helper()
	body := map[string]any{"Effect": cmp.Or(p.Effect, "Allow")}
	for element, list := range map[string][]string{"Action": p.Actions, "Resource": p.Resources} {
		if body[element] = list; len(list) == 1 {
			body[element] = list[0]
		}
	}
	if p.PassedTo != "" {
		body["Condition"] = map[string]any{"StringEquals": map[string]any{"iam:PassedToService": p.PassedTo}}
	} else if strings.HasPrefix(strings.Join(p.Resources, ""), "arn:${AWS::Partition}:s3:::") {
		body["Condition"] = map[string]any{"StringEqualsIfExists": map[string]any{"aws:ResourceAccount": "111111111111"}}
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("${AWS::Partition}", "aws", "${AWS::AccountId}", "111111111111").Replace(string(text))
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
	limits := c.Narrow(control.Env{Target: control.Target{
		Account: "111111111111", Region: "eu-central-1", Partition: "aws", Resource: "arn:aws:any:::thing",
	}, Name: "thing"})
	for _, arn := range limits {
		if (strings.HasPrefix(arn, "arn:aws:ssm:") || strings.HasPrefix(arn, "arn:aws:iam:")) && !within(arn) {
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
