package ec2

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// endpoints are those of a VPC for EC2, and what it takes to make one.
type endpoints struct {
	Endpoints map[string]endpoint // by service
	Groups    map[string]endpointGroup
	Ground    endpointGround `salve:"fact"`
}

// endpoint is where the VPC reaches EC2 without the internet. FIPS endpoints are of another service.
type endpoint struct {
	PrivateDNS bool
	Subnets    map[string]bool // one in each zone
}

// endpointGroup is a security group that lets the VPC reach an endpoint.
type endpointGroup struct {
	From map[string]bool // ranges of addresses
}

// endpointGround is what is found of the VPC.
type endpointGround struct {
	IDs     map[string]string // of the endpoints, by service
	Zones   map[string]string // a subnet for each zone in which AWS has the service
	Ranges  map[string]bool
	DNS     bool   // private names can be answered
	Group   string // the id of the group that Salve makes, empty where there is none
	Service string // the one that Salve would make an endpoint for
}

const (
	// endpointGroupName is the group that Salve makes.
	endpointGroupName = "vpc-endpoint-ec2"
	paramSubnets      = "subnetIds"
	paramGroups       = "securityGroupIds"
	paramDNS          = "privateDns"
)

// Endpoints returns the control that has a VPC reach EC2 by an endpoint.
func Endpoints() []control.Control {
	return []control.Control{control.Of[endpoints]{
		Info: control.Info{
			ID: "EC2.10",
			Effect: "Calls to EC2 from within the VPC stay on AWS's network: its names lead to an endpoint, where the VPC " +
				"answers private names. Whoever uses the VPC's resolver from elsewhere, such as over a peering, is not let " +
				"in by the group that Salve makes; name groups of your own, or set " + paramDNS + " to false. Each zone is " +
				"billed by the hour, and each GB: name fewer subnets for less.",
			Fails: control.Fails{
				When: "The VPC has no endpoint for EC2, FIPS or not, whatever its subnets, groups and policy.",
				Rule: "service-vpc-endpoint-enabled",
			},
			Impact:  control.ImpactInterrupts,
			Params:  endpointParams(),
			Pattern: arnOf("vpc", "vpc"),
			Actions: []string{
				"ec2:AuthorizeSecurityGroupIngress", "ec2:CreateSecurityGroup", "ec2:CreateVpcEndpoint",
				"ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcAttribute",
				"ec2:DescribeVpcEndpointServices", "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcs",
				"route53:AssociateVPCWithHostedZone",
			},
			UndoActions: []string{"ec2:DeleteVpcEndpoints"},
			OneWay:      map[string]string{"Groups/*": "others may use it by then"},
			Narrow: func(env control.Env) []string {
				out := []string{env.Target.Resource}
				for _, kind := range []string{"security-group", "subnet", "vpc-endpoint"} {
					out = append(out, env.Target.ARN("ec2", kind+"/*"))
				}
				return out
			},
		},
		Read: readEndpoints, Want: reachEC2, Write: writeEndpoints,
	}.Control()}
}

func endpointParams() []control.Param {
	return []control.Param{{
		Name: paramSubnets, Default: []string{}, Pattern: regexp.MustCompile(`^subnet-(?:[0-9a-f]{17}|[0-9a-f]{8})$`),
		Meaning: "Subnets of the VPC in which the endpoint is, one in a zone; those of another VPC are not looked at. " +
			"Empty for one in each zone.",
	}, {
		Name: paramGroups, Default: []string{}, Pattern: regexp.MustCompile(`^sg-(?:[0-9a-f]{17}|[0-9a-f]{8})$`),
		Meaning: "Security groups of the endpoint, which must let port 443 in from wherever EC2 is called. Empty for the " +
			"group " + endpointGroupName + ", which Salve makes and which lets the VPC in.",
	}, {
		Name: paramDNS, Default: true,
		Meaning: "Whether EC2's usual names lead to the endpoint, where the VPC can answer private names.",
	}}
}

