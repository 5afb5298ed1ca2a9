# Written by go generate ./deploy from hub.yaml. What it says is changed there.

output "table_name" {
  description = "The ledger"
  value       = aws_cloudformation_stack.hub.outputs["TableName"]
}

output "now_queue_url" {
  description = "Queue of clicks, their checks, and sweeps"
  value       = aws_cloudformation_stack.hub.outputs["NowQueueUrl"]
}

output "bulk_queue_url" {
  description = "Queue of imported findings and their checks"
  value       = aws_cloudformation_stack.hub.outputs["BulkQueueUrl"]
}

output "approvals_queue_url" {
  description = "Queue of answers to plans that wait for approval"
  value       = aws_cloudformation_stack.hub.outputs["ApprovalsQueueUrl"]
}

output "dead_queue_url" {
  description = "Queue of what could not be worked on"
  value       = aws_cloudformation_stack.hub.outputs["DeadQueueUrl"]
}

output "notices_topic_arn" {
  description = "Topic for people and programs"
  value       = aws_cloudformation_stack.hub.outputs["NoticesTopicArn"]
}

output "audit_log_group" {
  description = "Log group of the audit lines"
  value       = aws_cloudformation_stack.hub.outputs["AuditLogGroup"]
}

output "function_name" {
  description = "The orchestrator"
  value       = aws_cloudformation_stack.hub.outputs["FunctionName"]
}

output "published_version" {
  description = "Version of the function that was published last, in force unless the parameter LiveVersion names another"
  value       = aws_cloudformation_stack.hub.outputs["PublishedVersion"]
}

output "orchestrator_role_arn" {
  description = "Parameter of deploy/member.yaml with the same name"
  value       = aws_cloudformation_stack.hub.outputs["OrchestratorRoleArn"]
}

output "member_role_name" {
  description = "Role that Salve assumes in member accounts"
  value       = aws_cloudformation_stack.hub.outputs["MemberRoleName"]
}

output "action_arn" {
  description = "The custom action Remediate; the others stand beside it"
  value       = aws_cloudformation_stack.hub.outputs["ActionArn"]
}
