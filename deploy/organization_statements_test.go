package deploy_test

import (
	"strings"
	"testing"
)

// ofTheOrganization is the condition that rights over the organization have.
const ofTheOrganization = `{"StringEquals": {"organizations:ServicePrincipal":
	["securityhub.amazonaws.com", "guardduty.amazonaws.com", "malware-protection.guardduty.amazonaws.com",
	"inspector2.amazonaws.com", "macie.amazonaws.com", "detective.amazonaws.com", "access-analyzer.amazonaws.com",
	"config.amazonaws.com", "config-multiaccountsetup.amazonaws.com"]}}`

// TestOrganizationStatements says what each statement of the management account's role grants, with everything on.
func TestOrganizationStatements(t *testing.T) {
	const delegation = `"Resource": "arn:aws:organizations::999999999999:account/o-*/111111111111",
		"Condition": ` + ofTheOrganization
	table := map[string]string{
		"LambdaRuns": `{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}`,
		"ReadOrganization": `{"Effect": "Allow", "Action": ["organizations:DescribeOrganization",
			"organizations:ListAWSServiceAccessForOrganization", "organizations:ListAccounts", "organizations:ListPolicies",
			"organizations:ListRoots", "organizations:DescribeAccount", "organizations:DescribeOrganizationalUnit",
			"organizations:ListDelegatedAdministrators"], "Resource": "*"}`,
		"SeeRegions": `{"Effect": "Allow", "Action": "ec2:DescribeRegions", "Resource": "*"}`,
		"TrustServices": `{"Effect": "Allow", "Action": "organizations:EnableAWSServiceAccess", "Resource": "*",
			"Condition": ` + ofTheOrganization + `}`,
		"Delegate": `{"Effect": "Allow", "Action": "organizations:RegisterDelegatedAdministrator", ` + delegation + `}`,
		"EndDelegation": `{"Effect": "Allow", "Action": "organizations:DeregisterDelegatedAdministrator",
			` + strings.Replace(delegation, `"detective.amazonaws.com", `, "", 1) + `}`,
		"NameAdministratorOfMacie": `{"Effect": "Allow", "Action": ["macie2:EnableOrganizationAdminAccount",
			"macie2:ListOrganizationAdminAccounts", "macie2:DisableOrganizationAdminAccount", "macie2:EnableMacie",
			"macie2:GetMacieSession", "macie2:UpdateMacieSession"], "Resource": "*"}`,
		"NameAdministratorOfDetective": `{"Effect": "Allow", "Action": ["detective:EnableOrganizationAdminAccount",
			"detective:ListOrganizationAdminAccount"], "Resource": "*"}`,
		"SeeRolesOfServices": `{"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"}`,
		"RecordHere": `{"Effect": "Allow", "Action": ["config:DescribeConfigurationRecorderStatus",
			"config:DescribeConfigurationRecorders", "config:DescribeDeliveryChannels", "config:PutConfigurationRecorder",
			"config:PutDeliveryChannel", "config:StartConfigurationRecorder"], "Resource": "*"}`,
		"GiveRoleToConfig": `{"Effect": "Allow", "Action": "iam:PassRole", "Resource":
			"arn:aws:iam::999999999999:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig",
			"Condition": {"StringEquals": {"iam:PassedToService": "config.amazonaws.com"}}}`,
		"MakeRolesOfServices": `{"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource":
			"arn:aws:iam::999999999999:role/aws-service-role/*", "Condition": {"StringEquals": {"iam:AWSServiceName":
			["securityhub.amazonaws.com", "guardduty.amazonaws.com", "malware-protection.guardduty.amazonaws.com",
			"inspector2.amazonaws.com", "macie.amazonaws.com", "detective.amazonaws.com", "access-analyzer.amazonaws.com",
			"config.amazonaws.com"]}}}`,
		"NameAdministratorOfSecurityHub": `{"Effect": "Allow", "Action": ["securityhub:EnableOrganizationAdminAccount",
			"securityhub:ListOrganizationAdminAccounts", "securityhub:DisableOrganizationAdminAccount"], "Resource": "*"}`,
		"SwitchSecurityHubOnHere": `{"Effect": "Allow", "Action": ["securityhub:BatchEnableStandards",
			"securityhub:DescribeHub", "securityhub:EnableSecurityHub", "securityhub:GetEnabledStandards"], "Resource": "*"}`,
		"NameAdministratorOfGuardDuty": `{"Effect": "Allow", "Action": ["guardduty:CreateDetector",
			"guardduty:EnableOrganizationAdminAccount", "guardduty:ListDetectors", "guardduty:ListOrganizationAdminAccounts",
			"guardduty:DisableOrganizationAdminAccount"], "Resource": "*"}`,
		"SwitchGuardDutyOnHere": `{"Effect": "Allow", "Action": ["guardduty:GetDetector", "guardduty:UpdateDetector"],
			"Resource": "arn:aws:guardduty:*:999999999999:detector/*"}`,
		"NameAdministratorOfInspector": `{"Effect": "Allow", "Action": ["inspector2:EnableDelegatedAdminAccount",
			"inspector2:ListDelegatedAdminAccounts", "inspector2:DisableDelegatedAdminAccount"], "Resource": "*"}`,
		"EnterAdministrator": `{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource":
			"arn:aws:iam::111111111111:role/OrganizationAccountAccessRole"}`,
		"EnterMembers": `{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource":
			"arn:aws:iam::*:role/OrganizationAccountAccessRole", "Condition": {"StringEquals": {"aws:ResourceOrgID":
			"${aws:PrincipalOrgID}"}}}`,
		"WriteLog": `{"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource":
			"arn:aws:logs:eu-central-1:999999999999:log-group:<EnablerLog>:*"}`,
	}
	all := map[string]expected{}
	for id, body := range table {
		all[id] = expected{"EnablerRole", body}
	}
	checkStatements(t, ofManagement(t, nil), all)
}
