package deploy_test

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/around"
	"github.com/salve-security/salve/internal/control"
)

// TestMemberStatements says what each statement of a member grants or denies, with every option on.
func TestMemberStatements(t *testing.T) {
	s := fullMember(t)
	table := map[string]expected{
		"NeverBecomeAnother": {"RemediationRole", `
			{"Effect": "Deny", "Action": ["sts:Assume*", "sts:Get*Token"], "Resource": "*"}`},
		"NeverReadSecrets": {"RemediationRole", `
			{"Effect": "Deny", "Action": ["ec2:GetPasswordData", "lightsail:GetInstanceAccessDetails", "rds-db:connect",
			"redshift:GetClusterCredentials*", "redshift-serverless:GetCredentials",
			"secretsmanager:*GetSecretValue"], "Resource": "*"}`},
		"NeverLinkOtherRoles": {"RemediationRole", `
			{"Effect": "Deny", "Action": "iam:CreateServiceLinkedRole", "Resource": "*", "Condition": {"StringNotEquals":
			{"iam:AWSServiceName": ["access-analyzer.amazonaws.com", "config.amazonaws.com",
			"dynamodb.application-autoscaling.amazonaws.com", "guardduty.amazonaws.com", "inspector2.amazonaws.com",
			"macie.amazonaws.com", "malware-protection.guardduty.amazonaws.com", "wafv2.amazonaws.com"]}}}`},
		"NeverRewriteApis": {"RemediationRole", `
			{"Effect": "Deny", "Action": ["apigateway:PATCH", "apigateway:POST", "apigateway:PUT"], "NotResource":
			["arn:aws:apigateway:*::/account", "arn:aws:apigateway:*::/apis/*/stages/*",
			"arn:aws:apigateway:*::/restapis/*/stages/*"]}`},
		"NeverDeleteOfApis": {"RemediationRole", `
			{"Effect": "Deny", "Action": "apigateway:DELETE", "NotResource":
			"arn:aws:apigateway:*::/apis/*/stages/*/accesslogsettings"}`},
		"NeverDeleteTrails": {"RemediationRole", `
			{"Effect": "Deny", "Action": "cloudtrail:DeleteTrail", "NotResource":
			"arn:aws:cloudtrail:*:111111111111:trail/salve"}`},
		"NeverRewriteBuilds": {"RemediationRole", `
			{"Effect": "Deny", "Action": "codebuild:UpdateProject", "Resource": "*", "Condition": {"Null":
			{"codebuild:source.buildspec": "false"}}}`},
		"NeverTagByItself": {"RemediationRole", `
			{"Effect": "Deny", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {"StringNotEquals":
			{"ec2:CreateAction": ["AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress"]}}}`},
		"NeverTouchOwnRoles": {"RemediationRole", `
			{"Effect": "Deny", "Action": "iam:*", "Resource": ["arn:aws:iam::111111111111:policy/salve-*",
			"arn:aws:iam::111111111111:role/salve-*"]}`},
		"NeverTouchOwnStacks": {"RemediationRole", `
			{"Effect": "Deny", "Action": "cloudformation:*", "Resource":
			["arn:aws:cloudformation:*:111111111111:stack/StackSet-salve-*",
			"arn:aws:cloudformation:*:111111111111:stack/salve-*",
			"arn:aws:cloudformation:*:111111111111:stackset/salve-*"]}`},
	}
	maps.Copy(table, entering())
	maps.Copy(table, operatorsOfMember())
	maps.Copy(table, hubDenials())
	maps.Copy(table, ofSecrets())
	table["NeverRunCode"] = codeDenials()
	table["NeverChangeIdentities"] = identityDenials()
	table["NeverSubscribeElsewhere"] = subscribingDenials()
	maps.Copy(table, runbooks())
	maps.Copy(table, passes())
	maps.Copy(table, callDenials())
	maps.Copy(table, services())
	maps.Copy(table, evaluating())
	maps.Copy(table, passedOn(t, s))
	maps.Copy(table, ofIdentities(table))
	maps.Copy(table, ofFamilies(t, s))
	maps.Copy(table, permissions(t, s, control.RoleRemediation))
	maps.Copy(table, permissions(t, s, control.RoleIdentity))
	checkStatements(t, s, table)
}

