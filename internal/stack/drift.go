package stack

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/salve-security/salve/internal/fault"
)

// Drift is a resource that is not as its template says.
type Drift struct {
	Resource string `json:"resource"`
	Type     string `json:"type"`
	ID       string `json:"id"`
	Status   string `json:"status"` // modified or deleted
}

// Drifts has CloudFormation compare the stack with what there is, and names what differs. It changes nothing.
func (d Driver) Drifts(ctx context.Context, name string) ([]Drift, error) {
	begun, err := d.API.DetectStackDrift(ctx, &cfn.DetectStackDriftInput{StackName: &name})
	if err != nil {
		return nil, fmt.Errorf("look for drift of stack %s: %w", name, err)
	}
	for {
		out, err := d.API.DescribeStackDriftDetectionStatus(ctx, &cfn.DescribeStackDriftDetectionStatusInput{
			StackDriftDetectionId: begun.StackDriftDetectionId,
		})
		if err != nil {
			return nil, fmt.Errorf("wait for the drift of stack %s: %w", name, err)
		}
		switch out.DetectionStatus {
		case types.StackDriftDetectionStatusDetectionComplete:
			if out.StackDriftStatus == types.StackDriftStatusInSync {
				return nil, nil
			}
			return d.drifted(ctx, name)
		case types.StackDriftDetectionStatusDetectionFailed:
			return nil, fault.New(fault.Refused, "CloudFormation could not compare all of stack %s: %s", name,
				aws.ToString(out.DetectionStatusReason))
		case types.StackDriftDetectionStatusDetectionInProgress:
		}
		if err := d.Pause(ctx, pollEvery); err != nil {
			return nil, fault.New(fault.Retry, "the drift of stack %s was not waited for (%w): run this again", name, err)
		}
	}
}

// drifted are the resources that differ, after CloudFormation has looked.
func (d Driver) drifted(ctx context.Context, name string) ([]Drift, error) {
	in := &cfn.DescribeStackResourceDriftsInput{
		StackName: &name, StackResourceDriftStatusFilters: []types.StackResourceDriftStatus{
			types.StackResourceDriftStatusModified, types.StackResourceDriftStatusDeleted,
		},
	}
	var all []Drift
	for {
		out, err := d.API.DescribeStackResourceDrifts(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("read the drift of stack %s: %w", name, err)
		}
		for _, r := range out.StackResourceDrifts {
			all = append(all, Drift{
				Resource: aws.ToString(r.LogicalResourceId), Type: aws.ToString(r.ResourceType),
				ID: aws.ToString(r.PhysicalResourceId), Status: string(r.StackResourceDriftStatus),
			})
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all, nil
		}
	}
}
