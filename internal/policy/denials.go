package policy

import (
	"slices"

	"github.com/salve-security/salve/internal/names"
)

// remediationDenials are what the role for everything but identities never does.
func remediationDenials() []Denial {
	return slices.Concat(ownDenials(), identityDenials(), codeDenials(), callDenials(), []Denial{
		{
			Sid:      "NeverAddLayers",
			Why:      "A layer is code too, and comes in by a call that is harmless otherwise.",
			Actions:  []string{"lambda:UpdateFunctionConfiguration"},
			Operator: "ForAnyValue:StringLike", Key: "lambda:Layer",
			Values: []string{"*"},
		},
		{
			Sid:          "NeverSubscribeElsewhere",
			Why:          "Whoever could subscribe anybody to any topic could have everything told to himself.",
			Actions:      []string{"sns:CreateTopic", "sns:ListSubscriptionsByTopic", "sns:Subscribe"},
			NotResources: []string{"arn:${AWS::Partition}:sns:*:${AWS::AccountId}:cis-alarms"},
		},
		{
			Sid:          "NeverDeleteTrails",
			Why:          "A trail is evidence. The one that Salve made where there was none goes with its undo.",
			Actions:      []string{"cloudtrail:DeleteTrail"},
			NotResources: []string{"arn:${AWS::Partition}:cloudtrail:*:${AWS::AccountId}:trail/" + names.Trail},
		},
		{
			Sid: "NeverLendKeys",
			Why: "A grant lets whom it names use a key. Services make grants for themselves, with the rights of whoever" +
				" gives them a key; EKS does so without kms:GrantIsForAWSResource, so what counts is that a service asks.",
			Actions:  []string{"kms:CreateGrant"},
			Operator: "BoolIfExists", Key: "aws:ViaAWSService", Values: []string{`"false"`},
		},
		{
			Sid:      "NeverWriteOverParameters",
			Why:      "What is in one may choose an image or a password elsewhere. Controls make new ones.",
			Actions:  []string{"ssm:PutParameter"},
			Operator: "StringEquals", Key: "ssm:Overwrite", Values: []string{`"true"`},
		},
		{
			Sid: "NeverReadSecrets",
			Actions: []string{
				"ec2:GetPasswordData", "lightsail:GetInstanceAccessDetails", "rds-db:connect",
				"redshift:GetClusterCredentials*", "redshift-serverless:GetCredentials",
				"secretsmanager:*GetSecretValue",
			},
		},
	})
}

// ownDenials keep a role off Salve itself.
func ownDenials() []Denial {
	return []Denial{
		{
			Sid:     "NeverTouchOwnRoles",
			Actions: []string{"iam:*"},
			Resources: []string{
				"arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/${NamePrefix}salve-*",
				"arn:${AWS::Partition}:iam::${AWS::AccountId}:role${RolePath}${NamePrefix}salve-*",
			},
		},
		{
			Sid:        "NeverTouchRunbookRoles",
			Why:        "They can be lent to those whom they are for, and nothing else: see NeverPassOtherRoles and NeverLend.",
			NotActions: []string{passRole},
			Resources:  []string{"arn:${AWS::Partition}:iam::${AWS::AccountId}:role${RolePath}salve/*"},
		},
		{
			Sid:     "NeverTouchOwnStacks",
			Actions: []string{"cloudformation:*"},
			Resources: []string{
				"arn:${AWS::Partition}:cloudformation:*:${AWS::AccountId}:stack/StackSet-${NamePrefix}salve-*",
				"arn:${AWS::Partition}:cloudformation:*:${AWS::AccountId}:stack/${NamePrefix}salve-*",
				"arn:${AWS::Partition}:cloudformation:*:${AWS::AccountId}:stackset/${NamePrefix}salve-*",
			},
		},
		{
			Sid:     "NeverTouchHub",
			Why:     "Where hub and member are one account: what Salve knows and logs is evidence, also against Salve.",
			Actions: []string{"*"},
			Resources: []string{
				"arn:${AWS::Partition}:cloudwatch:*:${AWS::AccountId}:alarm:${NamePrefix}salve-*",
				"arn:${AWS::Partition}:cloudwatch::${AWS::AccountId}:dashboard/${NamePrefix}salve",
				"arn:${AWS::Partition}:dynamodb:*:${AWS::AccountId}:table/${NamePrefix}salve",
				"arn:${AWS::Partition}:dynamodb:*:${AWS::AccountId}:table/${NamePrefix}salve/*",
				"arn:${AWS::Partition}:events:*:${AWS::AccountId}:rule/${NamePrefix}salve-*",
				"arn:${AWS::Partition}:lambda:*:${AWS::AccountId}:function:${NamePrefix}salve-*",
				"arn:${AWS::Partition}:logs:*:${AWS::AccountId}:log-group:/${NamePrefix}salve/*",
				"arn:${AWS::Partition}:s3:::${CodeBucket}", // who may write there, runs code with the hub's rights
				"arn:${AWS::Partition}:s3:::${CodeBucket}/*",
				"arn:${AWS::Partition}:scheduler:*:${AWS::AccountId}:schedule/default/${NamePrefix}salve-*",
				"arn:${AWS::Partition}:securityhub:*:${AWS::AccountId}:action/custom/Salve*",
				"arn:${AWS::Partition}:sns:*:${AWS::AccountId}:${NamePrefix}salve-*",
				"arn:${AWS::Partition}:sqs:*:${AWS::AccountId}:${NamePrefix}salve-*",
			},
		},
	}
}

