package ec2_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	playbook "github.com/salve-security/salve/functions/playbooks/ec2"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// arn is the ARN of something of the account.
func arn(kind, id string) string {
	return strings.TrimSuffix(instancePrefix, "instance/") + kind + "/" + id
}

// id is what stands behind the kind in an ARN.
func id(resource string) string { return resource[strings.Index(resource, "/")+1:] }

// tag is a change that no switch is about.
func tag(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	playbooktest.Got(ec2.NewFromConfig(root).CreateTags(ctx, &ec2.CreateTagsInput{
		Resources: []string{id(resource)}, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("net")}},
	}))(t)
}

// A switch has two values: a third, for somebody to set meanwhile, does not exist.
const twoValues = "the switch has two values: a third does not exist"

func TestInstanceMetadata(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbooktest.Pick(t, playbook.InstanceMetadata(), "EC2.8"),
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			return launched(ctx, t, root, nil)
		},
		Foreign: otherInstances(),
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			found := described(ctx, t, root, resource)
			return []any{found.MetadataOptions.HttpTokens, found.Tags}
		},
		DisturbFact: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(ec2.NewFromConfig(root).ModifyInstanceMetadataOptions(ctx, &ec2.ModifyInstanceMetadataOptionsInput{
				InstanceId: aws.String(id(resource)), HttpPutResponseHopLimit: aws.Int32(3),
				HttpTokens: described(ctx, t, root, resource).MetadataOptions.HttpTokens, // the lab does not keep it
			}))(t)
		},
		Unrelated: tag,
		Delete:    terminate,
		Skip:      map[string]string{playbooktest.CaseDrift: twoValues},
	})
}

func TestPublicAddresses(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbooktest.Pick(t, playbook.PublicAddresses(), "EC2.15"),
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			client, on := ec2.NewFromConfig(root), &types.AttributeBooleanValue{Value: aws.Bool(true)}
			network := ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}
			made := playbooktest.Got(client.CreateSubnet(ctx, &ec2.CreateSubnetInput{
				VpcId: playbooktest.Got(client.CreateVpc(ctx, &network))(t).Vpc.VpcId, CidrBlock: aws.String("10.0.1.0/24"),
			}))(t).Subnet
			for _, in := range []ec2.ModifySubnetAttributeInput{
				{SubnetId: made.SubnetId, MapPublicIpOnLaunch: on}, {SubnetId: made.SubnetId, AssignIpv6AddressOnCreation: on},
			} {
				playbooktest.Got(client.ModifySubnetAttribute(ctx, &in))(t)
			}
			return arn("subnet", *made.SubnetId)
		},
		Foreign: []string{"subnet-0123456789abcdef0", arn("subnet", "*"), arn("vpc", "vpc-0123456789abcdef0")},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			in := ec2.DescribeSubnetsInput{SubnetIds: []string{id(resource)}}
			s := playbooktest.Got(ec2.NewFromConfig(root).DescribeSubnets(ctx, &in))(t).Subnets[0]
			return []any{s.MapPublicIpOnLaunch, s.AssignIpv6AddressOnCreation, s.Tags}
		},
		Unrelated: tag,
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			in := ec2.DeleteSubnetInput{SubnetId: aws.String(id(resource))}
			playbooktest.Got(ec2.NewFromConfig(root).DeleteSubnet(ctx, &in))(t)
		},
		Skip: map[string]string{
			playbooktest.CaseDrift: twoValues, playbooktest.CaseFacts: "a subnet stays for IPv6 only, or is it never",
		},
	})
}

func TestTransitGateway(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbooktest.Pick(t, playbook.TransitGateway(), "EC2.23"),
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			made := playbooktest.Got(ec2.NewFromConfig(root).CreateTransitGateway(ctx, &ec2.CreateTransitGatewayInput{
				Options: &types.TransitGatewayRequestOptions{
					AutoAcceptSharedAttachments: types.AutoAcceptSharedAttachmentsValueEnable,
				},
			}))(t)
			return arn("transit-gateway", *made.TransitGateway.TransitGatewayId)
		},
		Foreign: []string{
			"tgw-0123456789abcdef0", arn("transit-gateway", "*"), arn("transit-gateway", "tgw-attach-01234567"),
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			in := ec2.DescribeTransitGatewaysInput{TransitGatewayIds: []string{id(resource)}}
			g := playbooktest.Got(ec2.NewFromConfig(root).DescribeTransitGateways(ctx, &in))(t).TransitGateways[0]
			g.Options.AssociationDefaultRouteTableId, g.Options.PropagationDefaultRouteTableId = nil, nil // each its own
			return []any{*g.Options, g.Tags}
		},
		Unrelated: tag,
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			in := ec2.DeleteTransitGatewayInput{TransitGatewayId: aws.String(id(resource))}
			playbooktest.Got(ec2.NewFromConfig(root).DeleteTransitGateway(ctx, &in))(t)
		},
		Skip: map[string]string{playbooktest.CaseDrift: twoValues},
	})
}

