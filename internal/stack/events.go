package stack

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/salve-security/salve/internal/fault"
)

// pollEvery is how often it is looked whether an operation has ended.
const pollEvery = 5 * time.Second

// mostReasons is how many failed resources an error names: the first is the cause, mostly.
const mostReasons = 3

// reader is a place in the events of a stack.
type reader struct {
	d     Driver
	stack State
	last  string // id of the newest event that was read; "" before the first
}

// reader begins behind the events there are.
func (d Driver) reader(ctx context.Context, s State) (*reader, error) {
	r := &reader{d: d, stack: s}
	if !s.Exists() {
		return r, nil
	}
	events, err := d.page(ctx, s, nil)
	if err != nil {
		return nil, err
	}
	if len(events.StackEvents) > 0 {
		r.last = aws.ToString(events.StackEvents[0].EventId)
	}
	return r, nil
}

// page is a page of events, the newest first. A stack is named by its id: it is found after its deletion too.
func (d Driver) page(ctx context.Context, s State, token *string) (*cfn.DescribeStackEventsOutput, error) {
	name := s.ID
	if name == "" {
		name = s.Name
	}
	out, err := d.API.DescribeStackEvents(ctx, &cfn.DescribeStackEventsInput{StackName: &name, NextToken: token})
	if err != nil {
		return nil, fmt.Errorf("read the events of stack %s: %w", s.Name, err)
	}
	return out, nil
}

// more are the events since the last look, the oldest first.
func (r *reader) more(ctx context.Context) ([]types.StackEvent, error) {
	var found []types.StackEvent
	var token *string
	for {
		page, err := r.d.page(ctx, r.stack, token)
		if err != nil {
			return nil, err
		}
		for _, e := range page.StackEvents {
			if aws.ToString(e.EventId) == r.last {
				page.NextToken = nil
				break
			}
			found = append(found, e)
		}
		if token = page.NextToken; token == nil {
			break
		}
	}
	if len(found) > 0 {
		r.last = aws.ToString(found[0].EventId)
	}
	slices.Reverse(found)
	return found, nil
}

// tell hands on what happened since the last look.
func (r *reader) tell(ctx context.Context) error {
	events, err := r.more(ctx)
	if err != nil || r.d.Tell == nil {
		return err
	}
	for _, e := range events {
		if strings.HasSuffix(string(e.ResourceStatus), "_IN_PROGRESS") && !ofStack(e) {
			continue // how it ends says enough
		}
		r.d.Tell(Event{
			Stack: r.stack.Name, Resource: aws.ToString(e.LogicalResourceId), Type: aws.ToString(e.ResourceType),
			Status: string(e.ResourceStatus), Reason: aws.ToString(e.ResourceStatusReason), Time: aws.ToTime(e.Timestamp),
		})
	}
	return nil
}

// await waits until nothing is under way on the stack, and tells what happens meanwhile.
func (d Driver) await(ctx context.Context, r *reader) (State, error) {
	for {
		out, err := d.API.DescribeStacks(ctx, &cfn.DescribeStacksInput{StackName: &r.stack.ID})
		if missing(err) || err == nil && len(out.Stacks) == 0 {
			return State{Name: r.stack.Name}, nil
		}
		if err != nil {
			return State{}, fmt.Errorf("watch stack %s: %w", r.stack.Name, err)
		}
		s := stateOf(r.stack.Name, out.Stacks[0])
		if err := r.tell(ctx); err != nil {
			return State{}, err
		}
		if conditionOf(s.Status) != busy {
			return s, nil
		}
		if err := d.Pause(ctx, pollEvery); err != nil {
			return State{}, fault.New(fault.Retry, "nobody watches stack %s any more (%w); CloudFormation goes on with it: run "+
				"the same command again, it takes up where this one ended", r.stack.Name, err)
		}
	}
}

// reasons are the resources that failed in the last operation, or in the one of a token, the first of them first.
func (d Driver) reasons(ctx context.Context, s State, token string) (string, error) {
	var failed []string
	var next *string
	for {
		page, err := d.page(ctx, s, next)
		if err != nil {
			return "", err
		}
		for _, e := range page.StackEvents {
			if token != "" && aws.ToString(e.ClientRequestToken) != token {
				continue
			}
			if strings.HasSuffix(string(e.ResourceStatus), "_FAILED") && !ofStack(e) &&
				!strings.Contains(aws.ToString(e.ResourceStatusReason), "cancelled") {
				failed = append(failed, fmt.Sprintf("%s: %s", aws.ToString(e.LogicalResourceId),
					aws.ToString(e.ResourceStatusReason)))
			}
			if token == "" && begins(e) { // of operations before this one nobody asks
				page.NextToken = nil
				break
			}
		}
		if next = page.NextToken; next == nil {
			break
		}
	}
	slices.Reverse(failed)
	return strings.Join(failed[:min(len(failed), mostReasons)], "; "), nil
}

// ofStack tells whether an event is about the stack itself.
func ofStack(e types.StackEvent) bool {
	return aws.ToString(e.ResourceType) == "AWS::CloudFormation::Stack" &&
		aws.ToString(e.PhysicalResourceId) == aws.ToString(e.StackId)
}

// begins tells whether an operation on the stack begins with the event.
func begins(e types.StackEvent) bool {
	switch e.ResourceStatus { //nolint:exhaustive // the others are of resources, or the end of an operation
	case types.ResourceStatusCreateInProgress, types.ResourceStatusUpdateInProgress, types.ResourceStatusDeleteInProgress:
		return ofStack(e)
	}
	return false
}

// underWay is the token of the operation that is under way, "" where it has none, and when it began.
func (d Driver) underWay(ctx context.Context, s State) (string, time.Time, error) {
	var next *string
	for {
		page, err := d.page(ctx, s, next)
		if err != nil {
			return "", time.Time{}, err
		}
		for _, e := range page.StackEvents {
			if begins(e) {
				return aws.ToString(e.ClientRequestToken), aws.ToTime(e.Timestamp), nil
			}
		}
		if next = page.NextToken; next == nil {
			return "", time.Time{}, nil
		}
	}
}
