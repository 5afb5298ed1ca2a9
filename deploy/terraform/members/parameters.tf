# Written by go generate ./deploy from member.yaml. What it says is changed there.

variable "orchestrator_role_arn" {
  description = "Output of the hub stack with the same name. IAM trusts the role as it exists now: after the hub was deleted and deployed again, delete and deploy this stack again too."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^(?:^arn:aws[a-z-]*:iam::\\d{12}:role/([A-Za-z0-9+=,.@_-]+/)*([a-z][a-z0-9-]*-)?salve-orchestrator$)$", var.orchestrator_role_arn))
    error_message = "OrchestratorRoleArn has the form ^arn:aws[a-z-]*:iam::\\d{12}:role/([A-Za-z0-9+=,.@_-]+/)*([a-z][a-z0-9-]*-)?salve-orchestrator$"
  }
}

variable "org_id" {
  description = "Organization id (o-...) of the hub. Empty without an organization; then give ExternalId."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(?:^$|^o-[a-z0-9]{10,32}$)$", var.org_id))
    error_message = "OrgId has the form ^$|^o-[a-z0-9]{10,32}$"
  }
}

variable "external_id" {
  description = "The ExternalId given to the hub. Empty if the hub has none."
  type        = string
  default     = ""
  nullable    = false
  sensitive   = true
  validation {
    condition     = can(regex("^(?:^$|^[\\w+=,.@:/-]{2,}$)$", var.external_id))
    error_message = "ExternalId has the form ^$|^[\\w+=,.@:/-]{2,1224}$"
  }
}

variable "code_bucket" {
  description = "Bucket with the hub's program, which this role may not touch. It matters where hub and member are one account."
  type        = string
  default     = "salve-*"
  nullable    = false
  validation {
    condition     = can(regex("^(?:^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9*]$)$", var.code_bucket))
    error_message = "CodeBucket has the form ^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9*]$"
  }
}

variable "name_prefix" {
  description = "What all names of the hub begin with, \"acme-\", if anything. Name the stack acme-salve-something then."
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
  description = "Path of all roles, as the hub has it. Those that runs give away lie below it, \"/acme/salve/service/\"."
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
  description = "Permissions boundary of all roles, of this account or AWS's. Empty for none."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(?:^$|^arn:aws[a-z-]*:iam::(\\d{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+$)$", var.permissions_boundary_arn))
    error_message = "PermissionsBoundaryArn has the form ^$|^arn:aws[a-z-]*:iam::(\\d{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+$"
  }
}

variable "instance_profile" {
  description = "Made, for SSM.1: an instance profile with AmazonSSMManagedInstanceCore, which its runbook gives to instances that have none. Salve itself makes no role."
  type        = string
  default     = "LeftOut"
  nullable    = false
  validation {
    condition     = contains(["LeftOut", "Made"], var.instance_profile)
    error_message = "InstanceProfile is one of LeftOut, Made."
  }
}

variable "flow_logs_role" {
  description = "Made, for EC2.6 - the role salve-flow-logs, with which VPC flow logs write into log groups."
  type        = string
  default     = "LeftOut"
  nullable    = false
  validation {
    condition     = contains(["LeftOut", "Made"], var.flow_logs_role)
    error_message = "FlowLogsRole is one of LeftOut, Made."
  }
}

variable "trail_logs_role" {
  description = "Made, for CloudTrail.5 - the role salve-trail-logs, with which CloudTrail writes trails into log groups."
  type        = string
  default     = "LeftOut"
  nullable    = false
  validation {
    condition     = contains(["LeftOut", "Made"], var.trail_logs_role)
    error_message = "TrailLogsRole is one of LeftOut, Made."
  }
}

variable "enhanced_monitoring_role" {
  description = "Made, for RDS.6 - the role salve-enhanced-monitoring, with which RDS writes what it measures."
  type        = string
  default     = "LeftOut"
  nullable    = false
  validation {
    condition     = contains(["LeftOut", "Made"], var.enhanced_monitoring_role)
    error_message = "EnhancedMonitoringRole is one of LeftOut, Made."
  }
}

variable "api_logs_role" {
  description = "Made, for APIGateway.1 - the role salve-api-logs, with which API Gateway writes logs of stages."
  type        = string
  default     = "LeftOut"
  nullable    = false
  validation {
    condition     = contains(["LeftOut", "Made"], var.api_logs_role)
    error_message = "ApiLogsRole is one of LeftOut, Made."
  }
}

variable "app_sync_logs_role" {
  description = "Made, for AppSync.2 - the role salve-appsync-logs, with which AppSync writes logs of APIs."
  type        = string
  default     = "LeftOut"
  nullable    = false
  validation {
    condition     = contains(["LeftOut", "Made"], var.app_sync_logs_role)
    error_message = "AppSyncLogsRole is one of LeftOut, Made."
  }
}

variable "backup_role" {
  description = "Made, for DynamoDB.4 - the role salve-backup, with which AWS Backup makes backups."
  type        = string
  default     = "LeftOut"
  nullable    = false
  validation {
    condition     = contains(["LeftOut", "Made"], var.backup_role)
    error_message = "BackupRole is one of LeftOut, Made."
  }
}

variable "topic_logs_role" {
  description = "Made, for SNS.2 - the role salve-topic-logs, with which SNS writes how deliveries end."
  type        = string
  default     = "LeftOut"
  nullable    = false
  validation {
    condition     = contains(["LeftOut", "Made"], var.topic_logs_role)
    error_message = "TopicLogsRole is one of LeftOut, Made."
  }
}

variable "support_principal" {
  description = "For IAM.18 - the role or user who may enter the role salve-support, which has AWSSupportAccess. Empty: the role is left out."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = can(regex("^(?:^$|^arn:aws[a-z-]*:iam::\\d{12}:(role|user)/[\\w+=,.@/-]+$)$", var.support_principal))
    error_message = "SupportPrincipal has the form ^$|^arn:aws[a-z-]*:iam::\\d{12}:(role|user)/[\\w+=,.@/-]+$"
  }
}

variable "evaluate_again" {
  description = "Allowed, for stays_fixed.evaluate_again of the configuration - the hub may have AWS Config evaluate Security Hub's rules again after a fix. Each evaluation is of all resources of a rule, and Security Hub bills its checks."
  type        = string
  default     = "LeftOut"
  nullable    = false
  validation {
    condition     = contains(["LeftOut", "Allowed"], var.evaluate_again)
    error_message = "EvaluateAgain is one of LeftOut, Allowed."
  }
}

locals {
  parameters = merge({
    OrchestratorRoleArn    = var.orchestrator_role_arn
    OrgId                  = var.org_id
    CodeBucket             = var.code_bucket
    NamePrefix             = var.name_prefix
    RolePath               = var.role_path
    PermissionsBoundaryArn = var.permissions_boundary_arn
    InstanceProfile        = var.instance_profile
    FlowLogsRole           = var.flow_logs_role
    TrailLogsRole          = var.trail_logs_role
    EnhancedMonitoringRole = var.enhanced_monitoring_role
    ApiLogsRole            = var.api_logs_role
    AppSyncLogsRole        = var.app_sync_logs_role
    BackupRole             = var.backup_role
    TopicLogsRole          = var.topic_logs_role
    SupportPrincipal       = var.support_principal
    EvaluateAgain          = var.evaluate_again
  }, nonsensitive(var.external_id == "") ? {} : { ExternalId = var.external_id })
}
