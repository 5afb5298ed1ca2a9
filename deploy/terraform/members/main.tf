# Members of Salve: the stack of member.yaml, with roles and nothing else, in every account of organizational units or in
# the account of the provider. Whatever Salve may do stands in the template; nothing here grants a right.

locals {
  template     = "${path.module}/../../member.yaml"
  template_url = "https://${data.aws_s3_bucket.template.bucket_regional_domain_name}/${aws_s3_object.template.key}"
  capabilities = ["CAPABILITY_NAMED_IAM"]
  organization = length(var.organizational_unit_ids) > 0
}

data "aws_s3_bucket" "template" {
  bucket = var.template_bucket
}

# The template is larger than CloudFormation takes in a request. Its name holds its checksum, so that another template is
# another URL, and the stacks change.
resource "aws_s3_object" "template" {
  bucket       = data.aws_s3_bucket.template.id
  key          = "salve/member-${filesha256(local.template)}.yaml"
  source       = local.template
  source_hash  = filesha256(local.template)
  content_type = "application/yaml"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudformation_stack" "member" {
  count = local.organization ? 0 : 1

  name         = var.stack_name
  template_url = local.template_url
  parameters   = local.parameters
  capabilities = local.capabilities
  tags         = var.tags
}

# StackSets leave the management account out: a second use of this module there, without units, makes it a member.
resource "aws_cloudformation_stack_set" "members" {
  count = local.organization ? 1 : 0

  name             = var.stack_name
  description      = "Roles of Salve in the members of an organization"
  permission_model = "SERVICE_MANAGED"
  call_as          = var.call_as
  template_url     = local.template_url
  parameters       = local.parameters
  capabilities     = local.capabilities
  tags             = var.tags

  auto_deployment {
    enabled                          = true
    retain_stacks_on_account_removal = false
  }

  managed_execution {
    active = true
  }

  operation_preferences {
    failure_tolerance_percentage = var.failure_tolerance_percentage
    max_concurrent_percentage    = 100
  }

  lifecycle {
    ignore_changes = [administration_role_arn] # AWS fills it in, and a service-managed StackSet has none
  }
}

# The Region is the provider's: all that the template makes is global.
resource "aws_cloudformation_stack_set_instance" "members" {
  for_each = var.organizational_unit_ids

  stack_set_name = aws_cloudformation_stack_set.members[0].name
  call_as        = var.call_as

  deployment_targets {
    organizational_unit_ids = [each.value]
  }

  operation_preferences {
    failure_tolerance_percentage = var.failure_tolerance_percentage
    max_concurrent_percentage    = 100
  }
}