// identityDenials keep a role from deciding who may do what, itself included.
func identityDenials() []Denial {
	return []Denial{
		{
			Sid: "NeverChangeIdentities",
			Why: "Every verb with which IAM changes something, and the doors beside IAM. Delete and Update are spelled " +
				"out around what controls do: the password policy, a key's status, the end of a password.",
			Actions: []string{
				"cognito-identity:SetIdentityPoolRoles", "eks:*AccessEntry", "eks:*AccessPolicy",
				"iam:Accept*", "iam:Acquire*", "iam:Add*", "iam:Associate*", "iam:Attach*", "iam:Change*",
				"iam:CreateA*", "iam:CreateC*", "iam:CreateD*", "iam:CreateG*", "iam:CreateI*", "iam:CreateL*",
				"iam:CreateM*", "iam:CreateO*", "iam:CreateP*", "iam:CreateR*", "iam:CreateSA*",
				"iam:CreateServiceS*", "iam:CreateU*", "iam:CreateV*", "iam:Deactivate*",
				"iam:DeleteAccessKey", "iam:DeleteAccountAlias", "iam:DeleteC*", "iam:DeleteD*",
				"iam:DeleteG*", "iam:DeleteI*", "iam:DeleteM*", "iam:DeleteO*", "iam:DeleteP*", "iam:DeleteR*",
				"iam:DeleteS*", "iam:DeleteU*", "iam:DeleteV*", "iam:Detach*", "iam:Disable*", "iam:Enable*",
				"iam:Put*", "iam:Reject*", "iam:Remove*", "iam:Reset*", "iam:Resync*",
				"iam:Send*", "iam:Set*", "iam:Tag*", "iam:Untag*", "iam:UpdateAccountEmail*",
				"iam:UpdateAccountName", "iam:UpdateAs*", "iam:UpdateC*", "iam:UpdateD*", "iam:UpdateG*",
				"iam:UpdateL*", "iam:UpdateM*", "iam:UpdateO*", "iam:UpdateR*", "iam:UpdateS*", "iam:UpdateU*",
				"iam:UpdateV*", "iam:Upload*", "identitystore:*", "organizations:*", "rolesanywhere:*",
				"sso:*",
			},
		},
		{
			Sid: "NeverLinkOtherRoles",
			Why: "The roles that services make for themselves in an account that never had them, where a control turns" +
				" them on; no other service's.",
			Actions:  []string{"iam:CreateServiceLinkedRole"},
			Operator: "StringNotEquals", Key: "iam:AWSServiceName",
			Values: []string{
				"access-analyzer.amazonaws.com", "config.amazonaws.com", "dynamodb.application-autoscaling.amazonaws.com",
				"guardduty.amazonaws.com", "inspector2.amazonaws.com", "macie.amazonaws.com",
				"malware-protection.guardduty.amazonaws.com", "wafv2.amazonaws.com",
			},
		},
		{
			Sid:      "NeverTagByItself",
			Why:      "Tags decide about rights elsewhere. Only a security group rule that is made may get some at once.",
			Actions:  []string{"ec2:CreateTags"},
			Operator: "StringNotEquals", Key: "ec2:CreateAction",
			Values: []string{"AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress"},
		},
		{
			Sid:     "NeverBecomeAnother",
			Actions: []string{"sts:Assume*", "sts:Get*Token"},
		},
	}
}

