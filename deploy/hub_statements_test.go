package deploy_test

import (
	"maps"
	"testing"
)

// TestHubStatements says what each statement of the hub grants or denies, with every option on.
func TestHubStatements(t *testing.T) {
	all := rolesOfHub()
	maps.Copy(all, queuesAndTopicsOfHub())
	maps.Copy(all, operatorsOfHub())
	maps.Copy(all, peopleOfHub())
	checkStatements(t, fullHub(t), all)
}

// rolesOfHub are the statements that give rights to the orchestrator and to the schedule.
func rolesOfHub() map[string]expected {
	return map[string]expected{
		"AnswerFindings": {"WorkPolicy", `
			{"Effect": "Allow", "Action": ["securityhub:BatchUpdateFindings", "securityhub:GetFindings"], "Resource":
			"arn:aws:securityhub:*:111111111111:hub/default"}`},
		"AskCalendars": {"WorkPolicy", `
			{"Effect": "Allow", "Action": "ssm:GetCalendarState", "Resource": "arn:aws:ssm:*:*:document/*"}`},
		"ChatListens": {"ChatRole", `
			{"Effect": "Allow", "Principal": {"Service": "chatbot.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition":
			{"StringEquals": {"aws:SourceAccount": "111111111111"}}}`},
		"EnterMembers": {"OrchestratorRole", `
			{"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"], "Resource":
			["arn:aws:iam::*:role/salve-remediation", "arn:aws:iam::*:role/salve-remediation-iam"],
			"Condition": {"StringEquals": {"aws:ResourceOrgID": "o-abcdefghij"}}}`},
		"FindRoot": {"OrchestratorRole", `
			{"Effect": "Allow", "Action": "organizations:ListRoots", "Resource": "*"}`},
		"KeepLedger": {"WorkPolicy", `
			{"Effect": "Allow", "Action": ["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem",
			"dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], "Resource": "<Ledger.Arn>"}`},
		"LambdaRuns": {"OrchestratorRole", `
			{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}`},
		"NeverSuppress": {"WorkPolicy", `
			{"Effect": "Deny", "Action": "securityhub:BatchUpdateFindings", "Resource": "*", "Condition": {"StringEquals":
			{"securityhub:ASFFSyntaxPath/Workflow.Status": "SUPPRESSED"}}}`},
		"QueryLedger": {"WorkPolicy", `
			{"Effect": "Allow", "Action": "dynamodb:Query", "Resource": ["<Ledger.Arn>", "<Ledger.Arn>/index/*"]}`},
		"ReadAccountTags": {"OrchestratorRole", `
			{"Effect": "Allow", "Action": "organizations:ListTagsForResource", "Resource":
			"arn:aws:organizations::*:account/o-*/*"}`},
		"ReadUnits": {"OrchestratorRole", `
			{"Effect": "Allow", "Action": ["organizations:ListAccountsForParent",
			"organizations:ListOrganizationalUnitsForParent"], "Resource": ["arn:aws:organizations::*:root/o-*/r-*",
			"arn:aws:organizations::*:ou/o-*/ou-*"]}`},
		"SeeRules": {"OrchestratorRole", `
			{"Effect": "Allow", "Action": "events:DescribeRule", "Resource": ["<ImportedRule.Arn>", "<ClickedRule.Arn>"]}`},
		"SchedulerSweeps": {"SweepRole", `
			{"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole",
			"Condition": {"StringEquals": {"aws:SourceAccount": "111111111111", "aws:SourceArn":
			"arn:aws:scheduler:eu-central-1:111111111111:schedule-group/default"}}}`},
		"SendMessages": {"WorkPolicy", `
			{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": ["<NowQueue.Arn>", "<BulkQueue.Arn>",
			"<DeadQueue.Arn>"]}`},
		"SendSweep": {"SweepRole", `
			{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "<NowQueue.Arn>"}`},
		"SweepUsesKey": {"SweepRole", `
			{"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource":
			"arn:aws:kms:eu-central-1:111111111111:key/k1", "Condition": {"StringLike": {"kms:ViaService":
			"sqs.eu-central-1.amazonaws.com*"}}}`},
		"TakeMessages": {"OrchestratorRole", `
			{"Effect": "Allow", "Action": ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes",
			"sqs:ReceiveMessage"], "Resource": ["<NowQueue.Arn>", "<BulkQueue.Arn>", "<ApprovalsQueue.Arn>"]}`},
		"Tell": {"WorkPolicy", `
			{"Effect": "Allow", "Action": "sns:Publish", "Resource": ["<NoticesTopic>",
			"arn:aws:sns:eu-central-1:111111111111:salve-chat"]}`},
		"UseKey": {"WorkPolicy", `
			{"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource":
			"arn:aws:kms:eu-central-1:111111111111:key/k1", "Condition": {"StringLike": {"kms:ViaService":
			["dynamodb.eu-central-1.amazonaws.com*", "sns.eu-central-1.amazonaws.com*", "sqs.eu-central-1.amazonaws.com*"]}}}`},
		"WriteAudit": {"OrchestratorRole", `
			{"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource":
			"arn:aws:logs:eu-central-1:111111111111:log-group:<AuditLog>:*"}`},
	}
}

