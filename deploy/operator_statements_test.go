package deploy_test

// operatorsOfHub are the statements of the roles that people work as.
func operatorsOfHub() map[string]expected {
	return map[string]expected{
		"OperatorsWork": {"OperatorRole", `
			{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": ["sts:AssumeRole",
			"sts:SetSourceIdentity"], "Condition": {"ArnLike": {"aws:PrincipalArn":
			["arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Ops_*"]}}}`},
		"OperatorsEnterMembers": {"OperatorRole", `
			{"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"], "Resource":
			["arn:aws:iam::*:role/salve-remediation", "arn:aws:iam::*:role/salve-remediation-iam"],
			"Condition": {"StringEquals": {"aws:ResourceOrgID": "o-abcdefghij"}}}`},
		"ReplayDeadLetters": {"OperatorRole", `
			{"Effect": "Allow", "Action": ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"],
			"Resource": "<DeadQueue.Arn>"}`},
		"LookAtHub": {"LookPolicy", `
			{"Effect": "Allow", "Action": ["dynamodb:DescribeTable", "events:DescribeRule", "events:ListTargetsByRule",
			"lambda:GetFunctionConcurrency", "lambda:GetFunctionConfiguration", "sns:ListSubscriptionsByTopic",
			"sqs:GetQueueAttributes"], "Resource": ["<Ledger.Arn>", "<ImportedRule.Arn>", "<ClickedRule.Arn>",
			"<Orchestrator.Arn>", "<NoticesTopic>", "<NowQueue.Arn>", "<BulkQueue.Arn>",
			"<ApprovalsQueue.Arn>", "<DeadQueue.Arn>"]}`},
		"LookAround": {"LookPolicy", `
			{"Effect": "Allow", "Action": ["cloudwatch:DescribeAlarms", "scheduler:GetSchedule",
			"securityhub:DescribeActionTargets", "securityhub:DescribeHub", "securityhub:GetFindingAggregator",
			"securityhub:GetMembers", "securityhub:ListFindingAggregators", "securityhub:ListMembers"], "Resource":
			["arn:aws:cloudwatch:*:111111111111:alarm:*",
			"arn:aws:scheduler:*:111111111111:schedule/default/salve-sweep", "arn:aws:securityhub:*:111111111111:*"]}`},
		"LookForSources": {"LookPolicy", `
			{"Effect": "Allow", "Action": ["lambda:ListEventSourceMappings", "organizations:ListAccounts"],
			"Resource": "*"}`},
		"LimitedOperatorsWork": {"LimitedOperatorRole", `
			{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": ["sts:AssumeRole",
			"sts:SetSourceIdentity"], "Condition": {"ArnLike": {"aws:PrincipalArn":
			["arn:aws:iam::*:role/web", "arn:aws:iam::*:user/ann"]}}}`},
		"LimitedOperatorsEnterMembers": {"LimitedOperatorRole", `
			{"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"], "Resource":
			["arn:aws:iam::*:role/salve-remediation", "arn:aws:iam::*:role/salve-remediation-iam"],
			"Condition": {"StringEquals": {"aws:ResourceAccount":
			["222222222222", "333333333333"], "aws:ResourceOrgID": "o-abcdefghij"}}}`},
		"NeverEnterOthers": {"LimitedOperatorRole", `
			{"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*", "Condition": {"StringNotEquals":
			{"aws:ResourceAccount": ["222222222222", "333333333333"]}}}`},
		"NeverAskTheFunction": {"LimitedOperatorRole", `
			{"Effect": "Deny", "Action": "sqs:SendMessage", "Resource": "*"}`},
		"NeverWorkForOthers": {"LimitedOperatorRole", `
			{"Effect": "Deny", "Action": ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], "Resource":
			"<Ledger.Arn>", "Condition": {"ForAnyValue:StringNotLike": {"dynamodb:LeadingKeys": ["run#*", "seal", "once#*",
			"tally#*", "account#222222222222", "account#333333333333", "work#222222222222#*", "work#333333333333#*",
			"lock#222222222222#*", "lock#333333333333#*", "evaluate#222222222222#*", "evaluate#333333333333#*"]}}}`},
	}
}

