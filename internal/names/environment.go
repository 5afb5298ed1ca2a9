package names

// Environment variables of the function; the command line reads the same ones.
const (
	EnvTable         = "SALVE_TABLE"
	EnvNowQueueURL   = "SALVE_NOW_QUEUE_URL"
	EnvBulkQueueURL  = "SALVE_BULK_QUEUE_URL"
	EnvApprovalsURL  = "SALVE_APPROVALS_QUEUE_URL" // of the command line alone
	EnvNoticesTopic  = "SALVE_NOTICES_TOPIC_ARN"
	EnvChatTopic     = "SALVE_CHAT_TOPIC_ARN" // absent where there is no chat
	EnvAuditLogGroup = "SALVE_AUDIT_LOG_GROUP"
	EnvMemberRole    = "SALVE_MEMBER_ROLE"
	EnvExternalID    = "SALVE_EXTERNAL_ID" // may be empty
	EnvActionARN     = "SALVE_ACTION_ARN"  // the custom action that is ours
	EnvDigestSeconds = "SALVE_DIGEST_SECONDS"
	EnvPrefix        = "SALVE_PREFIX"    // absent where the names have none
	EnvRolePath      = "SALVE_ROLE_PATH" // absent where it is /
)

// Environment variables of the function that switches an organization's services on.
const (
	EnvAccount    = "SALVE_ACCOUNT"
	EnvPartition  = "SALVE_PARTITION"
	EnvAdminsRole = "SALVE_ADMINISTRATOR_ROLE" // what it enters other accounts by
)
