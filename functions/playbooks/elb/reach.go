package elb

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/kind"
)

// closed says whom the load balancer's security groups let in on one of the ports, and not on that of HTTPS.
func closed(ctx context.Context, env control.Env, ports []int32) (string, error) {
	out, err := elb.NewFromConfig(env.Config).DescribeLoadBalancers(ctx,
		&elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{env.Target.Resource}})
	if err != nil {
		return "", err
	}
	balancer, err := kind.Only(out.LoadBalancers, "DescribeLoadBalancers", "load balancers", env.Name)
	if err != nil {
		return "", err
	}
	groups := balancer.SecurityGroups
	if len(groups) == 0 {
		return "", nil // the network lets everybody in, or nobody
	}
	found, err := ec2.NewFromConfig(env.Config).DescribeSecurityGroups(ctx,
		&ec2.DescribeSecurityGroupsInput{GroupIds: groups})
	if err != nil {
		return "", err
	}
	var rules []ec2types.IpPermission
	for _, g := range found.SecurityGroups {
		rules = append(rules, g.IpPermissions...)
	}
	let := sources(rules, httpsPort)
	for _, port := range ports {
		for _, from := range sources(rules, port) {
			everybody := "0.0.0.0/0"
			if strings.Contains(from, ":") {
				everybody = "::/0"
			}
			if !slices.Contains(let, from) && (!strings.Contains(from, "/") || !slices.Contains(let, everybody)) {
				return fmt.Sprintf("let %s in on port %d in the load balancer's security groups first: it is on port %d, and "+
					"redirected would reach nothing", from, httpsPort, port), nil
			}
		}
	}
	return "", nil
}

// sources are whom rules let in on a port: networks, prefix lists and groups, sorted.
func sources(rules []ec2types.IpPermission, port int32) []string {
	var all []string
	for _, r := range rules {
		every := aws.ToString(r.IpProtocol) == "-1"
		if !every && (aws.ToString(r.IpProtocol) != "tcp" || aws.ToInt32(r.FromPort) > port || aws.ToInt32(r.ToPort) < port) {
			continue
		}
		for _, v := range r.IpRanges {
			all = append(all, aws.ToString(v.CidrIp))
		}
		for _, v := range r.Ipv6Ranges {
			all = append(all, aws.ToString(v.CidrIpv6))
		}
		for _, v := range r.PrefixListIds {
			all = append(all, aws.ToString(v.PrefixListId))
		}
		for _, v := range r.UserIdGroupPairs {
			all = append(all, aws.ToString(v.GroupId))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
