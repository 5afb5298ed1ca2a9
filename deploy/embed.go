// Package deploy holds the CloudFormation templates of Salve.
package deploy

import "embed"

//go:generate go run ../internal/generate/policies -template member.yaml -roles ../functions/playbooktest/roles
//go:generate go run ../internal/generate/terraform -template hub.yaml -out terraform/hub -stack aws_cloudformation_stack.hub
//go:generate go run ../internal/generate/terraform -template member.yaml -out terraform/members

//go:embed hub.yaml
var hub string

//go:embed member.yaml
var member string

//go:embed terraform/*/*.tf
var terraform embed.FS

//go:embed organization.yaml
var organization string

// Hub returns the template of the hub: queues, orchestrator, ledger and topics in the Security Hub
// administrator account.
func Hub() string { return hub }

// Member returns the template of a member account: the remediation role and its permissions.
func Member() string { return member }

// Terraform returns the Terraform modules that drive the templates, below the folder terraform.
func Terraform() embed.FS { return terraform }

// Organization returns the template of the management account: the function that switches an organization's services
// on, and the resource that has it do so.
func Organization() string { return organization }
