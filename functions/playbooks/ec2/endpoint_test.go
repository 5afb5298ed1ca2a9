package ec2_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	playbook "github.com/salve-security/salve/functions/playbooks/ec2"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

func TestEndpoints(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbooktest.Pick(t, playbook.Endpoints(), "EC2.10"),
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			client, in := ec2.NewFromConfig(root), ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}
			vpc := playbooktest.Got(client.CreateVpc(ctx, &in))(t).Vpc.VpcId
			playbooktest.Got(client.CreateSubnet(ctx, &ec2.CreateSubnetInput{
				VpcId: vpc, CidrBlock: aws.String("10.0.1.0/24"), AvailabilityZone: aws.String("us-east-1a"),
			}))(t)
			return arn("vpc", *vpc)
		},
		Foreign: []string{"vpc-0123456789abcdef0", arn("vpc", "*"), arn("subnet", "subnet-0123456789abcdef0")},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			client, seen := ec2.NewFromConfig(root), []any{}
			in := ec2.DescribeVpcEndpointsInput{Filters: filter("vpc-id", id(resource))}
			for _, e := range playbooktest.Got(client.DescribeVpcEndpoints(ctx, &in))(t).VpcEndpoints {
				if e.State == "deleted" {
					continue // EC2 shows it for a while
				}
				seen = append(seen, e.ServiceName, e.PrivateDnsEnabled, e.VpcEndpointType, len(e.SubnetIds), len(e.Groups))
			}
			vpc := ec2.DescribeVpcsInput{VpcIds: []string{id(resource)}}
			return append(seen, playbooktest.Got(client.DescribeVpcs(ctx, &vpc))(t).Vpcs[0].Tags)
		},
		Unrelated: tag,
		DisturbFact: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(ec2.NewFromConfig(root).ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{
				VpcId: aws.String(id(resource)), EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(true)},
			}))(t)
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			client := ec2.NewFromConfig(root)
			in := ec2.DescribeSubnetsInput{Filters: filter("vpc-id", id(resource))}
			for _, s := range playbooktest.Got(client.DescribeSubnets(ctx, &in))(t).Subnets {
				playbooktest.Got(client.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: s.SubnetId}))(t)
			}
			playbooktest.Got(client.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: aws.String(id(resource))}))(t)
		},
		Unseen: map[string]string{
			"route53:AssociateVPCWithHostedZone": "AWS asks for it where private names lead to the endpoint",
		},
		Skip: map[string]string{playbooktest.CaseDrift: "an endpoint is there or not: another one is another path"},
	})
}

// Zones without the service are left out, and so are ranges that the VPC had once; FIPS endpoints count.
//
// better: EC2.10 takes a group that lets the VPC in on port 443, not the default one
func TestEndpointsFailWhereAWSDoes(t *testing.T) {
	const service = "com.amazonaws.us-east-1.ec2"
	yes := &types.AttributeBooleanValue{Value: aws.Bool(true)}
	shape := func(groups []types.SecurityGroup, found ...types.VpcEndpoint) playbooktest.StandIn {
		subnet := func(id, zone string) types.Subnet {
			return types.Subnet{SubnetId: &id, AvailabilityZone: &zone, AvailableIpAddressCount: aws.Int32(9)}
		}
		return playbooktest.Answers(
			&ec2.DescribeVpcsOutput{Vpcs: []types.Vpc{{
				CidrBlock: aws.String("10.0.0.0/16"),
				CidrBlockAssociationSet: []types.VpcCidrBlockAssociation{
					{CidrBlock: aws.String("10.0.0.0/16"), CidrBlockState: &types.VpcCidrBlockState{State: "associated"}},
					{CidrBlock: aws.String("198.18.0.0/16"), CidrBlockState: &types.VpcCidrBlockState{State: "disassociated"}},
				},
			}}},
			&ec2.DescribeVpcEndpointsOutput{VpcEndpoints: found},
			&ec2.DescribeVpcEndpointServicesOutput{ServiceDetails: []types.ServiceDetail{{
				AvailabilityZones: []string{"us-east-1a", "us-east-1b"},
			}}},
			&ec2.DescribeSubnetsOutput{Subnets: []types.Subnet{
				subnet("subnet-22222222", "us-east-1a"), subnet("subnet-11111111", "us-east-1a"),
				subnet("subnet-33333333", "us-east-1e"),
			}},
			&ec2.DescribeVpcAttributeOutput{EnableDnsSupport: yes}, &ec2.DescribeSecurityGroupsOutput{SecurityGroups: groups})
	}
	is := func(name string, state types.State) types.VpcEndpoint {
		return types.VpcEndpoint{ServiceName: &name, State: state, VpcEndpointId: aws.String("vpce-1")}
	}
	narrow := []types.SecurityGroup{{GroupId: aws.String("sg-1"), IpPermissions: []types.IpPermission{{
		FromPort: aws.Int32(443), ToPort: aws.Int32(443), IpRanges: []types.IpRange{{CidrIp: aws.String("10.0.1.0/24")}},
	}}}}
	c, resource := playbooktest.Pick(t, playbook.Endpoints(), "EC2.10"), arn("vpc", "vpc-0123456789abcdef0")
	playbooktest.Judged(t, c, resource, map[string]playbooktest.Shape{
		"none":            {Answers: shape(nil), Fails: true},
		"one":             {Answers: shape(nil, is(service, "available"))},
		"pending":         {Answers: shape(nil, is(service, "pending"))},
		"FIPS":            {Answers: shape(nil, is(service+"-fips", "available"))},
		"in China":        {Answers: shape(nil, is("cn.com.amazonaws.cn-north-1.ec2", "available"))},
		"of EC2 messages": {Answers: shape(nil, is("com.amazonaws.us-east-1.ec2messages", "available")), Fails: true},
		"deleted":         {Answers: shape(nil, is(service, "Deleted")), Fails: true},
		"no such zone": {
			Answers: shape(nil), Params: map[string]any{"subnetIds": "subnet-33333333"}, Class: fault.Refused,
		},
		"a group too shut": {Answers: shape(narrow), Class: fault.Refused, Words: []string{"let 10.0.0.0/16 in"}},
		"another group":    {Answers: shape(narrow), Params: map[string]any{"securityGroupIds": "sg-01234567"}, Fails: true},
	})
	env := playbooktest.Env(t, c, resource, playbooktest.Unplugged(), shape(nil))
	playbooktest.Planned(t, c, env, ""+
		`  + Endpoints.com.amazonaws.us-east-1.ec2 {"PrivateDNS":true,"Subnets":{"subnet-11111111":true}}
  + Groups.vpc-endpoint-ec2 {"From":{"10.0.0.0/16":true}} (undo leaves it: others may use it by then)
`)
}
