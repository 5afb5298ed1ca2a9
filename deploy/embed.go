// Package deploy holds the CloudFormation templates of Salve.
package deploy

import _ "embed"

//go:generate go run ../internal/generate/policies -template member.yaml -roles ../functions/playbooktest/roles

//go:embed hub.yaml
var hub string

//go:embed member.yaml
var member string

//go:embed organization.yaml
var organization string

// Hub returns the template of the hub: queues, orchestrator, ledger and topics in the Security Hub
// administrator account.
func Hub() string { return hub }

// Member returns the template of a member account: the remediation role and its permissions.
func Member() string { return member }

// Organization returns the template of the management account: the function that switches an organization's services
// on, and the resource that has it do so.
func Organization() string { return organization }