// ofSecrets keep keys and parameters; TestKeysAreNotLent and TestParametersKeepTheirValues try them.
func ofSecrets() map[string]expected {
	return map[string]expected{
		"NeverLendKeys": {"RemediationRole", `
			{"Effect": "Deny", "Action": "kms:CreateGrant", "Resource": "*", "Condition": {"BoolIfExists":
			{"aws:ViaAWSService": "false"}}}`},
		"NeverWriteOverParameters": {"RemediationRole", `
			{"Effect": "Deny", "Action": "ssm:PutParameter", "Resource": "*", "Condition": {"StringEquals":
			{"ssm:Overwrite": "true"}}}`},
	}
}

// entering says who may take the roles of a member.
func entering() map[string]expected {
	return map[string]expected{
		"HubEnters": {"RemediationRole", `
			{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:role/salve-orchestrator"}, "Action":
			"sts:AssumeRole", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij", "sts:ExternalId":
			"ticket-4711"}}}`},
		"HubNamesThePerson": {"RemediationRole", `
			{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:role/salve-orchestrator"}, "Action":
			"sts:SetSourceIdentity"}`},
		"InstancesEnter": {"ManagedInstanceRole", `
			{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}`},
	}
}

// codeDenials are of what runs code that somebody chose; TestEscalationPathsAreClosed tries the ways.
func codeDenials() expected {
	return expected{"RemediationRole", `
		{"Effect": "Deny", "Action": ["autoscaling:CreateAuto*", "batch:SubmitJob", "bedrock-agentcore:*",
		"cloudformation:Create*", "cloudformation:ExecuteChangeSet", "cloudformation:SetStackPolicy",
		"cloudformation:UpdateStack*", "codebuild:CreateProject", "codebuild:StartBuild*",
		"codestar:*", "datapipeline:*", "ec2:AssociateIam*",
		"ec2:ModifyInstanceAttribute", "ec2:ReplaceIam*", "ec2:RequestSpotInstances",
		"ec2:RunInstances", "ec2-instance-connect:*", "ecs:CreateService", "ecs:CreateTaskSet", "ecs:ExecuteCommand",
		"ecs:RunTask",
		"ecs:StartTask", "glue:Create*", "glue:RunStatement",
		"glue:StartJobRun", "glue:UpdateDevEndpoint", "lambda:AddPermission",
		"lambda:CreateEvent*", "lambda:CreateFunction*", "lambda:InvokeAsync",
		"lambda:InvokeFunctionUrl", "lambda:PublishLayerVersion",
		"lambda:PutResourcePolicy",
		"lambda:UpdateEvent*", "lambda:UpdateFunctionCode", "sagemaker:CreateNotebookInstance*",
		"sagemaker:CreatePr*", "sagemaker:CreateTrainingJob",
		"sagemaker:UpdateNotebookInstanceL*", "ssm:CreateAssociation", "ssm:ResumeSession", "ssm:SendCommand",
		"ssm:StartSession", "ssm:UpdateAssociation", "states:CreateStateMachine",
		"states:Start*"], "Resource": "*"}`}
}

// subscribingDenials leave one topic; TestSubscribingIsPinned says whose.
func subscribingDenials() expected {
	return expected{"RemediationRole", `
		{"Effect": "Deny", "Action": ["sns:CreateTopic", "sns:ListSubscriptionsByTopic", "sns:Subscribe"], "NotResource":
		"arn:aws:sns:*:111111111111:cis-alarms"}`}
}

