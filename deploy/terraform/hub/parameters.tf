# Written by go generate ./deploy from hub.yaml. What it says is changed there.

variable "code_bucket" {
  description = "Bucket in this Region that holds the zip of the orchestrator."
  type        = string
  nullable    = false
}

variable "code_key" {
  description = "Key of the zip. Use a new key for each version, or CloudFormation sees no change."
  type        = string
  nullable    = false
}

variable "revision" {
  description = "Names what a version of the function is made of; salve deploy works it out. By hand - another text whenever CodeKey or a parameter changes, or what is in force stays as it was."
  type        = string
  default     = "0"
  nullable    = false
  validation {
    condition     = can(regex("^(?:^[A-Za-z0-9.-]{1,64}$)$", var.revision))
    error_message = "Revision has the form ^[A-Za-z0-9.-]{1,64}$"
  }
}

variable "live_version" {
  description = "Version of the function that gets the work. Empty - the one published last. salve upgrade --rollback names the one before."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(?:^$|^[1-9][0-9]{0,9}$)$", var.live_version))
    error_message = "LiveVersion has the form ^$|^[1-9][0-9]{0,9}$"
  }
}

variable "architecture" {
  description = "Architecture the zip was built for."
  type        = string
  default     = "arm64"
  nullable    = false
  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "Architecture is one of arm64, x86_64."
  }
}

variable "maximum_concurrency" {
  description = "Imported findings worked on at a time, in batches of up to ten. Clicks have five of their own, answers to plans two; keep the sum below the Lambda concurrency of the account."
  type        = number
  default     = 10
  nullable    = false
  validation {
    condition     = var.maximum_concurrency >= 2
    error_message = "MaximumConcurrency is at least 2."
  }
  validation {
    condition     = var.maximum_concurrency <= 1000
    error_message = "MaximumConcurrency is at most 1000."
  }
}

variable "custom_actions" {
  description = "Who makes the custom actions of Security Hub. ByCommand: you, with salve actions create; works in every Region. ByTemplate: this stack, where CloudFormation has the type AWS::SecurityHub::ActionTarget."
  type        = string
  default     = "ByCommand"
  nullable    = false
  validation {
    condition     = contains(["ByCommand", "ByTemplate"], var.custom_actions)
    error_message = "CustomActions is one of ByCommand, ByTemplate."
  }
}

variable "org_id" {
  description = "Organization id (o-...). Empty without an organization; then give ExternalId."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(?:^$|^o-[a-z0-9]{10,32}$)$", var.org_id))
    error_message = "OrgId has the form ^$|^o-[a-z0-9]{10,32}$"
  }
}

variable "restrict_to_org" {
  description = "With OrgId, assume roles only in accounts of that organization. Say false only for an emulator that does not know aws:ResourceOrgID."
  type        = string
  default     = "true"
  nullable    = false
  validation {
    condition     = contains(["true", "false"], var.restrict_to_org)
    error_message = "RestrictToOrg is one of true, false."
  }
}

variable "external_id" {
  description = "External id the member roles ask for. Must be the same in deploy/member.yaml."
  type        = string
  default     = ""
  nullable    = false
  sensitive   = true
  validation {
    condition     = can(regex("^(?:^$|^[\\w+=,.@:/-]{2,}$)$", var.external_id))
    error_message = "ExternalId has the form ^$|^[\\w+=,.@:/-]{2,1224}$"
  }
}

variable "operator_principals" {
  description = "Who of this account may run salve from a shell, in all member accounts: ARNs of roles and users, with * for any text, as a role of IAM Identity Center needs that changes its end. Empty for nobody."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    condition     = alltrue([for v in var.operator_principals : can(regex("^(?:^$|^arn:aws[a-z-]*:iam::(\\d{12}|\\*):(root|(user|role)/.+)$)$", v))])
    error_message = "OperatorPrincipals has the form ^$|^arn:aws[a-z-]*:iam::(\\d{12}|\\*):(root|(user|role)/.+)$"
  }
}

variable "limited_operator_principals" {
  description = "The same for those who may do so only in the accounts of LimitedOperatorAccounts."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    condition     = alltrue([for v in var.limited_operator_principals : can(regex("^(?:^$|^arn:aws[a-z-]*:iam::(\\d{12}|\\*):(user|role)/.+$)$", v))])
    error_message = "LimitedOperatorPrincipals has the form ^$|^arn:aws[a-z-]*:iam::(\\d{12}|\\*):(user|role)/.+$"
  }
}