// better: EC2.8 asks for tokens and does not turn the endpoint on
func TestTokensFailWhereAWSDoes(t *testing.T) {
	shape := func(options *types.InstanceMetadataOptionsResponse, asked ...float64) playbooktest.StandIn {
		sums := &cloudwatch.GetMetricStatisticsOutput{}
		for _, n := range asked {
			sums.Datapoints = append(sums.Datapoints, cloudwatchtypes.Datapoint{Sum: &n})
		}
		return playbooktest.Answers(sums, answering(types.Instance{
			State: inState(types.InstanceStateNameRunning), MetadataOptions: options,
		}))
	}
	const on = types.InstanceMetadataEndpointStateEnabled
	type options = types.InstanceMetadataOptionsResponse
	tokens := func(state types.HttpTokensState, endpoint types.InstanceMetadataEndpointState) *options {
		return &options{HttpTokens: state, HttpEndpoint: endpoint}
	}
	c, optional := playbooktest.Pick(t, playbook.InstanceMetadata(), "EC2.8"), tokens(types.HttpTokensStateOptional, on)
	playbooktest.Judged(t, c, arn("instance", "i-0123456789abcdef0"),
		map[string]playbooktest.Shape{
			"optional":           {Answers: shape(optional), Fails: true},
			"nobody asked":       {Answers: shape(optional, 0, 0), Fails: true},
			"somebody asked":     {Answers: shape(optional, 0, 3), Class: fault.Refused, Words: []string{"3 times in 14 days"}},
			"and may break":      {Answers: shape(optional, 3), Params: map[string]any{"quietDays": 0}, Fails: true},
			"required":           {Answers: shape(tokens(types.HttpTokensStateRequired, on), 3)},
			"not said":           {Answers: shape(nil), Class: fault.Invalid},
			"not said of tokens": {Answers: shape(tokens("", "")), Class: fault.Invalid},
			"endpoint off": {
				Answers: shape(tokens(types.HttpTokensStateOptional, types.InstanceMetadataEndpointStateDisabled)), Fails: true,
			},
			"terminated": {Class: fault.Gone, Answers: playbooktest.Answers(answering(types.Instance{
				State: inState(types.InstanceStateNameTerminated),
			}))},
		}, playbooktest.At(time.Now()))
}

// better: EC2.15 turns off IPv6 addresses too
func TestAddressesFailWhereAWSDoes(t *testing.T) {
	on, off := aws.Bool(true), aws.Bool(false)
	shape := func(four, six, only *bool) playbooktest.StandIn {
		return playbooktest.Answers(&ec2.DescribeSubnetsOutput{Subnets: []types.Subnet{{
			MapPublicIpOnLaunch: four, AssignIpv6AddressOnCreation: six, Ipv6Native: only,
		}}})
	}
	playbooktest.Judged(t, playbooktest.Pick(t, playbook.PublicAddresses(), "EC2.15"),
		arn("subnet", "subnet-0123456789abcdef0"), map[string]playbooktest.Shape{
			"none":                {Answers: shape(off, off, off)},
			"IPv4":                {Answers: shape(on, off, off), Fails: true},
			"IPv6":                {Answers: shape(off, on, off), Fails: true},
			"both":                {Answers: shape(on, on, off), Fails: true},
			"IPv6 only":           {Answers: shape(off, on, on), Class: fault.Refused, Words: []string{"IPv6 only"}},
			"IPv6 only, and none": {Answers: shape(off, off, on)},
			"IPv4 not said":       {Answers: shape(nil, off, off), Class: fault.Invalid},
			"IPv6 not said":       {Answers: shape(off, nil, off), Class: fault.Invalid},
			"nothing":             {Answers: playbooktest.Answers(&ec2.DescribeSubnetsOutput{}), Class: fault.Invalid},
		})
}

func TestTransitGatewayFailsWhereAWSDoes(t *testing.T) {
	shape := func(state types.TransitGatewayState, accepts types.AutoAcceptSharedAttachmentsValue) playbooktest.StandIn {
		return playbooktest.Answers(&ec2.DescribeTransitGatewaysOutput{TransitGateways: []types.TransitGateway{{
			State: state, Options: &types.TransitGatewayOptions{AutoAcceptSharedAttachments: accepts},
		}}})
	}
	const available = types.TransitGatewayStateAvailable
	playbooktest.Judged(t, playbooktest.Pick(t, playbook.TransitGateway(), "EC2.23"),
		arn("transit-gateway", "tgw-0123456789abcdef0"), map[string]playbooktest.Shape{
			"accepts":  {Answers: shape(available, "enable"), Fails: true},
			"asks":     {Answers: shape(available, "disable")},
			"not said": {Answers: shape(available, ""), Class: fault.Invalid},
			"deleted":  {Answers: shape(types.TransitGatewayStateDeleted, "enable"), Class: fault.Gone},
			"deleting": {Answers: shape(types.TransitGatewayStateDeleting, "enable"), Class: fault.Gone},
			"nothing":  {Answers: playbooktest.Answers(&ec2.DescribeTransitGatewaysOutput{}), Class: fault.Gone},
		})
}