// reachEC2 wants an endpoint where there is none.
func reachEC2(now endpoints, env control.Env) (endpoints, error) {
	if len(now.Endpoints) > 0 {
		return now, nil
	}
	subnets := map[string]bool{}
	for _, zone := range slices.Sorted(maps.Keys(now.Ground.Zones)) {
		subnets[now.Ground.Zones[zone]] = true
	}
	if len(subnets) == 0 {
		return now, fault.New(fault.Refused, "make a subnet in a zone that has the service %s, or name one in the "+
			"parameter %s: the endpoint has no place", now.Ground.Service, paramSubnets)
	}
	if len(env.Params.Texts(paramGroups)) == 0 {
		g, there := now.Groups[endpointGroupName]
		for cidr := range now.Ground.Ranges {
			if there && !g.From[cidr] {
				return now, fault.New(fault.Refused, "let %s in to port 443 of the security group %s, or name another one in the "+
					"parameter %s: what is called from there would not get through", cidr, endpointGroupName, paramGroups)
			}
		}
		now.Groups[endpointGroupName] = endpointGroup{now.Ground.Ranges}
		if there {
			now.Groups[endpointGroupName] = g
		}
	}
	now.Endpoints[now.Ground.Service] = endpoint{env.Params.Bool(paramDNS) && now.Ground.DNS, subnets}
	return now, nil
}

func writeEndpoints(ctx context.Context, env control.Env, from, to endpoints) error {
	if err := ensureEndpointGroup().Write(ctx, env, from.Groups, to.Groups); err != nil {
		return err
	}
	now, err := readEndpoints(ctx, env)
	if err != nil {
		return err
	}
	client := ec2.NewFromConfig(env.Config)
	for service, e := range to.Endpoints {
		_, was := from.Endpoints[service]
		if _, there := now.Endpoints[service]; was || there {
			continue
		}
		groups := env.Params.Texts(paramGroups)
		if len(groups) == 0 {
			groups = []string{now.Ground.Group}
		}
		_, err := client.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{
			VpcId: &env.Name, ServiceName: &service, VpcEndpointType: types.VpcEndpointTypeInterface,
			SubnetIds: slices.Sorted(maps.Keys(e.Subnets)), SecurityGroupIds: groups, PrivateDnsEnabled: &e.PrivateDNS,
		})
		if err != nil {
			return err
		}
	}
	for service := range from.Endpoints {
		_, stays := to.Endpoints[service]
		if made, there := now.Ground.IDs[service]; there && !stays {
			out, err := client.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{made}})
			if err := refused(out, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// refused is the error of a call that says so of each endpoint, and not of the whole.
func refused(out *ec2.DeleteVpcEndpointsOutput, err error) error {
	if err != nil || len(out.Unsuccessful) == 0 || out.Unsuccessful[0].Error == nil {
		return err
	}
	code, why := aws.ToString(out.Unsuccessful[0].Error.Code), aws.ToString(out.Unsuccessful[0].Error.Message)
	if strings.HasSuffix(code, ".NotFound") {
		return nil
	}
	return fault.New(fault.Refused, "AWS does not delete the endpoint: %s: %s", code, why)
}

// ensureEndpointGroup makes the group that lets the VPC in. One of the name that is there is used as it is.
func ensureEndpointGroup() kind.Ensure[endpointGroup] {
	return kind.Ensure[endpointGroup]{
		There: func(ctx context.Context, env control.Env, name string, g endpointGroup) (bool, error) {
			id, open, err := findEndpointGroup(ctx, env)
			return id != "" && len(open) > 0, err
		},
		Make: func(ctx context.Context, env control.Env, name string, g endpointGroup) error {
			client := ec2.NewFromConfig(env.Config)
			id, _, err := findEndpointGroup(ctx, env)
			if err != nil {
				return err
			}
			if id == "" {
				says := "HTTPS from the VPC to its endpoint for EC2"
				made, err := client.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
					GroupName: &name, Description: &says, VpcId: &env.Name,
				})
				if err != nil {
					return err
				}
				if id, err = kind.Answered(made.GroupId, "CreateSecurityGroup", "the group"); err != nil {
					return err
				}
			}
			var rules []types.IpPermission
			for _, cidr := range slices.Sorted(maps.Keys(g.From)) {
				rules = append(rules, rule{Protocol: tcp, From: https, To: https, Peer: cidr}.permission())
			}
			_, err = client.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
				GroupId: &id, IpPermissions: rules,
			})
			return err
		},
	}
}

// https is the port that endpoints are called at.
const https = int32(443)