// identityDenials spell Delete and Update out around what TestIdentityChangesAreDenied lets controls do.
func identityDenials() expected {
	return expected{"RemediationRole", `
		{"Effect": "Deny", "Action": ["cognito-identity:SetIdentityPoolRoles", "eks:*AccessEntry",
		"eks:*AccessPolicy", "iam:Accept*", "iam:Acquire*", "iam:Add*", "iam:Associate*",
		"iam:Attach*", "iam:Change*",
		"iam:CreateA*", "iam:CreateC*", "iam:CreateD*", "iam:CreateG*", "iam:CreateI*", "iam:CreateL*", "iam:CreateM*",
		"iam:CreateO*", "iam:CreateP*", "iam:CreateR*", "iam:CreateSA*", "iam:CreateServiceS*",
		"iam:CreateU*", "iam:CreateV*",
		"iam:Deactivate*", "iam:DeleteAccessKey", "iam:DeleteAccountAlias", "iam:DeleteC*", "iam:DeleteD*",
		"iam:DeleteG*", "iam:DeleteI*", "iam:DeleteM*", "iam:DeleteO*", "iam:DeleteP*", "iam:DeleteR*", "iam:DeleteS*",
		"iam:DeleteU*", "iam:DeleteV*", "iam:Detach*", "iam:Disable*", "iam:Enable*", "iam:Put*",
		"iam:Reject*", "iam:Remove*", "iam:Reset*", "iam:Resync*", "iam:Send*", "iam:Set*", "iam:Tag*", "iam:Untag*",
		"iam:UpdateAccountEmail*", "iam:UpdateAccountName", "iam:UpdateAs*", "iam:UpdateC*", "iam:UpdateD*", "iam:UpdateG*",
		"iam:UpdateL*", "iam:UpdateM*", "iam:UpdateO*", "iam:UpdateR*", "iam:UpdateS*", "iam:UpdateU*", "iam:UpdateV*",
		"iam:Upload*", "identitystore:*", "organizations:*", "rolesanywhere:*", "sso:*"], "Resource": "*"}`}
}

// permissions are the statements that controls of a role declare: what each service's must say, in whichever of the
// generated policies it stands. A service whose statement is missing is asked of the first.
func permissions(t *testing.T, s stack, role control.Role) map[string]expected {
	t.Helper()
	controls, err := registry()
	if err != nil {
		t.Fatal(err)
	}
	actions, holders, sids := map[string][]string{}, "Permissions", "Use"
	list := controls.Actions(role)
	if role == control.RoleIdentity {
		holders, sids = "IdentityPermissions", "IdentityUse"
	} else {
		list = append(append(list, around.TagsActions()...), around.JudgedAction)
		slices.Sort(list)
		list = slices.Compact(list)
	}
	for _, a := range list {
		if slices.Contains([]string{
			"iam:PassRole", "ssm:DescribeDocument", "ssm:GetDocument", "ssm:StartAutomationExecution",
		}, a) {
			continue // have statements of their own
		}
		service, _, _ := strings.Cut(a, ":")
		actions[service] = append(actions[service], a)
	}
	out := map[string]expected{}
	for service, list := range actions {
		id, holder := sids, holders+"1"
		for part := range strings.SplitSeq(service, "-") {
			id += strings.ToUpper(part[:1]) + part[1:]
		}
		if found, ok := s.statements()[id]; ok && strings.HasPrefix(found.holder, holders) {
			holder = found.holder
		}
		body, err := json.Marshal(map[string]any{
			"Effect": "Allow", "Action": list, "Resource": "*",
			"Condition": map[string]any{"StringEqualsIfExists": map[string]string{"aws:ResourceAccount": "111111111111"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		out[id] = expected{holder, string(body)}
	}
	maps.Copy(out, handing(s, controls.Passes(role)))
	return out
}

// handing are the statements that let controls of a role hand roles to services.
func handing(s stack, services []string) map[string]expected {
	out := map[string]expected{}
	for _, service := range services {
		r, _ := control.RecipientOf(service)
		id := "Pass"
		for _, word := range strings.FieldsFunc(service, func(c rune) bool { return c == '.' || c == '-' }) {
			id += strings.ToUpper(word[:1]) + word[1:]
		}
		out[id] = expected{s.statements()[id].holder, `{"Effect": "Allow", "Action": ["iam:PassRole"], "Resource":
			"arn:aws:iam::111111111111:role` + cmp.Or(r.Path, "/") + `*", "Condition": {"StringEquals":
			{"iam:PassedToService": "` + service + `"}}}`}
	}
	return out
}
