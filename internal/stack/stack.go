// Package stack brings one CloudFormation stack to what is wished, by change sets: it says first what would change,
// watches what happens, and understands what an earlier run, or somebody else, left behind.
package stack

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/fault"
)

// API are the calls of CloudFormation that are made here.
type API interface {
	DescribeStacks(context.Context, *cfn.DescribeStacksInput, ...func(*cfn.Options)) (*cfn.DescribeStacksOutput, error)
	DescribeStackEvents(context.Context, *cfn.DescribeStackEventsInput, ...func(*cfn.Options)) (
		*cfn.DescribeStackEventsOutput, error)
	GetTemplate(context.Context, *cfn.GetTemplateInput, ...func(*cfn.Options)) (*cfn.GetTemplateOutput, error)
	CreateChangeSet(context.Context, *cfn.CreateChangeSetInput, ...func(*cfn.Options)) (*cfn.CreateChangeSetOutput, error)
	DescribeChangeSet(context.Context, *cfn.DescribeChangeSetInput, ...func(*cfn.Options)) (
		*cfn.DescribeChangeSetOutput, error)
	DeleteChangeSet(context.Context, *cfn.DeleteChangeSetInput, ...func(*cfn.Options)) (*cfn.DeleteChangeSetOutput, error)
	ExecuteChangeSet(context.Context, *cfn.ExecuteChangeSetInput, ...func(*cfn.Options)) (
		*cfn.ExecuteChangeSetOutput, error)
	ContinueUpdateRollback(context.Context, *cfn.ContinueUpdateRollbackInput, ...func(*cfn.Options)) (
		*cfn.ContinueUpdateRollbackOutput, error)
	UpdateTerminationProtection(context.Context, *cfn.UpdateTerminationProtectionInput, ...func(*cfn.Options)) (
		*cfn.UpdateTerminationProtectionOutput, error)
	DeleteStack(context.Context, *cfn.DeleteStackInput, ...func(*cfn.Options)) (*cfn.DeleteStackOutput, error)
	DetectStackDrift(context.Context, *cfn.DetectStackDriftInput, ...func(*cfn.Options)) (
		*cfn.DetectStackDriftOutput, error)
	DescribeStackDriftDetectionStatus(context.Context, *cfn.DescribeStackDriftDetectionStatusInput,
		...func(*cfn.Options)) (*cfn.DescribeStackDriftDetectionStatusOutput, error)
	DescribeStackResourceDrifts(context.Context, *cfn.DescribeStackResourceDriftsInput, ...func(*cfn.Options)) (
		*cfn.DescribeStackResourceDriftsOutput, error)
}

// Driver drives the stacks of one account and Region.
type Driver struct {
	API   API
	Pause func(ctx context.Context, d time.Duration) error
	Tell  func(Event) // what happens to resources, while it is waited for; may be nil
}

// Event is what happened to a resource of a stack.
type Event struct {
	Stack, Resource, Type, Status, Reason string
	Time                                  time.Time
}

// Wish is a stack as it shall be.
type Wish struct {
	Name       string
	Template   Template
	Parameters map[string]string // that are given; others keep their values, or take the template's
}

// State is a stack as it is.
type State struct {
	Name, ID   string
	Status     types.StackStatus // "" where there is none
	Parameters map[string]string // secret ones are masked by CloudFormation
	Outputs    map[string]string
	Protected  bool
	Changed    time.Time
}

// Exists tells whether there is anything of that name.
func (s State) Exists() bool { return s.Status != "" }

// Whole tells whether the stack is there as somebody wished it once, and idle.
func (s State) Whole() bool { return s.Exists() && conditionOf(s.Status) == ready }

// Look reads a stack. One that was deleted is not there.
func (d Driver) Look(ctx context.Context, name string) (State, error) {
	out, err := d.API.DescribeStacks(ctx, &cfn.DescribeStacksInput{StackName: &name})
	if missing(err) || err == nil && len(out.Stacks) == 0 {
		return State{Name: name}, nil
	}
	if err != nil {
		return State{}, fmt.Errorf("look at stack %s: %w", name, err)
	}
	return stateOf(name, out.Stacks[0]), nil
}

func stateOf(name string, found types.Stack) State {
	s := State{
		Name: name, ID: aws.ToString(found.StackId), Status: found.StackStatus,
		Parameters: map[string]string{}, Outputs: map[string]string{},
		Protected: aws.ToBool(found.EnableTerminationProtection), Changed: aws.ToTime(found.CreationTime),
	}
	if found.StackStatus == types.StackStatusDeleteComplete {
		return State{Name: name}
	}
	if found.LastUpdatedTime != nil {
		s.Changed = *found.LastUpdatedTime
	}
	for _, p := range found.Parameters {
		s.Parameters[aws.ToString(p.ParameterKey)] = aws.ToString(p.ParameterValue)
	}
	for _, o := range found.Outputs {
		s.Outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	return s
}

// missing tells whether CloudFormation has no stack of that name: it says so by the code of all wrong input.
func missing(err error) bool {
	var answer smithy.APIError
	return errors.As(err, &answer) && strings.Contains(answer.ErrorMessage(), "does not exist") &&
		!strings.Contains(answer.ErrorMessage(), "ChangeSet")
}

// Protect switches termination protection on or off, where it differs.
func (d Driver) Protect(ctx context.Context, s State, on bool) error {
	if s.Protected == on {
		return nil
	}
	_, err := d.API.UpdateTerminationProtection(ctx, &cfn.UpdateTerminationProtectionInput{
		StackName: &s.Name, EnableTerminationProtection: &on,
	})
	if err != nil {
		return fmt.Errorf("termination protection of stack %s: %w", s.Name, err)
	}
	return nil
}

// wanted are the values that the stack gets: those given, by name; what the template does not know is refused.
func (w Wish) wanted(known map[string]Parameter) error {
	for name := range w.Parameters {
		if _, ok := known[name]; !ok {
			return fault.New(fault.Invalid, "the template of stack %s has no parameter %s: look at its list of parameters",
				w.Name, name)
		}
	}
	return nil
}
