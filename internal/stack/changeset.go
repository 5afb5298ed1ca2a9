package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/salve-security/salve/internal/fault"
)

// changeSet is a change set that CloudFormation has worked out.
type changeSet struct {
	stack, name string
	changes     []Change
	empty       bool // nothing would change
}

// propose has CloudFormation work out what would change. A change set of an earlier run is made anew: the stack may
// have changed since.
func (d Driver) propose(ctx context.Context, w Wish, s State) (changeSet, error) {
	set := changeSet{stack: w.Name, name: w.fingerprint()}
	in, err := w.request(s)
	if err != nil {
		return set, err
	}
	for range 2 {
		_, err = d.API.CreateChangeSet(ctx, in)
		var there *types.AlreadyExistsException
		if !errors.As(err, &there) {
			break
		}
		if err := d.discard(ctx, set); err != nil {
			return set, err
		}
	}
	if err != nil {
		return set, fmt.Errorf("make a change set for stack %s: %w", w.Name, err)
	}
	err = d.workedOut(ctx, &set)
	return set, err
}

// request is the change set as CloudFormation is asked for it.
func (w Wish) request(s State) (*cfn.CreateChangeSetInput, error) {
	known, err := w.Template.Parameters()
	if err != nil {
		return nil, err
	}
	body, url, err := w.Template.handOver()
	if err != nil {
		return nil, err
	}
	kind := types.ChangeSetTypeUpdate
	if conditionOf(s.Status) != ready {
		kind = types.ChangeSetTypeCreate
	}
	return &cfn.CreateChangeSetInput{
		StackName: &w.Name, ChangeSetName: aws.String(w.fingerprint()), ChangeSetType: kind,
		Description:  aws.String("made by salve"),
		TemplateBody: body, TemplateURL: url, UsePreviousTemplate: aws.Bool(w.Template.kept),
		Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
		Parameters:   w.parameters(s, known, kind == types.ChangeSetTypeUpdate),
	}, nil
}

// parameters are all of the template's: as given, or as they are.
func (w Wish) parameters(s State, known map[string]Parameter, exists bool) []types.Parameter {
	var out []types.Parameter
	for name := range known {
		p := types.Parameter{ParameterKey: aws.String(name)}
		value, given := w.Parameters[name]
		_, has := s.Parameters[name]
		switch {
		case given:
			p.ParameterValue = &value
		case has && exists:
			p.UsePreviousValue = aws.Bool(true)
		default:
			continue // the template's own
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b types.Parameter) int { return strings.Compare(*a.ParameterKey, *b.ParameterKey) })
	return out
}

// workedOut waits for the change set and reads all of it.
func (d Driver) workedOut(ctx context.Context, set *changeSet) error {
	in := &cfn.DescribeChangeSetInput{StackName: &set.stack, ChangeSetName: &set.name}
	for {
		out, err := d.API.DescribeChangeSet(ctx, in)
		if err != nil {
			return fmt.Errorf("read the change set of stack %s: %w", set.stack, err)
		}
		switch out.Status { //nolint:exhaustive // the others are those of one that is still being made
		case types.ChangeSetStatusFailed:
			if set.empty = unchanged(aws.ToString(out.StatusReason)); set.empty {
				return nil
			}
			return fault.New(fault.Refused, "CloudFormation does not take the change of stack %s: %s", set.stack,
				aws.ToString(out.StatusReason))
		case types.ChangeSetStatusCreateComplete:
			for _, c := range out.Changes {
				set.changes = append(set.changes, changeOf(c))
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				return nil
			}
			continue
		}
		if err := d.Pause(ctx, pollEvery); err != nil {
			return fault.New(fault.Retry, "the change set of stack %s was not waited for (%w): run this again", set.stack, err)
		}
	}
}

// unchanged tells from its reason whether a change set failed because there is nothing to change.
func unchanged(reason string) bool {
	return strings.Contains(reason, "didn't contain changes") || strings.Contains(reason, "No updates are to be performed")
}

func changeOf(c types.Change) Change {
	r := c.ResourceChange
	if r == nil {
		return Change{}
	}
	return Change{
		Action: strings.ToLower(string(r.Action)), Resource: aws.ToString(r.LogicalResourceId),
		Type: aws.ToString(r.ResourceType), Replacement: strings.ToLower(string(r.Replacement)),
	}
}

// discard deletes a change set, if it is still there.
func (d Driver) discard(ctx context.Context, set changeSet) error {
	_, err := d.API.DeleteChangeSet(ctx, &cfn.DeleteChangeSetInput{StackName: &set.stack, ChangeSetName: &set.name})
	var gone *types.ChangeSetNotFoundException
	if err != nil && !errors.As(err, &gone) {
		return fmt.Errorf("delete the change set of stack %s: %w", set.stack, err)
	}
	return nil
}
