package deploy_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/deploy"
	"github.com/salve-security/salve/internal/names"
)

// acme is an account with rules of its own about names, paths and boundaries.
func acme() names.Home { return names.Home{Prefix: "acme-", Path: "/acme/security/"} }

const boundary = "arn:aws:iam::111111111111:policy/boundary"

// askedFor are the parameters of both templates that acme gives.
func askedFor() map[string]string {
	return map[string]string{
		"NamePrefix": acme().Prefix, "RolePath": acme().Path, "PermissionsBoundaryArn": boundary,
		"OrchestratorRoleArn": "arn:aws:iam::999999999999:" + acme().Role(names.FunctionRole),
	}
}

// chosenHub and chosenMember have every option on, and those.
func chosenHub(t *testing.T) stack {
	t.Helper()
	s := fullHub(t)
	maps.Copy(s.values, askedFor())
	s.values["SubnetIds"], s.values["SecurityGroupIds"] = "subnet-1,subnet-2", "sg-1"
	return s
}

func chosenMember(t *testing.T) stack {
	t.Helper()
	s := fullMember(t)
	maps.Copy(s.values, askedFor())
	return s
}

// choosing are all templates with what acme asks for.
func choosing(t *testing.T) map[string]stack {
	t.Helper()
	return map[string]stack{
		"hub": chosenHub(t), "member": chosenMember(t), "organization": ofManagement(t, askedFor()),
	}
}

// TestEveryRoleHasTheBoundary, and its path and name as the account asks for: within what IAM takes.
func TestEveryRoleHasTheBoundary(t *testing.T) {
	for name, s := range choosing(t) {
		roles := 0
		for id, r := range s.resources() {
			if at(t, r, "Type") != "AWS::IAM::Role" {
				continue
			}
			roles++
			p := s.properties(id)
			role, _ := p["RoleName"].(string)
			path, _ := p["Path"].(string)
			if p["PermissionsBoundary"] != boundary || !strings.HasPrefix(path, acme().Path) ||
				!strings.HasPrefix(role, acme().Prefix+"salve-") {
				t.Errorf("%s: %s has %v%s and the boundary %v", name, id, p["Path"], role, p["PermissionsBoundary"])
			}
			if len(role)+len("p-")+18-len(acme().Prefix) > 64 || len(path)+64 > 512 {
				t.Errorf("%s: %s would be too long for IAM", name, id)
			}
		}
		if roles < 5 && name != "organization" {
			t.Errorf("%s: only %d roles", name, roles)
		}
	}
}

// TestNoBoundaryUnlessGiven: what nobody asked for is not there.
func TestNoBoundaryUnlessGiven(t *testing.T) {
	for name, s := range map[string]stack{
		"hub": fullHub(t), "member": fullMember(t), "organization": ofManagement(t, nil),
	} {
		for id, r := range s.resources() {
			if at(t, r, "Type") == "AWS::IAM::Role" && s.properties(id)["PermissionsBoundary"] != nil {
				t.Errorf("%s: %s has a boundary that nobody gave", name, id)
			}
		}
	}
}

// TestEveryNameHasThePrefix: no text of the stacks has a name of Salve's without it, be it a name, an ARN that grants
// or one that denies. What Security Hub, SSM and findings call things is not the account's to choose.
func TestEveryNameHasThePrefix(t *testing.T) {
	for name, s := range choosing(t) {
		seen := 0
		for id, r := range s.resources() {
			for _, text := range textsIn(r) {
				text = strings.ReplaceAll(text, acme().Prefix+"salve", "OURS")
				text = strings.ReplaceAll(text, acme().Path+"salve/", "OURS")
				seen += strings.Count(text, "OURS")
				if strings.Contains(text, "salve") && !fixed(text) {
					t.Errorf("%s: %s says %q", name, id, text)
				}
			}
		}
		if seen < 20 && (name != "organization" || seen < 3) {
			t.Errorf("%s: only %d names", name, seen)
		}
	}
}

// fixed tells texts that are the same whatever the account asks for.
func fixed(text string) bool {
	return slices.ContainsFunc([]string{
		`{"salve":"sweep"}`,             // a message
		"aws:ResourceTag/salve:rotates", // tags
		"salve:groups-before", "salve:isolated-instance", "salve:retired-instance",
		":group/salve/*", // what a control makes, as its page says
		":trail/salve",   // the same
		":::salve-",      // the bucket, which CodeBucket names
		"schedule salve-sweep", "salve history", "in salve-dlq", "log group /salve/audit", "to salve-", "queue salve-now",
		"run salve from a shell", "salve.zip",
	}, func(part string) bool { return strings.Contains(text, part) }) || text == "salve"
}