// codeDenials keep a role from having others do what it may not.
func codeDenials() []Denial {
	return []Denial{
		{
			Sid: "NeverRunCode",
			Why: "Ways to have code run with the rights of another role, with or without iam:PassRole. What is in Opened" +
				" is not here.",
			Actions: []string{
				"autoscaling:CreateAuto*", "batch:SubmitJob", "bedrock-agentcore:*",
				"cloudformation:Create*", "cloudformation:ExecuteChangeSet", "cloudformation:SetStackPolicy",
				"cloudformation:UpdateStack*", "codebuild:CreateProject", "codebuild:StartBuild*",
				"codestar:*", "datapipeline:*", "ec2:AssociateIam*",
				"ec2:ModifyInstanceAttribute",
				"ec2:ReplaceIam*", "ec2:RequestSpotInstances", "ec2:RunInstances",
				"ec2-instance-connect:*", "ecs:CreateService", "ecs:CreateTaskSet", "ecs:ExecuteCommand", "ecs:RunTask",
				"ecs:StartTask", "glue:Create*",
				"glue:RunStatement", "glue:StartJobRun", "glue:UpdateDevEndpoint",
				"lambda:AddPermission", "lambda:CreateEvent*", "lambda:CreateFunction*",
				"lambda:InvokeAsync", "lambda:InvokeFunctionUrl", "lambda:PublishLayerVersion", "lambda:PutResourcePolicy",
				"lambda:UpdateEvent*", "lambda:UpdateFunctionCode",
				"sagemaker:CreateNotebookInstance*", "sagemaker:CreatePr*", "sagemaker:CreateTrainingJob",
				"sagemaker:UpdateNotebookInstanceL*", "ssm:CreateAssociation",
				"ssm:ResumeSession", "ssm:SendCommand", "ssm:StartSession",
				"ssm:UpdateAssociation", "states:CreateStateMachine", "states:Start*",
			},
		},
		{
			Sid:      "NeverRewriteBuilds",
			Why:      "Settings of a build project may change, the commands that it runs not.",
			Actions:  []string{"codebuild:UpdateProject"},
			Operator: "Null", Key: "codebuild:source.buildspec", Values: []string{`"false"`},
		},
		{
			Sid:     "NeverRewriteApis",
			Why:     "An integration calls AWS as a role. What controls change is a stage's, or how the account logs.",
			Actions: []string{"apigateway:PATCH", "apigateway:POST", "apigateway:PUT"},
			NotResources: []string{
				"arn:${AWS::Partition}:apigateway:*::/account",
				"arn:${AWS::Partition}:apigateway:*::/apis/*/stages/*",
				"arn:${AWS::Partition}:apigateway:*::/restapis/*/stages/*",
			},
		},
		{
			Sid:          "NeverDeleteOfApis",
			Why:          "IAM knows methods of HTTP alone. What an undo deletes is the access log that a run gave a stage.",
			Actions:      []string{"apigateway:DELETE"},
			NotResources: []string{"arn:${AWS::Partition}:apigateway:*::/apis/*/stages/*/accesslogsettings"},
		},
		{
			Sid: "NeverWriteOtherRunbooks",
			Why: "A runbook is code too. What one can do is what the role may that it runs as, and those that can be passed" +
				" are few: so which is started matters less than who writes what others start.",
			Actions: []string{"ssm:CreateDocument", "ssm:UpdateDocument"},
			NotResources: []string{
				"arn:${AWS::Partition}:ssm:*:${AWS::AccountId}:document/" + names.RunbookPrefix + "*",
			},
		},
	}
}
