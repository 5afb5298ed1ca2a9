package rollout_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgs "github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/salve-security/salve/internal/rollout"
	"github.com/salve-security/salve/internal/stack"
)

// unit is an organizational unit.
const unit = "ou-ab12-cd34ef56"

// sets is an organisation with StackSets in memory: no emulator has them. What is asked of it is written down.
type sets struct {
	*world
	management string
	delegated  []string
	access     types.OrganizationStatus
	set        *types.StackSet
	instances  map[string]types.StackInstanceStatus // by account
	operations []types.StackSetOperationSummary     // the newest first
	fails      string                               // account in which operations fail
	drifted    string
	asked      []string
}

func newSets() *sets {
	return &sets{
		world: newWorld(), management: "999999999999", delegated: []string{account},
		access: types.OrganizationStatusEnabled, instances: map[string]types.StackInstanceStatus{},
	}
}

// units are the members of a unit, as a run of the command wishes them.
func (s *sets) units(template string) rollout.Units {
	place := rollout.Place{Partition: "aws", Account: account, Region: "eu-central-1"}
	b := s.artefacts(place)
	if s.buckets[b.Name] == nil {
		s.buckets[b.Name] = &bucket{owner: account, settings: map[string]bool{}, objects: map[string]string{}}
	}
	return rollout.Units{
		API: s, Org: organisation{s}, IDs: []string{unit}, Tolerance: 2, Concurrent: 10,
		Pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		Members: rollout.Members{
			Place: place, Bucket: b, Template: template, Hub: stack.State{
				Outputs:    map[string]string{"OrchestratorRoleArn": "arn:aws:iam::" + account + ":role/salve-orchestrator"},
				Parameters: map[string]string{"OrgId": "o-0123456789"},
			},
		},
	}
}

// ask writes a request down that changes something, and lets it happen.
func (s *sets) ask(call string, in any, do func() error) error {
	return s.did(call, func() error {
		text, err := json.MarshalIndent(in, "", "  ")
		if err != nil {
			return err
		}
		s.asked = append(s.asked, call+" "+string(text))
		return do()
	})
}

// begin lets an operation begin, which ends at the second look.
func (s *sets) begin() *string {
	id := fmt.Sprint("operation-", len(s.operations)+1)
	s.operations = append([]types.StackSetOperationSummary{{
		OperationId: &id, Status: types.StackSetOperationStatusRunning,
	}}, s.operations...)
	for _, account := range []string{"222222222222", "333333333333"} {
		if s.instances[account] = types.StackInstanceStatusCurrent; account == s.fails {
			s.instances[account] = types.StackInstanceStatusOutdated
		}
	}
	return &id
}

func (s *sets) DescribeOrganizationsAccess(
	_ context.Context, in *cfn.DescribeOrganizationsAccessInput, _ ...func(*cfn.Options),
) (*cfn.DescribeOrganizationsAccessOutput, error) {
	if (in.CallAs == types.CallAsSelf) != (s.management == account) {
		return nil, fmt.Errorf("called as %s", in.CallAs)
	}
	return &cfn.DescribeOrganizationsAccessOutput{Status: s.access},
		s.did("DescribeOrganizationsAccess", func() error { return nil })
}

func (s *sets) DescribeStackSet(context.Context, *cfn.DescribeStackSetInput, ...func(*cfn.Options)) (
	*cfn.DescribeStackSetOutput, error,
) {
	return &cfn.DescribeStackSetOutput{StackSet: s.set}, s.did("DescribeStackSet", func() error {
		if s.set == nil {
			return &types.StackSetNotFoundException{}
		}
		return nil
	})
}

func (s *sets) CreateStackSet(_ context.Context, in *cfn.CreateStackSetInput, _ ...func(*cfn.Options)) (
	*cfn.CreateStackSetOutput, error,
) {
	return nil, s.ask("CreateStackSet", in, func() error {
		s.set = &types.StackSet{
			PermissionModel: in.PermissionModel, AutoDeployment: in.AutoDeployment, Parameters: in.Parameters,
			TemplateBody: aws.String(s.at(in.TemplateURL)),
		}
		return nil
	})
}

// at is the template at an address.
func (s *sets) at(address *string) string {
	_, rest, _ := strings.Cut(*address, "https://")
	name, key, _ := strings.Cut(rest, "/")
	return s.buckets[name].objects[key]
}

func (s *sets) UpdateStackSet(_ context.Context, in *cfn.UpdateStackSetInput, _ ...func(*cfn.Options)) (
	*cfn.UpdateStackSetOutput, error,
) {
	out := &cfn.UpdateStackSetOutput{}
	return out, s.ask("UpdateStackSet", in, func() error {
		s.set.AutoDeployment, s.set.TemplateBody = in.AutoDeployment, aws.String(s.at(in.TemplateURL))
		for _, p := range in.Parameters {
			for i, own := range s.set.Parameters {
				if *own.ParameterKey == *p.ParameterKey && p.ParameterValue != nil {
					s.set.Parameters[i] = p
				}
			}
		}
		out.OperationId = s.begin()
		return nil
	})
}

func (s *sets) DeleteStackSet(_ context.Context, in *cfn.DeleteStackSetInput, _ ...func(*cfn.Options)) (
	*cfn.DeleteStackSetOutput, error,
) {
	return nil, s.ask("DeleteStackSet", in, func() error {
		if len(s.instances) > 0 {
			return &types.StackSetNotEmptyException{}
		}
		s.set = nil
		return nil
	})
}