variable "limited_operator_accounts" {
  description = "Account ids; 000000000000, which is no account, for none."
  type        = list(string)
  default     = ["000000000000"]
  nullable    = false
  validation {
    condition     = alltrue([for v in var.limited_operator_accounts : can(regex("^(?:^\\d{12}$)$", v))])
    error_message = "LimitedOperatorAccounts has the form ^\\d{12}$"
  }
}

variable "kms_key_arn" {
  description = "Key for queues, topics, table and audit log. Its policy must let events.amazonaws.com, cloudwatch.amazonaws.com and logs.REGION.amazonaws.com use it. Empty: the stack makes a key for the topics, which is billed, and keys that AWS owns encrypt the rest."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(?:^$|^arn:aws[a-z-]*:kms:[a-z0-9-]+:\\d{12}:key/[A-Za-z0-9-]+$)$", var.kms_key_arn))
    error_message = "KmsKeyArn has the form ^$|^arn:aws[a-z-]*:kms:[a-z0-9-]+:\\d{12}:key/[A-Za-z0-9-]+$"
  }
}

variable "name_prefix" {
  description = "Begins all names, \"acme-\" for acme-salve-orchestrator, where your account asks for that. The same in every member stack. It makes room for no second hub: two would fix each other's findings."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(?:^$|^[a-z][a-z0-9-]*-$)$", var.name_prefix))
    error_message = "NamePrefix has the form ^$|^[a-z][a-z0-9-]*-$"
  }
  validation {
    condition     = length(var.name_prefix) <= 20
    error_message = "NamePrefix has at most 20 characters."
  }
}

variable "role_path" {
  description = "Path of all roles, \"/acme/security/\". The same in every member stack."
  type        = string
  default     = "/"
  nullable    = false
  validation {
    condition     = can(regex("^(?:^/([A-Za-z0-9+=,.@_-]+/)*$)$", var.role_path))
    error_message = "RolePath has the form ^/([A-Za-z0-9+=,.@_-]+/)*$"
  }
  validation {
    condition     = length(var.role_path) <= 64
    error_message = "RolePath has at most 64 characters."
  }
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of all roles. What it does not allow, Salve cannot do: docs/install.md says what it must. Empty for none."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(?:^$|^arn:aws[a-z-]*:iam::(\\d{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+$)$", var.permissions_boundary_arn))
    error_message = "PermissionsBoundaryArn has the form ^$|^arn:aws[a-z-]*:iam::(\\d{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+$"
  }
}

variable "subnet_ids" {
  description = "Subnets for the function, from which it must reach AWS in all Regions that it works in, by NAT or endpoints. Empty: it is in no VPC."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    condition     = alltrue([for v in var.subnet_ids : can(regex("^(?:^$|^subnet-[0-9a-f]+$)$", v))])
    error_message = "SubnetIds has the form ^$|^subnet-[0-9a-f]+$"
  }
}

variable "security_group_ids" {
  description = "Security groups of the function in those subnets. They need no rule for what comes in."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    condition     = alltrue([for v in var.security_group_ids : can(regex("^(?:^$|^sg-[0-9a-f]+$)$", v))])
    error_message = "SecurityGroupIds has the form ^$|^sg-[0-9a-f]+$"
  }
}

variable "deletion_protection" {
  description = "Whether the table refuses to be deleted. Say false, in an update, before the stack is deleted."
  type        = string
  default     = "true"
  nullable    = false
  validation {
    condition     = contains(["true", "false"], var.deletion_protection)
    error_message = "DeletionProtection is one of true, false."
  }
}

variable "notice_email" {
  description = "Address for notices; it has to confirm the subscription. Empty for none."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(?:^$|^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$)$", var.notice_email))
    error_message = "NoticeEmail has the form ^$|^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$"
  }
}

variable "notices_topic_arn" {
  description = "A standard topic of yours for notices. Its policy must let cloudwatch.amazonaws.com publish, for the alarms, and deny what comes without TLS. Empty: the stack makes salve-notices."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(?:^$|^arn:aws[a-z-]*:sns:[a-z0-9-]+:\\d{12}:[A-Za-z0-9_-]{1,256}$)$", var.notices_topic_arn))
    error_message = "NoticesTopicArn has the form ^$|^arn:aws[a-z-]*:sns:[a-z0-9-]+:\\d{12}:[A-Za-z0-9_-]{1,256}$"
  }
}

variable "notices_topic_key_arn" {
  description = "Key that encrypts the topic of NoticesTopicArn, if it is not that of KmsKeyArn. Empty for none."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(?:^$|^arn:aws[a-z-]*:kms:[a-z0-9-]+:\\d{12}:key/[A-Za-z0-9-]+$)$", var.notices_topic_key_arn))
    error_message = "NoticesTopicKeyArn has the form ^$|^arn:aws[a-z-]*:kms:[a-z0-9-]+:\\d{12}:key/[A-Za-z0-9-]+$"
  }
}