// queuesAndTopicsOfHub are the statements that say who may send to them, and how.
func queuesAndTopicsOfHub() map[string]expected {
	return map[string]expected{
		"AlarmsPublishNotices": {"NoticesTopicPolicy", `
			{"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish", "Resource":
			"<NoticesTopic>", "Condition": {"ArnLike": {"aws:SourceArn":
			"arn:aws:cloudwatch:eu-central-1:111111111111:alarm:salve-*"}, "StringEquals": {"aws:SourceAccount":
			"111111111111"}}}`},
		"ApprovalsOnlyOverTLS": {"ApprovalsQueuePolicy", `
			{"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "<ApprovalsQueue.Arn>", "Condition": {"Bool":
			{"aws:SecureTransport": "false"}}}`},
		"NobodyElseApproves": {"ApprovalsQueuePolicy", `
			{"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "<ApprovalsQueue.Arn>", "Condition":
			{"StringNotEquals": {"aws:PrincipalAccount": "111111111111"}}}`},
		"BulkOnlyOverTLS": {"BulkQueuePolicy", `
			{"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "<BulkQueue.Arn>", "Condition": {"Bool":
			{"aws:SecureTransport": "false"}}}`},
		"ChatOnlyOverTLS": {"ChatTopicPolicy", `
			{"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": "<ChatTopic>", "Condition": {"Bool":
			{"aws:SecureTransport": "false"}}}`},
		"ClickedRuleSendsToNow": {"NowQueuePolicy", `
			{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource":
			"<NowQueue.Arn>", "Condition": {"ArnEquals": {"aws:SourceArn": "<ClickedRule.Arn>"}}}`},
		"DeadOnlyOverTLS": {"DeadQueuePolicy", `
			{"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "<DeadQueue.Arn>", "Condition": {"Bool":
			{"aws:SecureTransport": "false"}}}`},
		"ImportedRuleSendsToBulk": {"BulkQueuePolicy", `
			{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource":
			"<BulkQueue.Arn>", "Condition": {"ArnEquals": {"aws:SourceArn": "<ImportedRule.Arn>"}}}`},
		"NoticesOnlyOverTLS": {"NoticesTopicPolicy", `
			{"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": "<NoticesTopic>", "Condition":
			{"Bool": {"aws:SecureTransport": "false"}}}`},
		"NowOnlyOverTLS": {"NowQueuePolicy", `
			{"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "<NowQueue.Arn>", "Condition": {"Bool":
			{"aws:SecureTransport": "false"}}}`},
		"RulesSendDeadLetters": {"DeadQueuePolicy", `
			{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource":
			"<DeadQueue.Arn>", "Condition": {"ArnEquals": {"aws:SourceArn": ["<ClickedRule.Arn>", "<ImportedRule.Arn>"]}}}`},
	}
}