func (s *sets) CreateStackInstances(_ context.Context, in *cfn.CreateStackInstancesInput, _ ...func(*cfn.Options)) (
	*cfn.CreateStackInstancesOutput, error,
) {
	out := &cfn.CreateStackInstancesOutput{}
	return out, s.ask("CreateStackInstances", in, func() error {
		s.set.OrganizationalUnitIds = append(s.set.OrganizationalUnitIds, in.DeploymentTargets.OrganizationalUnitIds...)
		out.OperationId = s.begin()
		return nil
	})
}

func (s *sets) DeleteStackInstances(_ context.Context, in *cfn.DeleteStackInstancesInput, _ ...func(*cfn.Options)) (
	*cfn.DeleteStackInstancesOutput, error,
) {
	out := &cfn.DeleteStackInstancesOutput{}
	return out, s.ask("DeleteStackInstances", in, func() error {
		out.OperationId = s.begin()
		s.set.OrganizationalUnitIds = nil
		s.instances = map[string]types.StackInstanceStatus{}
		return nil
	})
}

func (s *sets) ListStackInstances(context.Context, *cfn.ListStackInstancesInput, ...func(*cfn.Options)) (
	*cfn.ListStackInstancesOutput, error,
) {
	out := &cfn.ListStackInstancesOutput{}
	return out, s.did("ListStackInstances", func() error {
		for id, status := range s.instances {
			i := types.StackInstanceSummary{Account: &id, Status: status, DriftStatus: types.StackDriftStatusInSync}
			if id == s.drifted {
				i.DriftStatus = types.StackDriftStatusDrifted
			}
			out.Summaries = append(out.Summaries, i)
		}
		return nil
	})
}

func (s *sets) ListStackSetOperations(context.Context, *cfn.ListStackSetOperationsInput, ...func(*cfn.Options)) (
	*cfn.ListStackSetOperationsOutput, error,
) {
	return &cfn.ListStackSetOperationsOutput{Summaries: s.operations},
		s.did("ListStackSetOperations", func() error { return nil })
}

func (s *sets) DescribeStackSetOperation(
	_ context.Context, in *cfn.DescribeStackSetOperationInput, _ ...func(*cfn.Options),
) (*cfn.DescribeStackSetOperationOutput, error) {
	out := &cfn.DescribeStackSetOperationOutput{}
	return out, s.did("DescribeStackSetOperation", func() error {
		for i, o := range s.operations {
			if *o.OperationId != *in.OperationId {
				continue
			}
			out.StackSetOperation = &types.StackSetOperation{Status: o.Status}
			if s.operations[i].Status = types.StackSetOperationStatusSucceeded; s.fails != "" {
				s.operations[i].Status = types.StackSetOperationStatusFailed
			}
		}
		return nil
	})
}

func (s *sets) ListStackSetOperationResults(
	context.Context, *cfn.ListStackSetOperationResultsInput, ...func(*cfn.Options),
) (*cfn.ListStackSetOperationResultsOutput, error) {
	return &cfn.ListStackSetOperationResultsOutput{Summaries: []types.StackSetOperationResultSummary{
		{Account: aws.String("222222222222"), Status: types.StackSetOperationResultStatusSucceeded},
		{
			Account: &s.fails, Status: types.StackSetOperationResultStatusFailed,
			StatusReason: aws.String("salve-remediation already exists"),
		},
	}}, s.did("ListStackSetOperationResults", func() error { return nil })
}

func (s *sets) DetectStackSetDrift(_ context.Context, in *cfn.DetectStackSetDriftInput, _ ...func(*cfn.Options)) (
	*cfn.DetectStackSetDriftOutput, error,
) {
	out := &cfn.DetectStackSetDriftOutput{}
	return out, s.ask("DetectStackSetDrift", in, func() error {
		out.OperationId = s.begin()
		return nil
	})
}

// organisation is Organizations in memory.
type organisation struct{ s *sets }

func (o organisation) DescribeOrganization(
	context.Context, *organizations.DescribeOrganizationInput, ...func(*organizations.Options),
) (*organizations.DescribeOrganizationOutput, error) {
	return &organizations.DescribeOrganizationOutput{Organization: &orgs.Organization{
		MasterAccountId: &o.s.management,
	}}, o.s.did("DescribeOrganization", func() error { return nil })
}

func (o organisation) ListDelegatedAdministrators(
	_ context.Context, in *organizations.ListDelegatedAdministratorsInput, _ ...func(*organizations.Options),
) (*organizations.ListDelegatedAdministratorsOutput, error) {
	out := &organizations.ListDelegatedAdministratorsOutput{}
	return out, o.s.did("ListDelegatedAdministrators", func() error {
		if *in.ServicePrincipal != "member.org.stacksets.cloudformation.amazonaws.com" {
			return fmt.Errorf("asked for %s", *in.ServicePrincipal)
		}
		for _, id := range o.s.delegated {
			out.DelegatedAdministrators = append(out.DelegatedAdministrators, orgs.DelegatedAdministrator{Id: &id})
		}
		return nil
	})
}

func (o organisation) ListRoots(context.Context, *organizations.ListRootsInput, ...func(*organizations.Options)) (
	*organizations.ListRootsOutput, error,
) {
	return &organizations.ListRootsOutput{Roots: []orgs.Root{{Id: aws.String("r-ab12")}}},
		o.s.did("ListRoots", func() error { return nil })
}
