# The hub of Salve: the stack of hub.yaml, in the account and Region of the provider. Whatever Salve may do stands in the
# template; nothing here grants a right.

locals {
  template = "${path.module}/../../hub.yaml"
}

data "aws_s3_bucket" "code" {
  bucket = var.code_bucket
}

# The template is larger than CloudFormation takes in a request. Its name holds its checksum, so that another template is
# another URL, and the stack changes.
resource "aws_s3_object" "template" {
  bucket       = data.aws_s3_bucket.code.id
  key          = "salve/hub-${filesha256(local.template)}.yaml"
  source       = local.template
  source_hash  = filesha256(local.template)
  content_type = "application/yaml"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_s3_object" "program" {
  count = var.program_file == "" ? 0 : 1

  bucket       = data.aws_s3_bucket.code.id
  key          = var.code_key
  source       = var.program_file
  source_hash  = filesha256(var.program_file)
  content_type = "application/zip"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudformation_stack" "hub" {
  name         = var.stack_name
  template_url = "https://${data.aws_s3_bucket.code.bucket_regional_domain_name}/${aws_s3_object.template.key}"
  parameters   = local.parameters
  capabilities = ["CAPABILITY_NAMED_IAM"]
  tags         = var.tags

  depends_on = [aws_s3_object.program]
}
