# What the module asks beside the template's parameters, which are in parameters.tf.

variable "program_file" {
  description = "Path of the zip of the orchestrator, which is uploaded as code_key. Empty where it is there already."
  type        = string
  default     = ""
  nullable    = false
}

variable "stack_name" {
  description = "Name of the stack. Salve's role is denied to touch stacks whose names begin with salve-."
  type        = string
  default     = "salve-hub"
  nullable    = false
}

variable "tags" {
  description = "Tags of the stack, which CloudFormation gives to what it makes."
  type        = map(string)
  default     = {}
  nullable    = false
}
