package ec2_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/ec2"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

func TestUnused(t *testing.T) {
	playbooktest.Family(t, playbook.Unused(), func(c control.Control) playbooktest.Suite {
		s := map[string]playbooktest.Suite{
			"EC2.12": {
				Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
					in := ec2.AllocateAddressInput{Domain: types.DomainTypeVpc}
					return arn("elastic-ip", *playbooktest.Got(ec2.NewFromConfig(root).AllocateAddress(ctx, &in))(t).AllocationId)
				},
				Foreign: []string{"eipalloc-0123456789abcdef0", arn("elastic-ip", "*"), arn("elastic-ip", "eipassoc-01234567")},
				Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
					in := ec2.DescribeAddressesInput{Filters: filter("allocation-id", id(resource))}
					return len(playbooktest.Got(ec2.NewFromConfig(root).DescribeAddresses(ctx, &in))(t).Addresses)
				},
				Unseen: map[string]string{
					"ec2:DescribeNetworkInterfaces": "only where the address has an interface, which none does that is released",
				},
			},
			"EC2.16": {
				Seed: newACL("in 100 allow 6 443-443 0.0.0.0/0"), Foreign: []string{"acl-0123456789abcdef0", aclPrefix + "*"},
				Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
					in := ec2.DescribeNetworkAclsInput{
						Filters: filter("association.network-acl-id", id(resource)), // its own, to the lab
					}
					return len(playbooktest.Got(ec2.NewFromConfig(root).DescribeNetworkAcls(ctx, &in))(t).NetworkAcls)
				},
			},
		}[c.ID]
		s.Control, s.Skip = c, map[string]string{
			playbooktest.CaseGone:      "that it is gone is what was wanted",
			playbooktest.CaseDrift:     "nobody can change what is gone, and there is nothing to take back",
			playbooktest.CaseUnrelated: "what others changed goes with it",
			playbooktest.CaseFacts:     "what was weighed goes with it; AWS refuses where somebody has begun to use it",
		}
		return s
	})
}

func TestUnusedFailsWhereAWSDoes(t *testing.T) {
	ip, some := aws.String("192.0.2.1"), aws.String("x-1")
	address := func(a types.Address, status ...types.NetworkInterfaceStatus) playbooktest.StandIn {
		faces := &ec2.DescribeNetworkInterfacesOutput{}
		for _, s := range status {
			faces.NetworkInterfaces = append(faces.NetworkInterfaces, types.NetworkInterface{Status: s})
		}
		return playbooktest.Answers(faces, &ec2.DescribeAddressesOutput{Addresses: []types.Address{a}})
	}
	faced := types.Address{PublicIp: ip, NetworkInterfaceId: some, AssociationId: some}
	gone := func(code string) playbooktest.StandIn {
		missing := func(any) (any, error) { return nil, &smithy.GenericAPIError{Code: code} }
		return playbooktest.StandIn{"DescribeAddresses": missing, "DescribeNetworkAcls": missing}
	}
	shapes := map[string]map[string]playbooktest.Shape{
		arn("elastic-ip", "eipalloc-0123456789abcdef0"): {
			"unused": {Answers: address(types.Address{PublicIp: ip}), Fails: true},
			"of an instance": {
				Answers: address(types.Address{PublicIp: ip, InstanceId: some, NetworkInterfaceId: some}),
			},
			"of EC2-Classic":     {Answers: address(types.Address{PublicIp: ip, InstanceId: some})},
			"of an interface":    {Answers: address(faced, types.NetworkInterfaceStatusInUse)},
			"that attaches":      {Answers: address(faced, types.NetworkInterfaceStatusAttaching)},
			"of another account": {Answers: address(faced)},
			"of an idle interface": {
				Answers: address(faced, "available"), Class: fault.Refused, Words: []string{"x-1, which nothing uses"},
			},
			"associated": {Answers: address(types.Address{PublicIp: ip, AssociationId: some})},
			"of a service": {
				Answers: address(types.Address{PublicIp: ip, ServiceManaged: "alb"}),
				Class:   fault.Refused, Words: []string{"alb"},
			},
			"released":               {Answers: gone("InvalidAllocationID.NotFound")},
			"denied":                 {Answers: gone("UnauthorizedOperation"), Class: fault.Denied},
			"answered without one":   {Answers: playbooktest.Answers(&ec2.DescribeAddressesOutput{}), Class: fault.Invalid},
			"answered without an IP": {Answers: address(types.Address{}), Class: fault.Invalid},
		},
		aclPrefix + "acl-0123456789abcdef0": {
			"unused":  {Answers: acl(t, false, "in 100 allow 6 22-22 0.0.0.0/0"), Fails: true},
			"empty":   {Answers: acl(t, false), Fails: true},
			"default": {Answers: acl(t, true), Class: fault.Refused, Words: []string{"default ACL"}},
			"used": {Answers: playbooktest.Answers(&ec2.DescribeNetworkAclsOutput{NetworkAcls: []types.NetworkAcl{{
				Associations: make([]types.NetworkAclAssociation, 1),
			}}})},
			"deleted": {Answers: gone("InvalidNetworkAclID.NotFound")},
			"nothing": {Answers: playbooktest.Answers(&ec2.DescribeNetworkAclsOutput{}), Class: fault.Invalid},
		},
	}
	for resource, all := range shapes {
		for _, c := range playbook.Unused() {
			if c.Pattern.MatchString(resource) {
				playbooktest.Judged(t, c, resource, all)
			}
		}
	}
}

// What goes with an ACL is in the plan, and so in the record of the run.
func TestUnusedPlan(t *testing.T) {
	c := playbooktest.Pick(t, playbook.Unused(), "EC2.16")
	playbooktest.Planned(t, c, playbooktest.Env(t, c, aclPrefix+"acl-0123456789abcdef0", playbooktest.Unplugged(),
		acl(t, false, "in 100 allow 6 22-22 0.0.0.0/0", "out 100 allow -1 0-0 0.0.0.0/0"),
	), `  ~ There: true → false (one way: what is made anew has another id)
  ~ With.in 100: "in 100 allow tcp 22-22 from 0.0.0.0/0" → none (one way: what is made anew has another id)
  ~ With.out 100: "out 100 allow all from 0.0.0.0/0" → none (one way: what is made anew has another id)
`)
}

// Findings, AWS Config and IAM write an address in different ways, and runs on it exclude each other.
func TestAddressesOfAllSpellings(t *testing.T) {
	c, roots := playbooktest.Pick(t, playbook.Unused(), "EC2.12"), map[string]bool{}
	for _, kind := range []string{"eip", "eip-allocation", "elastic-ip"} {
		resource := arn(kind, "eipalloc-0123456789abcdef0")
		playbooktest.Accepts(t, c, map[string]string{resource: "eipalloc-0123456789abcdef0"})
		roots[c.Root(playbooktest.Target(resource))] = true
	}
	if len(roots) != 1 {
		t.Errorf("one address has the roots %v", roots)
	}
}
