// Package cloudformation holds the playbooks for AWS CloudFormation.
package cloudformation

import (
	"context"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// TerminationProtection returns the control that keeps stacks from being deleted.
func TerminationProtection() []control.Control {
	return []control.Control{kind.Setting[bool]{
		Name: "EnableTerminationProtection", Get: readProtection, Set: writeProtection, Want: kind.Always(true),
	}.Control(control.Info{
		ID: "CloudFormation.3",
		Effect: "Nobody can delete the stack, or the stacks in it, until somebody turns the protection off; a pipeline " +
			"that removes its stacks fails. Updates go on as before.",
		Fails: control.Fails{
			When: "Termination protection is off on the stack.", Rule: "cloudformation-termination-protection-check",
		},
		Impact: control.ImpactNone,
		Pattern: regexp.MustCompile(
			`^arn:aws[a-z-]*:cloudformation:[a-z0-9-]+:[0-9]{12}:stack/([A-Za-z][A-Za-z0-9-]{0,127})/[0-9a-f-]{36}$`),
		Actions: []string{"cloudformation:DescribeStacks", "cloudformation:UpdateTerminationProtection"},
	})}
}

// readProtection asks by the ARN, which names one stack among all that had its name.
func readProtection(ctx context.Context, env control.Env) (bool, error) {
	out, err := cloudformation.NewFromConfig(env.Config).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{
		StackName: &env.Target.Resource,
	})
	if err != nil {
		return false, gone(err)
	}
	if len(out.Stacks) != 1 {
		return false, fault.New(fault.Invalid, "DescribeStacks answered about %d stacks", len(out.Stacks))
	}
	stack := out.Stacks[0]
	if stack.StackStatus == types.StackStatusDeleteComplete {
		return false, fault.New(fault.Gone, "the stack was deleted")
	}
	on, err := kind.Answered(stack.EnableTerminationProtection, "DescribeStacks", "the protection")
	if root := aws.ToString(stack.RootId); err == nil && !on && root != "" {
		return false, fault.New(fault.Refused, "the stack is part of %s, whose protection is its own: fix the finding of "+
			"that one", root)
	}
	return on, err
}

func writeProtection(ctx context.Context, env control.Env, on bool) error {
	_, err := cloudformation.NewFromConfig(env.Config).UpdateTerminationProtection(ctx,
		&cloudformation.UpdateTerminationProtectionInput{
			StackName: &env.Target.Resource, EnableTerminationProtection: &on,
		})
	return gone(err)
}

// gone tells a stack that is not there by the words: CloudFormation has no code of its own for it.
func gone(err error) error {
	if fault.Of(err) == fault.Invalid && strings.Contains(err.Error(), "does not exist") {
		return fault.Wrap(fault.Gone, err)
	}
	return err
}
