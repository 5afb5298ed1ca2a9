package deploy_test

import (
	"slices"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/policy"
)

// TestPassesArePinned tries roles of a member with services, as if the role were allowed to give all of them away.
func TestPassesArePinned(t *testing.T) {
	all := fullMember(t).statements()
	for name, c := range map[string]struct {
		role, service string
		open          bool
	}{
		"a task's own role":          {"app/web", "ecs-tasks.amazonaws.com", true},
		"an instance's own role":     {"web", "ec2.amazonaws.com", true},
		"an instance's role of ours": {"salve/instances/x", "ec2.amazonaws.com", true},
		"ours for flow logs":         {"salve/service/salve-flow-logs", "vpc-flow-logs.amazonaws.com", true},
		"a person's for flow logs":   {"salve/service/their-logs", "vpc-flow-logs.amazonaws.com", true},
		"ours for trails":            {"salve/service/salve-trail-logs", "cloudtrail.amazonaws.com", true},
		"ours for monitoring": {
			"salve/service/salve-enhanced-monitoring", "monitoring.rds.amazonaws.com", true,
		},
		"Config's own": {
			"aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig", "config.amazonaws.com", true,
		},
		"a runbook's role to runbooks":             {"salve/automation/salve-closing", "ssm.amazonaws.com", true},
		"a person's role to runbooks":              {"salve/user/closer", "ssm.amazonaws.com", true},
		"another role to runbooks":                 {"app/web", "ssm.amazonaws.com", false},
		"a runbook's role to instances":            {"salve/automation/salve-closing", "ec2.amazonaws.com", false},
		"a person's runbook role to tasks":         {"salve/user/closer", "ecs-tasks.amazonaws.com", false},
		"an instance's role of ours to tasks":      {"salve/instances/x", "ecs-tasks.amazonaws.com", false},
		"another role to flow logs":                {"app/web", "vpc-flow-logs.amazonaws.com", false},
		"another role to trails":                   {"app/web", "cloudtrail.amazonaws.com", false},
		"another role to monitoring":               {"app/web", "monitoring.rds.amazonaws.com", false},
		"another role to Config":                   {"app/web", "config.amazonaws.com", false},
		"ours for flow logs to trails":             {"salve/service/salve-flow-logs", "cloudtrail.amazonaws.com", false},
		"ours for flow logs to tasks":              {"salve/service/salve-flow-logs", "ecs-tasks.amazonaws.com", false},
		"Salve's own role to tasks":                {"salve-remediation", "ecs-tasks.amazonaws.com", false},
		"Salve's role for identities to instances": {"salve-remediation-iam", "ec2.amazonaws.com", false},
		"a role to functions":                      {"app/web", "lambda.amazonaws.com", false},
		"a role to stacks":                         {"app/web", "cloudformation.amazonaws.com", false},
		"a role to nobody that AWS names":          {"app/web", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := request{"iam:PassRole", "arn:aws:iam::111111111111:role/" + c.role, map[string]string{
				"iam:PassedToService": c.service,
			}}
			if got := !forbids(t, all, "RemediationRole", r); got != c.open {
				t.Errorf("it may be passed: %v", got)
			}
			if !forbids(t, all, "IdentityRole", r) {
				t.Error("the role for identities may pass it")
			}
		})
	}
}

// TestOwnServiceRoles: each role that a service of ours may get is made by the stack where it is asked for, trusts that
// service alone, and by itself there is none.
func TestOwnServiceRoles(t *testing.T) {
	s, none := fullMember(t), map[string]bool{}
	for _, r := range plainMember(t).resources() {
		if role, ok := object(t, r)["Properties"].(map[string]any); ok && role["RoleName"] != nil {
			none[role["RoleName"].(string)] = true
		}
	}
	for _, recipient := range control.Recipients() {
		if recipient.Own == "" {
			continue
		}
		found := lendsOne(t, s, recipient)
		if !found || none[recipient.Own] {
			t.Errorf("%s: made where it is asked for: %v, by itself: %v", recipient.Own, found, none[recipient.Own])
		}
	}
	if none["salve-support"] {
		t.Error("salve-support is made and nobody said who may enter it")
	}
	if got := object(t, s.properties("SupportRole"), "AssumeRolePolicyDocument")["Statement"].([]any); len(got) != 1 ||
		at(t, got[0], "Principal", "AWS") != supporter {
		t.Errorf("salve-support is entered by %v", got)
	}
}

// lendsOne tells whether the stack makes the role of ours for a service, and expects that it trusts that one alone.
func lendsOne(t *testing.T, s stack, to control.Recipient) bool {
	t.Helper()
	found := false
	for id := range s.resources() {
		role := s.properties(id)
		if role["RoleName"] != to.Own {
			continue
		}
		found = true
		if role["Path"] != names.ServiceRoles {
			t.Errorf("%s has the path %v", to.Own, role["Path"])
		}
		trust := object(t, role, "AssumeRolePolicyDocument")["Statement"].([]any)
		if len(trust) != 1 || at(t, trust[0], "Principal", "Service") != to.Service {
			t.Errorf("%s is entered by %v", to.Own, trust)
		}
	}
	return found
}

// TestOpenedActionsAreClosedToOthers: what chooses the code that runs as a role is declared by the controls that are
// named for it, and is what the denials leave.
func TestOpenedActionsAreClosedToOthers(t *testing.T) {
	controls, err := registry()
	if err != nil {
		t.Fatal(err)
	}
	all := fullMember(t).statements()
	for action, ids := range policy.Opened() {
		if denied(t, all, "RemediationRole", action) {
			t.Errorf("%s is denied, and nothing is opened", action)
		}
		if !denied(t, all, "IdentityRole", action) {
			t.Errorf("the role for identities may do %s", action)
		}
		for _, c := range controls.All() {
			if slices.Contains(slices.Concat(c.Actions, c.UndoActions), action) && !slices.Contains(ids, c.ID) {
				t.Errorf("%s declares %s, which is opened for %v", c.ID, action, ids)
			}
		}
	}
}