variable "slack_workspace_id" {
  description = "Workspace that Amazon Q Developer in chat applications was allowed into by hand (T...). See docs/chat.md."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(?:^$|^[0-9A-Z]{1,255}$)$", var.slack_workspace_id))
    error_message = "SlackWorkspaceId has the form ^$|^[0-9A-Z]{1,255}$"
  }
}

variable "slack_channel_id" {
  description = "Channel of it that hears the topic salve-chat (C...). Empty for none."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(?:^$|^[A-Za-z0-9]+$)$", var.slack_channel_id))
    error_message = "SlackChannelId has the form ^$|^[A-Za-z0-9]+$"
  }
}

variable "teams_tenant_id" {
  description = "Tenant that Amazon Q Developer in chat applications was allowed into by hand."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(?:^$|^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$)$", var.teams_tenant_id))
    error_message = "TeamsTenantId has the form ^$|^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
  }
}

variable "teams_team_id" {
  description = "Team of the channel."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(?:^$|^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$)$", var.teams_team_id))
    error_message = "TeamsTeamId has the form ^$|^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
  }
}

variable "teams_channel_id" {
  description = "Channel of it that hears the topic salve-chat, as its link has it (19%3A...%40thread...). Empty for none."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(?:^$|^([a-zA-Z0-9-_=+\\/.,])*%3[aA]([a-zA-Z0-9-_=+\\/.,])*%40([a-zA-Z0-9-_=+\\/.,%])*$)$", var.teams_channel_id))
    error_message = "TeamsChannelId has the form ^$|^([a-zA-Z0-9-_=+\\/.,])*%3[aA]([a-zA-Z0-9-_=+\\/.,])*%40([a-zA-Z0-9-_=+\\/.,%])*$"
  }
}

variable "chat_by_hand" {
  description = "Whether channels that you make in the console hear the topic salve-chat."
  type        = string
  default     = "false"
  nullable    = false
  validation {
    condition     = contains(["true", "false"], var.chat_by_hand)
    error_message = "ChatByHand is one of true, false."
  }
}

variable "digest_seconds" {
  description = "How long successes are collected before one notice tells of them; 0 tells of each at once."
  type        = number
  default     = 300
  nullable    = false
  validation {
    condition     = var.digest_seconds >= 0
    error_message = "DigestSeconds is at least 0."
  }
  validation {
    condition     = var.digest_seconds <= 86400
    error_message = "DigestSeconds is at most 86400."
  }
}

variable "audit_retention_days" {
  description = "How long audit lines are kept."
  type        = number
  default     = 365
  nullable    = false
  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.audit_retention_days)
    error_message = "AuditRetentionDays is one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}

locals {
  parameters = merge({
    CodeBucket                = var.code_bucket
    CodeKey                   = var.code_key
    Revision                  = var.revision
    LiveVersion               = var.live_version
    Architecture              = var.architecture
    MaximumConcurrency        = tostring(var.maximum_concurrency)
    CustomActions             = var.custom_actions
    OrgId                     = var.org_id
    RestrictToOrg             = var.restrict_to_org
    OperatorPrincipals        = join(",", var.operator_principals)
    LimitedOperatorPrincipals = join(",", var.limited_operator_principals)
    LimitedOperatorAccounts   = join(",", var.limited_operator_accounts)
    KmsKeyArn                 = var.kms_key_arn
    NamePrefix                = var.name_prefix
    RolePath                  = var.role_path
    PermissionsBoundaryArn    = var.permissions_boundary_arn
    SubnetIds                 = join(",", var.subnet_ids)
    SecurityGroupIds          = join(",", var.security_group_ids)
    DeletionProtection        = var.deletion_protection
    NoticeEmail               = var.notice_email
    NoticesTopicArn           = var.notices_topic_arn
    NoticesTopicKeyArn        = var.notices_topic_key_arn
    SlackWorkspaceId          = var.slack_workspace_id
    SlackChannelId            = var.slack_channel_id
    TeamsTenantId             = var.teams_tenant_id
    TeamsTeamId               = var.teams_team_id
    TeamsChannelId            = var.teams_channel_id
    ChatByHand                = var.chat_by_hand
    DigestSeconds             = tostring(var.digest_seconds)
    AuditRetentionDays        = tostring(var.audit_retention_days)
  }, nonsensitive(var.external_id == "") ? {} : { ExternalId = var.external_id })
}
