package ec2

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// ofEC2 is the name of the service in any partition: com.amazonaws.us-east-1.ec2, cn.com.amazonaws.cn-north-1.ec2.
var ofEC2 = regexp.MustCompile(`\.ec2(-fips)?$`)

func readEndpoints(ctx context.Context, env control.Env) (endpoints, error) {
	now := endpoints{Endpoints: map[string]endpoint{}, Groups: map[string]endpointGroup{}, Ground: endpointGround{
		IDs: map[string]string{}, Zones: map[string]string{}, Ranges: map[string]bool{},
	}}
	client := ec2.NewFromConfig(env.Config)
	out, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{env.Name}})
	if err != nil {
		return now, err
	}
	if len(out.Vpcs) != 1 {
		return now, fault.New(fault.Invalid, "DescribeVpcs answered %d VPCs for %s", len(out.Vpcs), env.Name)
	}
	now.Ground.Ranges[aws.ToString(out.Vpcs[0].CidrBlock)] = true
	for _, block := range out.Vpcs[0].CidrBlockAssociationSet {
		if s := block.CidrBlockState; s != nil && !strings.HasPrefix(string(s.State), "associat") {
			continue // the VPC had it once, or was to have it: whose it is now nobody knows
		}
		now.Ground.Ranges[aws.ToString(block.CidrBlock)] = true
	}
	for _, step := range []func(context.Context, control.Env, endpoints) error{listEndpoints, findService} {
		if err := step(ctx, env, now); err != nil {
			return now, err
		}
	}
	id, open, err := findEndpointGroup(ctx, env)
	if now.Ground.Group = id; id != "" && len(open) > 0 {
		now.Groups[endpointGroupName] = endpointGroup{open}
	}
	if err != nil {
		return now, err
	}
	now.Ground.Service = service(env)
	now.Ground.DNS, err = answersPrivately(ctx, env)
	return now, err
}

// service is EC2's, as endpoints are made for it.
func service(env control.Env) string {
	name := "com.amazonaws." + env.Target.Region + ".ec2"
	if env.Target.Partition == "aws-cn" {
		name = "cn." + name
	}
	return name
}

// listEndpoints are those of EC2 that are there or on their way.
func listEndpoints(ctx context.Context, env control.Env, now endpoints) error {
	pages := ec2.NewDescribeVpcEndpointsPaginator(ec2.NewFromConfig(env.Config), &ec2.DescribeVpcEndpointsInput{
		Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{env.Name}}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, e := range page.VpcEndpoints {
			ended := []string{"deleted", "deleting", "failed", "rejected", "expired"}
			name := aws.ToString(e.ServiceName)
			if !ofEC2.MatchString(name) || slices.Contains(ended, strings.ToLower(string(e.State))) {
				continue
			}
			subnets := map[string]bool{}
			for _, s := range e.SubnetIds {
				subnets[s] = true
			}
			now.Endpoints[name] = endpoint{aws.ToBool(e.PrivateDnsEnabled), subnets}
			now.Ground.IDs[name] = aws.ToString(e.VpcEndpointId)
		}
	}
	return nil
}

// findService finds a subnet for each zone in which AWS has the service, the named ones before all others.
func findService(ctx context.Context, env control.Env, now endpoints) error {
	client := ec2.NewFromConfig(env.Config)
	out, err := client.DescribeVpcEndpointServices(ctx, &ec2.DescribeVpcEndpointServicesInput{
		ServiceNames: []string{service(env)},
	})
	if err != nil {
		return err
	}
	var zones []string
	for _, s := range out.ServiceDetails {
		zones = append(zones, s.AvailabilityZones...)
	}
	pages := ec2.NewDescribeSubnetsPaginator(client, &ec2.DescribeSubnetsInput{
		Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{env.Name}}},
	})
	named := env.Params.Texts(paramSubnets)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, s := range page.Subnets {
			id, zone := aws.ToString(s.SubnetId), aws.ToString(s.AvailabilityZone)
			fits := slices.Contains(zones, zone) && aws.ToInt32(s.AvailableIpAddressCount) > 0
			if before, taken := now.Ground.Zones[zone]; fits && (len(named) == 0 || slices.Contains(named, id)) &&
				(!taken || id < before) {
				now.Ground.Zones[zone] = id
			}
		}
	}
	return nil
}

// answersPrivately tells that the VPC can answer private names, which takes both of its settings.
func answersPrivately(ctx context.Context, env control.Env) (bool, error) {
	for _, name := range []types.VpcAttributeName{
		types.VpcAttributeNameEnableDnsSupport, types.VpcAttributeNameEnableDnsHostnames,
	} {
		out, err := ec2.NewFromConfig(env.Config).DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{
			VpcId: &env.Name, Attribute: name,
		})
		if err != nil {
			return false, err
		}
		for _, v := range []*types.AttributeBooleanValue{out.EnableDnsSupport, out.EnableDnsHostnames} {
			if v != nil && !aws.ToBool(v.Value) {
				return false, nil
			}
		}
	}
	return true, nil
}

// findEndpointGroup is the group that Salve makes, and whom it lets in to port 443.
func findEndpointGroup(ctx context.Context, env control.Env) (id string, open map[string]bool, err error) {
	out, err := ec2.NewFromConfig(env.Config).DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: []types.Filter{
			{Name: aws.String("vpc-id"), Values: []string{env.Name}},
			{Name: aws.String("group-name"), Values: []string{endpointGroupName}},
		},
	})
	if err != nil || len(out.SecurityGroups) == 0 {
		return "", nil, err
	}
	open = map[string]bool{}
	for _, p := range out.SecurityGroups[0].IpPermissions {
		if aws.ToInt32(p.FromPort) != https || aws.ToInt32(p.ToPort) != https {
			continue
		}
		for _, r := range p.IpRanges {
			open[aws.ToString(r.CidrIp)] = true
		}
	}
	return aws.ToString(out.SecurityGroups[0].GroupId), open, nil
}
