package ec2

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// addresses are what a subnet gives whatever is launched in it.
type addresses struct {
	MapPublicIpOnLaunch         bool
	AssignIpv6AddressOnCreation bool
	SixOnly                     bool `salve:"fact"` // there are no other addresses in the subnet
}

// PublicAddresses returns the control that has a subnet give out no public addresses unasked.
func PublicAddresses() []control.Control {
	return []control.Control{control.Of[addresses]{
		Info: control.Info{
			ID: "EC2.15",
			Effect: "What is launched in the subnet from now on has no public IPv4 and no IPv6 address, unless whoever " +
				"launches it asks for one. Without one it reaches the internet through a NAT gateway or endpoints only: look " +
				"at what is launched there, such as Auto Scaling groups. What runs keeps its addresses.",
			Fails: control.Fails{
				When: "The subnet gives new network interfaces a public IPv4 address or an IPv6 address unasked, whatever " +
					"its routes. AWS counts private IPv6 ranges too.",
				Rule: "subnet-auto-assign-public-ip-disabled",
			},
			Impact: control.ImpactInterrupts, Pattern: arnOf("subnet", "subnet"),
			Actions: []string{"ec2:DescribeSubnets", "ec2:ModifySubnetAttribute"},
		},
		Read: readAddresses, Want: giveNoAddresses, Write: writeAddresses,
	}.Control()}
}

func readAddresses(ctx context.Context, env control.Env) (addresses, error) {
	in := &ec2.DescribeSubnetsInput{SubnetIds: []string{env.Name}}
	out, err := ec2.NewFromConfig(env.Config).DescribeSubnets(ctx, in)
	if err != nil {
		return addresses{}, err
	}
	if len(out.Subnets) != 1 {
		return addresses{}, fault.New(fault.Invalid, "DescribeSubnets answered %d subnets for %s", len(out.Subnets), env.Name)
	}
	found := out.Subnets[0]
	four, err := kind.Answered(found.MapPublicIpOnLaunch, "DescribeSubnets", "MapPublicIpOnLaunch")
	if err != nil {
		return addresses{}, err
	}
	six, err := kind.Answered(found.AssignIpv6AddressOnCreation, "DescribeSubnets", "AssignIpv6AddressOnCreation")
	return addresses{four, six, aws.ToBool(found.Ipv6Native)}, err
}

func giveNoAddresses(now addresses, _ control.Env) (addresses, error) {
	if now.SixOnly && now.AssignIpv6AddressOnCreation {
		return now, fault.New(fault.Refused, "the subnet is for IPv6 only: without the addresses it gives out, nothing "+
			"could be launched there; move what needs none to another subnet")
	}
	return addresses{}, nil
}

// writeAddresses changes one attribute a call, which takes no more.
func writeAddresses(ctx context.Context, env control.Env, from, to addresses) error {
	client := ec2.NewFromConfig(env.Config)
	if from.MapPublicIpOnLaunch != to.MapPublicIpOnLaunch {
		_, err := client.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{
			SubnetId: &env.Name, MapPublicIpOnLaunch: &types.AttributeBooleanValue{Value: &to.MapPublicIpOnLaunch},
		})
		if err != nil {
			return err
		}
	}
	if from.AssignIpv6AddressOnCreation == to.AssignIpv6AddressOnCreation {
		return nil
	}
	_, err := client.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{
		SubnetId:                    &env.Name,
		AssignIpv6AddressOnCreation: &types.AttributeBooleanValue{Value: &to.AssignIpv6AddressOnCreation},
	})
	return err
}
