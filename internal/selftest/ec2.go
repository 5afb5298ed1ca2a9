package selftest

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// The ports that everybody may reach by a group that nothing is in.
const (
	ssh   = 22
	rdp   = 3389
	mysql = 3306
	other = 8443
)

// firewalls are security groups of the default VPC that nothing uses, open to everybody on a port.
func firewalls() []Seed {
	family := Family{Name: "security group", Find: findFirewalls, Remove: removeFirewall}
	return []Seed{
		{Control: "EC2.13", Price: "nothing", Make: opened(ssh), Family: family},
		{Control: "EC2.14", Price: "nothing", Make: opened(rdp), Family: family},
		{Control: "EC2.18", Price: "nothing", Make: opened(other), Family: family},
		{Control: "EC2.53", Price: "nothing", Make: opened(ssh), Family: family},
		{Control: "EC2.19", Price: "nothing", Make: opened(mysql), Family: family},
	}
}

func opened(port int32) func(context.Context, aws.Config, string) (string, error) {
	return func(ctx context.Context, cfg aws.Config, name string) (string, error) {
		client := ec2.NewFromConfig(cfg)
		made, err := client.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
			GroupName: &name, Description: aws.String("A test of Salve, which nothing uses"),
			TagSpecifications: []types.TagSpecification{{
				ResourceType: types.ResourceTypeSecurityGroup,
				Tags:         []types.Tag{{Key: aws.String(Tag), Value: aws.String("yes")}},
			}},
		})
		if err != nil {
			return "", fmt.Errorf("make a security group: %w", err)
		}
		_, err = client.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: made.GroupId, IpPermissions: []types.IpPermission{{
				IpProtocol: aws.String("tcp"), FromPort: aws.Int32(port), ToPort: aws.Int32(port),
				IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
			}},
		})
		if err != nil {
			return "", fmt.Errorf("open the security group: %w", err)
		}
		out, err := client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{*made.GroupId}})
		if err != nil || len(out.SecurityGroups) == 0 {
			return "", fmt.Errorf("read the security group %s: %w", *made.GroupId, err)
		}
		return partitioned(cfg, "ec2", aws.ToString(out.SecurityGroups[0].OwnerId), "security-group/"+*made.GroupId), nil
	}
}

func described(ctx context.Context, cfg aws.Config, name string) ([]types.SecurityGroup, error) {
	out, err := ec2.NewFromConfig(cfg).DescribeSecurityGroups(ctx,
		&ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{
			{Name: aws.String("group-name"), Values: []string{name}},
			{Name: aws.String("tag-key"), Values: []string{Tag}},
		}})
	if err != nil {
		return nil, fmt.Errorf("list security groups: %w", err)
	}
	return out.SecurityGroups, nil
}

func findFirewalls(ctx context.Context, cfg aws.Config) ([]string, error) {
	all, err := described(ctx, cfg, Prefix+"*")
	var found []string
	for _, g := range all {
		found = append(found, aws.ToString(g.GroupName))
	}
	return found, err
}

func removeFirewall(ctx context.Context, cfg aws.Config, name string) error {
	all, err := described(ctx, cfg, name)
	if err != nil {
		return err
	}
	for _, g := range all {
		_, err := ec2.NewFromConfig(cfg).DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: g.GroupId})
		if err := gone(err); err != nil {
			return err
		}
	}
	return nil
}
