package deploy_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/names"
)

// ofIdentities is what the role for identities says: it trusts and keeps off Salve as the other does, may do nothing
// that is not in its list, and gives no rights.
func ofIdentities(others map[string]expected) map[string]expected {
	out := map[string]expected{}
	for _, sid := range []string{
		"HubEnters", "HubNamesThePerson", "OperatorsEnter", "OperatorsNameThePerson", "NeverTouchHub", "NeverTouchOwnRoles",
		"NeverTouchOwnStacks", "NeverTouchRunbookRoles",
	} {
		out["Identity"+sid] = expected{"IdentityRole", others[sid].body}
	}
	maps.Copy(out, map[string]expected{
		"IdentityNeverElse": {"IdentityRole", `
			{"Effect": "Deny", "NotAction": ["iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:AttachRolePolicy",
			"iam:AttachUserPolicy", "iam:CreateGroup", "iam:DeleteGroup", "iam:DeleteLoginProfile", "iam:DeletePolicy",
			"iam:DeletePolicyVersion", "iam:DeleteServerCertificate", "iam:DetachGroupPolicy", "iam:DetachRolePolicy",
			"iam:DetachUserPolicy", "iam:GenerateCredentialReport", "iam:Get*", "iam:List*", "iam:RemoveUserFromGroup",
			"iam:UpdateAccessKey"], "Resource": "*"}`},
		"IdentityNeverTouchOthers": {"IdentityRole", `
			{"Effect": "Deny", "Action": "iam:*", "Resource": ["arn:aws:iam::111111111111:role/aws-reserved/*",
			"arn:aws:iam::111111111111:role/aws-service-role/*"]}`},
		"IdentityNeverGiveRights": {"IdentityRole", `
			{"Effect": "Deny", "Action": ["iam:AttachRolePolicy", "iam:AttachUserPolicy"], "Resource": "*", "Condition":
			{"ArnNotEquals": {"iam:PolicyARN": ["arn:aws:iam::aws:policy/AWSCloudShellFullAccess",
			"arn:aws:iam::aws:policy/AWSSupportAccess"]}}}`},
		"IdentityNeverGiveOtherGroupsRights": {"IdentityRole", `
			{"Effect": "Deny", "Action": "iam:AttachGroupPolicy", "NotResource": "arn:aws:iam::111111111111:group/salve/*",
			"Condition": {"ArnNotEquals": {"iam:PolicyARN": ["arn:aws:iam::aws:policy/AWSCloudShellFullAccess",
			"arn:aws:iam::aws:policy/AWSSupportAccess"]}}}`},
		"IdentityNeverGiveAdministration": {"IdentityRole", `
			{"Effect": "Deny", "Action": "iam:Attach*", "Resource": "*", "Condition": {"ArnLike": {"iam:PolicyARN":
			["arn:aws:iam::aws:policy/AdministratorAccess*", "arn:aws:iam::aws:policy/AWSAccountManagementFullAccess",
			"arn:aws:iam::aws:policy/AWSOrganizationsFullAccess", "arn:aws:iam::aws:policy/AWSSSO*",
			"arn:aws:iam::aws:policy/IAMFullAccess", "arn:aws:iam::aws:policy/PowerUserAccess",
			"arn:aws:iam::aws:policy/job-function/*", "arn:aws:iam::aws:policy/root-task/*"]}}}`},
		"IdentityNeverJoinOtherGroups": {"IdentityRole", `
			{"Effect": "Deny", "Action": ["iam:AddUserToGroup", "iam:CreateGroup", "iam:DeleteGroup",
			"iam:RemoveUserFromGroup"], "NotResource": "arn:aws:iam::111111111111:group/salve/*"}`},
	})
	return out
}

// TestIdentityRoleGivesNoRights tries the published ways to all rights, each with what somebody would use it for. Four
// of them the role walks a step of, for a control that takes rights away or gives them back: with nothing else.
func TestIdentityRoleGivesNoRights(t *testing.T) {
	all := fullMember(t).statements()
	arn := func(what string) string { return "arn:aws:iam::111111111111:" + what }
	attach := func(action, to, policy string) request {
		return request{action, arn(to), map[string]string{"iam:PolicyARN": policy}}
	}
	const admin, shell = "arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/AWSCloudShellFullAccess"
	own := arn("policy/everything")
	steps := map[string][]request{
		"policy on a user": {
			attach("iam:AttachUserPolicy", "user/eve", admin), attach("iam:AttachUserPolicy", "user/eve", own),
		},
		"policy on a role": {
			attach("iam:AttachRolePolicy", "role/app", admin), attach("iam:AttachRolePolicy", "role/app", own),
			attach("iam:AttachRolePolicy", "role/salve-remediation-iam", shell),
			attach("iam:AttachRolePolicy", "role/salve/automation/salve-closing", shell),
			attach("iam:AttachRolePolicy", "role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_1", shell),
		},
		"policy on a group": {
			attach("iam:AttachGroupPolicy", "group/developers", admin), attach("iam:AttachGroupPolicy", "group/developers", own),
			attach("iam:AttachGroupPolicy", "group/salve/eve", admin),
			attach("iam:AttachGroupPolicy", "group/salve/eve", "arn:aws:iam::aws:policy/IAMFullAccess"),
		},
		"joining a group": {{action: "iam:AddUserToGroup", resource: arn("group/admins")}},
	}
	paths := identityPaths()
	maps.Copy(paths, codePaths())
	for name, actions := range paths {
		t.Run(name, func(t *testing.T) {
			for _, r := range steps[name] {
				if !forbids(t, all, "IdentityRole", r) {
					t.Errorf("open: %+v", r)
				}
			}
			if len(steps[name]) > 0 {
				return
			}
			for _, action := range actions {
				if denied(t, all, "IdentityRole", action) {
					return
				}
			}
			t.Errorf("open: none of %v is denied", actions)
		})
	}
	for name := range steps {
		if paths[name] == nil {
			t.Errorf("%q is no path", name)
		}
	}
}

// TestIdentityRoleCanWork: what the pins leave is what controls need.
func TestIdentityRoleCanWork(t *testing.T) {
	all := fullMember(t).statements()
	shell := map[string]string{"iam:PolicyARN": "arn:aws:iam::aws:policy/AWSCloudShellFullAccess"}
	for _, r := range []request{
		{"iam:DetachUserPolicy", "arn:aws:iam::111111111111:user/eve", shell},
		{"iam:AttachUserPolicy", "arn:aws:iam::111111111111:user/eve", shell},
		{"iam:AttachGroupPolicy", "arn:aws:iam::111111111111:group/developers", shell},
		{"iam:AttachGroupPolicy", "arn:aws:iam::111111111111:group/salve/eve", map[string]string{
			"iam:PolicyARN": "arn:aws:iam::111111111111:policy/app",
		}},
		{"iam:AddUserToGroup", "arn:aws:iam::111111111111:group/salve/eve", nil},
		{"iam:DeleteServerCertificate", "arn:aws:iam::111111111111:server-certificate/old", nil},
	} {
		if forbids(t, all, "IdentityRole", r) {
			t.Errorf("denied: %+v", r)
		}
	}
	role := fullMember(t).properties("IdentityRole")
	if role["RoleName"] != names.IdentityRole || role["MaxSessionDuration"] != 3600.0 ||
		!strings.Contains(role["Description"].(string), "approved") {
		t.Errorf("the role is %v, for %v seconds", role["RoleName"], role["MaxSessionDuration"])
	}
}