// TestDenialsFollowTheNames: what keeps Salve off itself names what the stacks make, as they are called.
func TestDenialsFollowTheNames(t *testing.T) {
	member, hub := chosenMember(t), chosenHub(t)
	all := member.statements()
	const account = "arn:aws:iam::111111111111:"
	for id, r := range hub.resources() {
		if at(t, r, "Type") == "AWS::IAM::Role" {
			denies(
				t,
				all,
				"iam:UpdateRole",
				account+acme().Role(strings.TrimPrefix(hub.properties(id)["RoleName"].(string), "acme-")),
			)
		}
	}
	for id, r := range member.resources() {
		p := member.properties(id)
		switch at(t, r, "Type") {
		case "AWS::IAM::Role":
			denies(t, all, "iam:UpdateRole", account+"role"+p["Path"].(string)+p["RoleName"].(string))
		case "AWS::IAM::ManagedPolicy":
			denies(t, all, "iam:CreatePolicyVersion", account+"policy/"+p["ManagedPolicyName"].(string))
		}
	}
	const region = ":eu-central-1:111111111111:"
	for _, arn := range []string{
		"dynamodb" + region + "table/acme-salve", "dynamodb" + region + "table/acme-salve/index/due",
		"lambda" + region + "function:acme-salve-orchestrator", "sqs" + region + "acme-salve-now",
		"sns" + region + "acme-salve-notices", "logs" + region + "log-group:/acme-salve/audit",
		"events" + region + "rule/acme-salve-clicked", "cloudwatch" + region + "alarm:acme-salve-errors",
		"cloudwatch::111111111111:dashboard/acme-salve", "scheduler" + region + "schedule/default/acme-salve-sweep",
		"cloudformation" + region + "stack/acme-salve-hub/1", "cloudformation" + region + "stack/StackSet-acme-salve-1/1",
	} {
		service, _, _ := strings.Cut(arn, ":")
		denies(t, all, service+":DeleteAnything", "arn:aws:"+arn)
	}
}

func denies(t *testing.T, all map[string]statement, action, resource string) {
	t.Helper()
	for _, role := range []string{"RemediationRole", "IdentityRole"} {
		if !forbids(t, all, role, request{action: action, resource: resource}) {
			t.Errorf("%s may do %s to %s", role, action, resource)
		}
	}
}

// TestTheFunctionKnowsItsNames: what the templates make is what the function and a shell look for.
func TestTheFunctionKnowsItsNames(t *testing.T) {
	s := chosenHub(t)
	env := object(t, s.properties("Orchestrator"), "Environment", "Variables")
	home, err := names.HomeFrom(func(name string) string { text, _ := env[name].(string); return text })
	if d := cmp.Diff(acme(), home); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	if got := env[names.EnvMemberRole]; got != home.Name(names.MemberRole) {
		t.Errorf("the function enters %v", got)
	}
	for resource, want := range map[string][2]string{
		"Ledger": {"TableName", home.Name(names.Table)}, "NowQueue": {"QueueName", home.Name(names.NowQueue)},
		"Orchestrator": {"FunctionName", home.Name(names.Function)},
		"AuditLog":     {"LogGroupName", home.LogGroup(names.AuditLogGroup)},
		"NoticesTopic": {"TopicName", home.Name(names.NoticesTopic)}, "ImportedRule": {"Name", home.Name(names.ImportedRule)},
	} {
		if got := s.properties(resource)[want[0]]; got != want[1] {
			t.Errorf("%s is named %v, want %s", resource, got, want[1])
		}
	}
	enters := texts(t, s.statements()["EnterMembers"].body["Resource"])
	member := chosenMember(t).properties("RemediationRole")
	if want := "arn:aws:iam::*:role" + member["Path"].(string) + member["RoleName"].(string); !slices.Contains(
		enters,
		want,
	) ||
		want != "arn:aws:iam::*:"+home.Role(names.MemberRole) {
		t.Errorf("the function may enter %v, the member's role is %s", enters, want)
	}
	operator := s.properties("OperatorRole")
	let := chosenMember(t).statements()["OperatorsEnter"].body
	if who := texts(t, at(t, let, "Condition", "ArnEquals", "aws:PrincipalArn")); !slices.Contains(who,
		"arn:aws:iam::999999999999:role"+operator["Path"].(string)+operator["RoleName"].(string)) {
		t.Errorf("members let in %v", who)
	}
}

