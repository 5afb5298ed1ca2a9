package cloudformation_test

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/cloudformation"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const (
	stacks = "arn:aws:cloudformation:us-east-1:" + playbooktest.DefaultAccount + ":stack/"
	app    = stacks + "app/11111111-2222-3333-4444-555555555555"
)

// topics is a template with a topic and what it is for.
func topics(purpose string) *string {
	return aws.String(`{"Description":"` + purpose + `","Resources":{"T":{"Type":"AWS::SNS::Topic"}}}`)
}

func describe(ctx context.Context, t *testing.T, root aws.Config, resource string) types.Stack {
	t.Helper()
	return playbooktest.Got(cloudformation.NewFromConfig(root).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{
		StackName: &resource,
	}))(t).Stacks[0]
}

func TestTerminationProtection(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.TerminationProtection()[0],
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			return *playbooktest.Got(cloudformation.NewFromConfig(root).CreateStack(ctx, &cloudformation.CreateStackInput{
				StackName: aws.String("suite-" + rand.Text()), TemplateBody: topics("before"),
			}))(t).StackId
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			stack := describe(ctx, t, root, resource)
			return []any{aws.ToBool(stack.EnableTerminationProtection), len(stack.Tags)}
		},
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(cloudformation.NewFromConfig(root).UpdateStack(ctx, &cloudformation.UpdateStackInput{
				StackName: &resource, TemplateBody: topics("after"),
				Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("ops")}},
			}))(t)
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(cloudformation.NewFromConfig(root).DeleteStack(ctx, &cloudformation.DeleteStackInput{
				StackName: &resource,
			}))(t)
		},
		Foreign: []string{
			stacks + "app", "app", stacks + "app/*", "arn:aws:cloudformation:us-east-1:222222222222:stackset/app:1",
		},
		Skip: map[string]string{playbooktest.CaseDrift: "the setting has two values: a third does not exist"},
	})
}

// A stack fails without protection, whatever else becomes of it; a stack in another has that one's.
func TestLineOfProtection(t *testing.T) {
	answers := func(on *bool, change ...func(*types.Stack)) playbooktest.StandIn {
		stack := types.Stack{EnableTerminationProtection: on, StackStatus: types.StackStatusCreateComplete}
		for _, c := range change {
			c(&stack)
		}
		return playbooktest.Answers(&cloudformation.DescribeStacksOutput{Stacks: []types.Stack{stack}})
	}
	nested := func(s *types.Stack) { s.RootId, s.ParentId = aws.String(app), aws.String(app) }
	deleted := func(s *types.Stack) { s.StackStatus = types.StackStatusDeleteComplete }
	rolled := func(s *types.Stack) { s.StackStatus = types.StackStatusUpdateRollbackFailed }
	failing := func(code, message string) playbooktest.StandIn {
		return playbooktest.StandIn{"DescribeStacks": func(any) (any, error) {
			return nil, &smithy.GenericAPIError{Code: code, Message: message}
		}}
	}
	yes, no := aws.Bool(true), aws.Bool(false)
	playbooktest.Judged(t, playbook.TerminationProtection()[0], app, map[string]playbooktest.Shape{
		"on":                {Answers: answers(yes)},
		"off":               {Answers: answers(no), Fails: true},
		"off, rolled back":  {Answers: answers(no, rolled), Fails: true},
		"nested, on":        {Answers: answers(yes, nested)},
		"nested, off":       {Answers: answers(no, nested), Class: fault.Refused, Words: []string{app}},
		"nothing said":      {Answers: answers(nil), Class: fault.Invalid},
		"nothing answered":  {Answers: playbooktest.Answers(&cloudformation.DescribeStacksOutput{}), Class: fault.Invalid},
		"deleted":           {Answers: answers(no, deleted), Class: fault.Gone},
		"not there":         {Answers: failing("ValidationError", "Stack with id app does not exist"), Class: fault.Gone},
		"not a good answer": {Answers: failing("ValidationError", "1 validation error detected"), Class: fault.Invalid},
	})
}