// peopleOfHub are the statements of the policies that are attached to people.
func peopleOfHub() map[string]expected {
	const read = `
			{"Effect": "Allow", "Action": ["dynamodb:BatchGetItem", "dynamodb:GetItem"], "Resource": "<Ledger.Arn>", "Condition":
			{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["config", "receipt#*", "run#*", "work#*"]}}}`
	const find = `{"Effect": "Allow", "Action": "dynamodb:Query", "Resource": "<Ledger.Arn>/index/*"}`
	all := map[string]expected{
		"ViewRuns": {"ViewerPolicy", read}, "ReadPlans": {"ApproverPolicy", read},
		"ViewHistory": {"ViewerPolicy", find}, "FindPlans": {"ApproverPolicy", find},
		"ViewConfiguration": {"ViewerPolicy", `
			{"Effect": "Allow", "Action": "dynamodb:Query", "Resource": "<Ledger.Arn>", "Condition":
			{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["config"]}}}`},
		"AnswerPlans": {"ApproverPolicy", `
			{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "<ApprovalsQueue.Arn>"}`},
		"ViewFindings": {"ViewerPolicy", `
			{"Effect": "Allow", "Action": "securityhub:GetFindings", "Resource":
			"arn:aws:securityhub:*:111111111111:hub/default"}`},
		"ViewWithKey": {"ViewerPolicy", `
			{"Effect": "Allow", "Action": "kms:Decrypt", "Resource":
			"arn:aws:kms:eu-central-1:111111111111:key/k1", "Condition": {"StringLike": {"kms:ViaService":
			"dynamodb.eu-central-1.amazonaws.com*"}}}`},
		"AnswerWithKey": {"ApproverPolicy", `
			{"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource":
			"arn:aws:kms:eu-central-1:111111111111:key/k1", "Condition": {"StringLike": {"kms:ViaService":
			["dynamodb.eu-central-1.amazonaws.com*", "sqs.eu-central-1.amazonaws.com*"]}}}`},
		"Configure": {"OperatorPolicy", `
			{"Effect": "Allow", "Action": "dynamodb:UpdateItem", "Resource": "<Ledger.Arn>", "Condition":
			{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["config"]}}}`},
	}
	for holder, sids := range map[string]map[string]string{
		"OperatorPolicy": {
			"become": "BecomeOperator", "read": "ReadRuns", "find": "FindRuns", "findings": "FindFindings",
			"configuration": "ReadConfiguration", "audit": "WriteOwnAudit", "key": "ReadWithKey", "role": "salve-operator",
		},
		"LimitedOperatorPolicy": {
			"become": "BecomeLimitedOperator", "read": "LimitedReadRuns", "find": "LimitedFindRuns",
			"findings": "LimitedFindFindings", "configuration": "LimitedReadConfiguration", "audit": "LimitedWriteOwnAudit", "key": "LimitedReadWithKey",
			"role": "salve-operator-limited",
		},
	} {
		all[sids["become"]] = expected{holder, `
			{"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"], "Resource":
			"arn:aws:iam::111111111111:role/` + sids["role"] + `"}`}
		all[sids["read"]] = expected{holder, `
			{"Effect": "Allow", "Action": ["dynamodb:BatchGetItem", "dynamodb:GetItem"], "Resource": "<Ledger.Arn>"}`}
		all[sids["find"]] = expected{holder, `
			{"Effect": "Allow", "Action": "dynamodb:Query", "Resource": "<Ledger.Arn>/index/*"}`}
		all[sids["configuration"]] = expected{holder, `
			{"Effect": "Allow", "Action": "dynamodb:Query", "Resource": "<Ledger.Arn>", "Condition":
			{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["config"]}}}`}
		all[sids["findings"]] = expected{holder, `
			{"Effect": "Allow", "Action": "securityhub:GetFindings", "Resource":
			"arn:aws:securityhub:*:111111111111:hub/default"}`}
		all[sids["audit"]] = expected{holder, `
			{"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource":
			["arn:aws:logs:eu-central-1:111111111111:log-group:<AuditLog>",
			"arn:aws:logs:eu-central-1:111111111111:log-group:<AuditLog>:*"]}`}
		all[sids["key"]] = expected{holder, `
			{"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource":
			"arn:aws:kms:eu-central-1:111111111111:key/k1", "Condition": {"StringLike": {"kms:ViaService":
			"dynamodb.eu-central-1.amazonaws.com*"}}}`}
	}
	return all
}

// operatorsOfMember let the hub's operators in, told by the names of their roles.
func operatorsOfMember() map[string]expected {
	return map[string]expected{
		"OperatorsEnter": {"RemediationRole", `
			{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "sts:AssumeRole",
			"Condition": {"ArnEquals": {"aws:PrincipalArn": ["arn:aws:iam::999999999999:role/salve-operator",
			"arn:aws:iam::999999999999:role/salve-operator-limited"]}, "StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij",
			"sts:ExternalId": "ticket-4711"}}}`},
		"OperatorsNameThePerson": {"RemediationRole", `
			{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "sts:SetSourceIdentity",
			"Condition": {"ArnEquals": {"aws:PrincipalArn": ["arn:aws:iam::999999999999:role/salve-operator",
			"arn:aws:iam::999999999999:role/salve-operator-limited"]}}}`},
	}
}

// hubDenials keep a member's role off the hub, where both are one account.
func hubDenials() map[string]expected {
	return map[string]expected{
		"NeverTouchHub": {"RemediationRole", `
			{"Effect": "Deny", "Action": "*", "Resource": ["arn:aws:cloudwatch:*:111111111111:alarm:salve-*",
			"arn:aws:cloudwatch::111111111111:dashboard/salve", "arn:aws:dynamodb:*:111111111111:table/salve",
			"arn:aws:dynamodb:*:111111111111:table/salve/*", "arn:aws:events:*:111111111111:rule/salve-*",
			"arn:aws:lambda:*:111111111111:function:salve-*", "arn:aws:logs:*:111111111111:log-group:/salve/*",
			"arn:aws:s3:::salve-*", "arn:aws:s3:::salve-*/*", "arn:aws:scheduler:*:111111111111:schedule/default/salve-*",
			"arn:aws:securityhub:*:111111111111:action/custom/Salve*", "arn:aws:sns:*:111111111111:salve-*",
			"arn:aws:sqs:*:111111111111:salve-*"]}`},
	}
}