// TestFunctionInAVPC: with its rights for network interfaces then and only then, which its own code has not.
func TestFunctionInAVPC(t *testing.T) {
	inside, outside := chosenHub(t), fullHub(t)
	want := map[string]any{"SubnetIds": []any{"subnet-1", "subnet-2"}, "SecurityGroupIds": []any{"sg-1"}}
	if d := cmp.Diff(want, inside.properties("Orchestrator")["VpcConfig"]); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := outside.properties("Orchestrator")["VpcConfig"]; got != nil {
		t.Errorf("in the VPC %v, and nobody asked", got)
	}
	for _, sid := range []string{"AttachToVpc", "NeverAttachByItself"} {
		if _, there := outside.statements()[sid]; there {
			t.Errorf("%s is there without a VPC", sid)
		}
		delete(inside.statements(), sid)
	}
	found := inside.statements()
	if d := cmp.Diff(unmarshal(t, `{"Sid": "AttachToVpc", "Effect": "Allow", "Action": ["ec2:AssignPrivateIpAddresses",
		"ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
		"ec2:UnassignPrivateIpAddresses"], "Resource": "*"}`), any(found["AttachToVpc"].body)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if d := cmp.Diff(unmarshal(t, `{"Sid": "NeverAttachByItself", "Effect": "Deny", "Action": "ec2:*", "Resource": "*",
		"Condition": {"ArnLike": {"lambda:SourceFunctionArn":
		"arn:aws:lambda:eu-central-1:111111111111:function:acme-salve-*"}}}`), any(found["NeverAttachByItself"].body),
	); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for name, c := range map[string]struct {
		subnets, groups string
		accepted        bool
	}{
		"neither": {"", "", true}, "both": {"subnet-1", "sg-1", true},
		"no group": {"subnet-1", "", false}, "no subnet": {"", "sg-1", false},
	} {
		s := newStack(t, deploy.Hub(), map[string]string{"SubnetIds": c.subnets, "SecurityGroupIds": c.groups})
		rule := object(t, s.tree, "Rules", "VpcIsWhole")["Assertions"].([]any)[0]
		if got := s.truth(at(t, rule, "Assert")); got != c.accepted {
			t.Errorf("%s: accepted: %v", name, got)
		}
	}
}

// TestTopicOfYours: nothing is made in its place, and everything that tells goes there.
func TestTopicOfYours(t *testing.T) {
	const topic, key = "arn:aws:sns:eu-central-1:111111111111:team", "arn:aws:kms:eu-central-1:111111111111:key/k2"
	s := newStack(t, deploy.Hub(), map[string]string{
		"ExternalId": "x1", "NoticesTopicArn": topic, "NoticesTopicKeyArn": key, "NoticeEmail": "team@example.org",
	})
	all := s.resources()
	for _, id := range []string{"NoticesTopic", "NoticesTopicPolicy", "TopicKey"} {
		if all[id] != nil {
			t.Errorf("%s is made all the same", id)
		}
	}
	if alarmsTell(t, s, topic) == 0 || s.properties("NoticesByEmail")["TopicArn"] != topic ||
		object(t, s.properties("Orchestrator"), "Environment", "Variables")[names.EnvNoticesTopic] != topic {
		t.Error("not all that tells goes to the topic")
	}
	found := s.statements()
	if got := texts(t, found["Tell"].body["Resource"]); !slices.Contains(got, topic) || len(got) != 2 {
		t.Errorf("Salve may publish to %v", got)
	}
	if found["UseNoticesKey"].body["Resource"] != key {
		t.Errorf("Salve may use %v", found["UseNoticesKey"].body)
	}
	if _, own := found["UseTopicKey"]; own {
		t.Error("there is no key of the stack")
	}
	s.values["ChatByHand"] = "true"
	if s.resources()["TopicKey"] == nil || s.properties("ChatTopic")["KmsMasterKeyId"] != "<TopicKey.Arn>" {
		t.Error("the topic for chats needs a key of the stack")
	}
}

// alarmsTell counts the alarms, each of which has to tell the topic and nobody else.
func alarmsTell(t *testing.T, s stack, topic string) int {
	t.Helper()
	alarms := 0
	for id, r := range s.resources() {
		if at(t, r, "Type") == "AWS::CloudWatch::Alarm" {
			alarms++
			if got := texts(t, s.properties(id)["AlarmActions"]); !slices.Equal(got, []string{topic}) {
				t.Errorf("%s tells %v", id, got)
			}
		}
	}
	return alarms
}

// TestLogsEnd: the function has no log group but the audit log, which ends when the account says so.
func TestLogsEnd(t *testing.T) {
	s := newStack(t, deploy.Hub(), map[string]string{"ExternalId": "x1", "AuditRetentionDays": "731"})
	if got := at(t, s.properties("Orchestrator"), "LoggingConfig", "LogGroup"); got != "<AuditLog>" {
		t.Errorf("the function logs to %v", got)
	}
	for id, r := range s.resources() {
		if at(t, r, "Type") == "AWS::Logs::LogGroup" && s.properties(id)["RetentionInDays"] != "731" {
			t.Errorf("%s ends after %v days", id, s.properties(id)["RetentionInDays"])
		}
	}
}
