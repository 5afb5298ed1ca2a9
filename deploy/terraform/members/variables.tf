# What the module asks beside the template's parameters, which are in parameters.tf.

variable "template_bucket" {
  description = "Bucket to which the template is uploaded. Only who applies this has to read it, not the members."
  type        = string
  nullable    = false
}

variable "organizational_unit_ids" {
  description = "Organizational units (ou-...) or the root (r-...) whose accounts become members, new ones by themselves. Empty: one stack, in the account of the provider."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for v in var.organizational_unit_ids : can(regex("^(?:ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32})$", v))])
    error_message = "An id of an organizational unit looks like ou-ab12-cdef3456, that of the root like r-ab12."
  }
}

variable "call_as" {
  description = "SELF in the management account, DELEGATED_ADMIN in an account that may make StackSets for the organization."
  type        = string
  default     = "SELF"
  nullable    = false

  validation {
    condition     = contains(["SELF", "DELEGATED_ADMIN"], var.call_as)
    error_message = "CallAs is SELF or DELEGATED_ADMIN."
  }
}

variable "failure_tolerance_percentage" {
  description = "In how many accounts of a hundred the stack may fail before CloudFormation stops. It works on about as many at a time."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.failure_tolerance_percentage >= 0 && var.failure_tolerance_percentage <= 100
    error_message = "A percentage is from 0 to 100."
  }
}

variable "stack_name" {
  description = "Name of the stack or the StackSet. Salve's role is denied to touch those whose names begin with salve-, and StackSet-salve-."
  type        = string
  default     = "salve-member"
  nullable    = false
}

variable "tags" {
  description = "Tags of the stacks, which CloudFormation gives to what it makes."
  type        = map(string)
  default     = {}
  nullable    = false
}
