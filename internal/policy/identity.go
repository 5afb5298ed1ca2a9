package policy

import "slices"

// What the role for identities may be allowed, whatever a control declares: a closed list. None of it makes a user, a
// role, a key, a password or a policy, none writes a policy's text, and none replaces or removes a boundary.
func identityWrites() []string {
	return []string{
		"iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:CreateGroup",
		"iam:DeleteGroup", "iam:DeleteLoginProfile", "iam:DeletePolicy", "iam:DeletePolicyVersion",
		"iam:DeleteServerCertificate", "iam:DetachGroupPolicy", "iam:DetachRolePolicy", "iam:DetachUserPolicy",
		"iam:GenerateCredentialReport", "iam:Get*", "iam:List*", "iam:RemoveUserFromGroup", "iam:UpdateAccessKey",
	}
}

// Policies that identities may get back, or be given by a control: none lets anybody decide who may do what.
func harmlessPolicies() []string {
	return []string{managed + "AWSCloudShellFullAccess", managed + "AWSSupportAccess"}
}

const (
	managed = "arn:${AWS::Partition}:iam::aws:policy/"
	// movedGroups are the groups that controls make, join and fill: those of nobody else.
	movedGroups = "arn:${AWS::Partition}:iam::" + AccountID + ":group/salve/*"
)

// administration are AWS's policies that let their holder decide who may do what.
// Source: AWS managed policy reference.
func administration() []string {
	return []string{
		managed + "AdministratorAccess*", managed + "AWSAccountManagementFullAccess", managed + "AWSOrganizationsFullAccess",
		managed + "AWSSSO*", managed + "IAMFullAccess", managed + "PowerUserAccess", managed + "job-function/*",
		managed + "root-task/*",
	}
}

// identityRoleDenials are what the role for identities never does: all but its list, anything to anybody of Salve's or
// of AWS's, and giving rights, but for what identityWrites and harmlessPolicies say.
func identityRoleDenials() []Denial {
	return slices.Concat(prefixed("Identity", ownDenials()), []Denial{
		{
			Sid:        "IdentityNeverElse",
			Why:        "It decides who may do what: so nothing but this, whatever controls declare or somebody attaches to it.",
			NotActions: identityWrites(),
		},
		{
			Sid:     "IdentityNeverTouchOthers",
			Why:     "Roles and groups of AWS's services and of IAM Identity Center.",
			Actions: []string{"iam:*"},
			Resources: []string{
				ownRoles + "/aws-reserved/*",
				ownRoles + "/aws-service-role/*",
			},
		},
		{
			Sid:     "IdentityNeverGiveRights",
			Why:     "Users and roles get back what was taken, and nothing that lets them decide about rights.",
			Actions: []string{"iam:AttachRolePolicy", "iam:AttachUserPolicy"}, Operator: "ArnNotEquals", Key: policyARN,
			Values: harmlessPolicies(),
		},
		{
			Sid:     "IdentityNeverGiveOtherGroupsRights",
			Why:     "Nor do groups, but for those that take over what was attached to a user alone.",
			Actions: []string{"iam:AttachGroupPolicy"}, NotResources: []string{movedGroups},
			Operator: "ArnNotEquals", Key: policyARN, Values: harmlessPolicies(),
		},
		{
			Sid: "IdentityNeverGiveAdministration", Actions: []string{"iam:Attach*"},
			Operator: "ArnLike", Key: policyARN, Values: administration(),
		},
		{
			Sid: "IdentityNeverJoinOtherGroups",
			Actions: []string{
				"iam:AddUserToGroup", "iam:CreateGroup", "iam:DeleteGroup", "iam:RemoveUserFromGroup",
			},
			NotResources: []string{movedGroups},
		},
	})
}

const policyARN = "iam:PolicyARN"

// prefixed are denials under names of another role's: a Sid stands once in a template.
func prefixed(with string, list []Denial) []Denial {
	out := slices.Clone(list)
	for i := range out {
		out[i].Sid = with + out[i].Sid
	}
	return out
}
