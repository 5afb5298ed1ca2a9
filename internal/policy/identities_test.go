package policy_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/policy"
)

// TestChangesIdentities: what decides who may do what, and the doors beside IAM.
func TestChangesIdentities(t *testing.T) {
	for action, want := range map[string]bool{
		"iam:PutRolePolicy": true, "iam:AttachUserPolicy": true, "iam:DetachRolePolicy": true, "iam:DeleteUserPolicy": true,
		"iam:CreateAccessKey": true, "iam:UpdateAssumeRolePolicy": true, "IAM:putUserPolicy": true, "sts:AssumeRole": true,
		"sts:GetFederationToken": true, "sso:AttachManagedPolicyToPermissionSet": true, "eks:CreateAccessEntry": true,
		"organizations:LeaveOrganization": true,
		// A key made active again needs its secret, and a password only ends.
		"iam:UpdateAccessKey": false, "iam:DeleteLoginProfile": false, "iam:ListAttachedUserPolicies": false,
		"iam:GetRolePolicy": false, "iam:PassRole": false, "s3:PutBucketPolicy": false, "ec2:CreateTags": false,
		"sts:GetCallerIdentity": false, "rds:DeleteDBSnapshot": false,
	} {
		if got := policy.ChangesIdentities(action); got != want {
			t.Errorf("%s: %v", action, got)
		}
	}
}

// TestRenderFamilyThatDecidesRights: its role is denied all else, whatever order the needs come in; others are not.
func TestRenderFamilyThatDecidesRights(t *testing.T) {
	attach := policy.Grant{Actions: []string{"iam:ListUsers", "iam:AttachUserPolicy"}, Resources: []string{"*"}}
	for name, c := range map[string]struct {
		grants []policy.Grant
		want   string // between the denial and its resource; "" for none
	}{
		"it gives rights": {
			[]policy.Grant{attach, {Actions: []string{"s3:GetObject", "iam:ListUsers"}, Resources: []string{"*"}}},
			"                  - iam:AttachUserPolicy\n                  - iam:ListUsers\n                  - s3:GetObject\n",
		},
		"it reads": {[]policy.Grant{{Actions: []string{"iam:ListUsers"}, Resources: []string{"*"}}}, ""},
		"it is denied to": {[]policy.Grant{
			{Actions: []string{"iam:ListUsers"}, Resources: []string{"*"}},
			{Effect: "Deny", Actions: attach.Actions, Resources: []string{"*"}},
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			own := map[control.Role]policy.Rights{control.RoleRemediation: {Actions: []string{"iam:PassRole"}}}
			got, err := policy.Render(framed(""), own,
				[]policy.Family{{Name: "rights", Grants: c.grants}})
			if err != nil {
				t.Fatal(err)
			}
			const sid = "              - Sid: RunbooksRightsNever"
			const indent = "                "
			whole := sid + "Else\n" + indent + "Effect: Deny\n" + indent + "NotAction:\n" + c.want + indent + "Resource: \"*\"\n"
			if denied := strings.Contains(string(got), sid); denied != (c.want != "") ||
				denied && (!strings.Contains(string(got), whole) || !strings.Contains(string(got), sid+"TouchOthers\n")) {
				t.Errorf("want\n%s\nin:\n%s", whole, got)
			}
		})
	}
}
