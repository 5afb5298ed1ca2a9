package stacktest

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
)

func sortedTexts(list []string) []string {
	slices.Sort(list)
	return list
}

// CreateChangeSet works out at once what would change.
func (c *Cloud) CreateChangeSet(_ context.Context, in *cfn.CreateChangeSetInput, _ ...func(*cfn.Options)) (
	*cfn.CreateChangeSetOutput, error,
) {
	if err := c.call("CreateChangeSet"); err != nil {
		return nil, err
	}
	create := in.ChangeSetType == types.ChangeSetTypeCreate
	s, err := c.changeable(aws.ToString(in.StackName), aws.ToString(in.ChangeSetName), create)
	if err != nil {
		return nil, err
	}
	set := &changeSet{create: create, template: aws.ToString(in.TemplateBody)}
	if aws.ToBool(in.UsePreviousTemplate) {
		set.template = s.Template
	}
	if set.parameters, err = values(set.template, in.Parameters, s.Parameters); err != nil {
		return nil, err
	}
	set.empty = !create && set.template == s.Template && maps.Equal(set.parameters, s.Parameters)
	s.sets[*in.ChangeSetName] = set
	return &cfn.CreateChangeSetOutput{}, c.answered("CreateChangeSet")
}

// changeable is the stack that a change set is made for.
func (c *Cloud) changeable(name, set string, create bool) (*Stack, error) {
	s := c.find(name)
	if s == nil && create {
		return c.Put(name, Stack{Status: types.StackStatusReviewInProgress}), nil
	}
	if s == nil {
		return nil, none(name)
	}
	if s.sets[set] != nil {
		return nil, &types.AlreadyExistsException{Message: aws.String("ChangeSet " + set + " already exists")}
	}
	open := []types.StackStatus{
		types.StackStatusCreateComplete, types.StackStatusUpdateComplete, types.StackStatusUpdateRollbackComplete,
	}
	if create {
		open = []types.StackStatus{types.StackStatusReviewInProgress}
	}
	if !slices.Contains(open, s.Status) {
		return nil, &smithy.GenericAPIError{
			Code: "ValidationError", Message: "Stack " + name + " is in " + string(s.Status) + " state and can not be updated.",
		}
	}
	return s, nil
}

// set is a change set, and the stack it is of.
func (c *Cloud) set(stack, name *string) (*Stack, *changeSet, error) {
	s := c.find(aws.ToString(stack))
	if s == nil || s.sets[aws.ToString(name)] == nil {
		return nil, nil, &types.ChangeSetNotFoundException{Message: aws.String("ChangeSet does not exist")}
	}
	return s, s.sets[*name], nil
}

// DescribeChangeSet says that all of the stack changes, or nothing.
func (c *Cloud) DescribeChangeSet(_ context.Context, in *cfn.DescribeChangeSetInput, _ ...func(*cfn.Options)) (
	*cfn.DescribeChangeSetOutput, error,
) {
	if err := c.call("DescribeChangeSet"); err != nil {
		return nil, err
	}
	_, set, err := c.set(in.StackName, in.ChangeSetName)
	if err != nil {
		return nil, err
	}
	out := &cfn.DescribeChangeSetOutput{Status: types.ChangeSetStatusCreateComplete}
	if set.empty {
		out.Status = types.ChangeSetStatusFailed
		out.StatusReason = aws.String("The submitted information didn't contain changes.")
	} else {
		action := types.ChangeActionModify
		if set.create {
			action = types.ChangeActionAdd
		}
		out.Changes = []types.Change{{ResourceChange: &types.ResourceChange{
			Action: action, LogicalResourceId: aws.String("Thing"), ResourceType: aws.String("AWS::SQS::Queue"),
		}}}
	}
	return out, c.answered("DescribeChangeSet")
}

// DeleteChangeSet forgets one.
func (c *Cloud) DeleteChangeSet(_ context.Context, in *cfn.DeleteChangeSetInput, _ ...func(*cfn.Options)) (
	*cfn.DeleteChangeSetOutput, error,
) {
	if err := c.call("DeleteChangeSet"); err != nil {
		return nil, err
	}
	if s, _, err := c.set(in.StackName, in.ChangeSetName); err == nil {
		delete(s.sets, *in.ChangeSetName)
	}
	return &cfn.DeleteChangeSetOutput{}, c.answered("DeleteChangeSet")
}

// ExecuteChangeSet begins an operation that the next look but one finds at its end.
func (c *Cloud) ExecuteChangeSet(_ context.Context, in *cfn.ExecuteChangeSetInput, _ ...func(*cfn.Options)) (
	*cfn.ExecuteChangeSetOutput, error,
) {
	if err := c.call("ExecuteChangeSet"); err != nil {
		return nil, err
	}
	s, set, err := c.set(in.StackName, in.ChangeSetName)
	if err != nil {
		return nil, err
	}
	name, begin, end, back := c.nameOf(s), types.StackStatusUpdateInProgress, types.StackStatusUpdateComplete,
		types.StackStatusUpdateRollbackComplete
	if set.create {
		begin, end, back = types.StackStatusCreateInProgress, types.StackStatusCreateComplete,
			types.StackStatusRollbackComplete
	}
	s.token = aws.ToString(in.ClientRequestToken)
	c.Tokens = append(c.Tokens, s.token)
	s.sets = map[string]*changeSet{}
	s.Status, s.changed = begin, c.tick()
	c.event(s, types.ResourceStatus(begin), "")
	if why := c.Fails[name]; why != "" {
		s.next = back
		c.failure(s, why)
	} else {
		s.next, s.Template, s.Parameters = end, set.template, set.parameters
		s.Outputs = map[string]string{"OrchestratorRoleArn": "arn:aws:iam::" + c.Account + ":role/salve-orchestrator"}
	}
	return &cfn.ExecuteChangeSetOutput{}, c.answered("ExecuteChangeSet")
}

func (c *Cloud) failure(s *Stack, why string) {
	c.event(s, types.ResourceStatusCreateFailed, why)
	s.events[0].LogicalResourceId, s.events[0].PhysicalResourceId = aws.String("Thing"), aws.String("thing")
	s.events[0].ResourceType = aws.String("AWS::SQS::Queue")
}

// ContinueUpdateRollback takes an update back whole, or fails as operations on the stack do.
func (c *Cloud) ContinueUpdateRollback(
	_ context.Context, in *cfn.ContinueUpdateRollbackInput, _ ...func(*cfn.Options),
) (*cfn.ContinueUpdateRollbackOutput, error) {
	if err := c.call("ContinueUpdateRollback"); err != nil {
		return nil, err
	}
	s := c.find(aws.ToString(in.StackName))
	if s == nil {
		return nil, none(*in.StackName)
	}
	s.Status, s.next = types.StackStatusUpdateRollbackInProgress, types.StackStatusUpdateRollbackComplete
	if why := c.Fails[c.nameOf(s)]; why != "" {
		s.next = types.StackStatusUpdateRollbackFailed
		c.failure(s, why)
	}
	return &cfn.ContinueUpdateRollbackOutput{}, c.answered("ContinueUpdateRollback")
}

// UpdateTerminationProtection switches it.
func (c *Cloud) UpdateTerminationProtection(
	_ context.Context, in *cfn.UpdateTerminationProtectionInput, _ ...func(*cfn.Options),
) (*cfn.UpdateTerminationProtectionOutput, error) {
	if err := c.call("UpdateTerminationProtection"); err != nil {
		return nil, err
	}
	s := c.find(aws.ToString(in.StackName))
	if s == nil {
		return nil, none(*in.StackName)
	}
	s.Protected = aws.ToBool(in.EnableTerminationProtection)
	return &cfn.UpdateTerminationProtectionOutput{}, c.answered("UpdateTerminationProtection")
}

// DeleteStack begins a deletion.
func (c *Cloud) DeleteStack(_ context.Context, in *cfn.DeleteStackInput, _ ...func(*cfn.Options)) (
	*cfn.DeleteStackOutput, error,
) {
	if err := c.call("DeleteStack"); err != nil {
		return nil, err
	}
	s := c.find(aws.ToString(in.StackName))
	if s == nil {
		return &cfn.DeleteStackOutput{}, nil
	}
	if s.Protected {
		return nil, &smithy.GenericAPIError{Code: "ValidationError", Message: "TerminationProtection is enabled"}
	}
	s.Status, s.next = types.StackStatusDeleteInProgress, types.StackStatusDeleteComplete
	c.event(s, types.ResourceStatusDeleteInProgress, "")
	if why := c.Fails[c.nameOf(s)]; why != "" {
		s.next = types.StackStatusDeleteFailed
		c.failure(s, why)
	}
	return &cfn.DeleteStackOutput{}, c.answered("DeleteStack")
}

// DetectStackDrift finds none.
func (c *Cloud) DetectStackDrift(context.Context, *cfn.DetectStackDriftInput, ...func(*cfn.Options)) (
	*cfn.DetectStackDriftOutput, error,
) {
	return &cfn.DetectStackDriftOutput{StackDriftDetectionId: aws.String("d")}, c.call("DetectStackDrift")
}

// DescribeStackDriftDetectionStatus says so.
func (c *Cloud) DescribeStackDriftDetectionStatus(
	context.Context, *cfn.DescribeStackDriftDetectionStatusInput, ...func(*cfn.Options),
) (*cfn.DescribeStackDriftDetectionStatusOutput, error) {
	return &cfn.DescribeStackDriftDetectionStatusOutput{
		DetectionStatus:  types.StackDriftDetectionStatusDetectionComplete,
		StackDriftStatus: types.StackDriftStatusInSync,
	}, c.call("DescribeStackDriftDetectionStatus")
}

// DescribeStackResourceDrifts has nothing to list.
func (c *Cloud) DescribeStackResourceDrifts(
	context.Context, *cfn.DescribeStackResourceDriftsInput, ...func(*cfn.Options),
) (*cfn.DescribeStackResourceDriftsOutput, error) {
	return &cfn.DescribeStackResourceDriftsOutput{}, c.call("DescribeStackResourceDrifts")
}
