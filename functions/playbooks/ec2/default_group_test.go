package ec2_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/ec2"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// better: EC2.2 keeps the rules for undo
func TestDefaultGroup(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control:   playbooktest.Pick(t, playbook.DefaultGroup(), "EC2.2"),
		Seed:      defaultGroup,
		Observe:   observeRules,
		Disturb:   reopen("in tcp 5432-5432 10.0.0.0/8"),
		Unrelated: allowNTP,
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) { // with its VPC
			in := ec2.DeleteVpcInput{VpcId: networkOf(ctx, t, root, resource)}
			playbooktest.Got(ec2.NewFromConfig(root).DeleteVpc(ctx, &in))(t)
		},
		DisturbFact: func(_ context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			useGroup(t, root, resource)
		},
		Unseen: map[string]string{
			"ec2:CreateTags": "AWS asks for it where a rule is added with tags; there is no call of that name",
		},
	})
}

// defaultGroup is the default group of a new VPC, with rules of several kinds: outbound to everybody, inbound
// from itself as AWS makes them (the lab makes none, and keeps no description for one), and what people added.
func defaultGroup(ctx context.Context, t *testing.T, root aws.Config) string {
	client := ec2.NewFromConfig(root)
	vpc := playbooktest.Got(client.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}))(t).Vpc
	groups := playbooktest.Got(client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: append(filter("vpc-id", *vpc.VpcId), filter("group-name", "default")...),
	}))(t)
	resource := arnPrefix + *groups.SecurityGroups[0].GroupId
	allow(ctx, t, root, resource, "in -1 -1--1 group", "in tcp 5432-5432 10.0.0.0/8 data team=db",
		"out udp 53-53 2001:db8::/32 names shared=", "out tcp 443-443 pl-0123456789abcdef0 team=net")
	return resource
}

// networkOf is the VPC of a group.
func networkOf(ctx context.Context, t *testing.T, root aws.Config, resource string) *string {
	in := ec2.DescribeSecurityGroupsInput{GroupIds: []string{*groupID(resource)}}
	return playbooktest.Got(ec2.NewFromConfig(root).DescribeSecurityGroups(ctx, &in))(t).SecurityGroups[0].VpcId
}

// useGroup puts a network interface into the group and returns its id.
func useGroup(t *testing.T, root aws.Config, resource string) string {
	client := ec2.NewFromConfig(root)
	subnet := playbooktest.Got(client.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{
		VpcId: networkOf(t.Context(), t, root, resource), CidrBlock: aws.String("10.0.1.0/24"),
	}))(t)
	made := playbooktest.Got(client.CreateNetworkInterface(t.Context(), &ec2.CreateNetworkInterfaceInput{
		SubnetId: subnet.Subnet.SubnetId, Groups: []string{*groupID(resource)},
	}))(t)
	return *made.NetworkInterface.NetworkInterfaceId
}

// Emptying a group that is in use would cut off whatever uses it; and somebody who began to use the emptied group is
// the very one who wants it back. A finding is a hint: it must not be able to empty a group that somebody built.
//
// better: EC2.2 leaves a group in use alone
func TestDefaultGroupInUse(t *testing.T) {
	root, c := playbooktest.Root(t), playbooktest.Pick(t, playbook.DefaultGroup(), "EC2.2")
	plan := func(resource string) error {
		_, err := c.Plan(t.Context(), playbooktest.Env(t, c, resource))
		return err
	}
	used, emptied := defaultGroup(t.Context(), t, root), defaultGroup(t.Context(), t, root)
	before := observeRules(t.Context(), t, root, used)
	user := useGroup(t, root, used)
	playbooktest.Fails(t, plan(used), fault.Refused, user)

	env := playbooktest.Env(t, c, emptied)
	changes := playbooktest.Fix(t, c, env)
	useGroup(t, root, emptied)
	playbooktest.Planned(t, c, env, "")
	playbooktest.Undo(t, c, env, changes)
	for name, resource := range map[string]string{"refused": used, "undone": emptied} {
		if d := cmp.Diff(before, observeRules(t.Context(), t, root, resource)); d != "" {
			t.Errorf("%s (-before +now):\n%s", name, d)
		}
	}

	built := newGroup("in tcp 443-443 0.0.0.0/0")(t.Context(), t, root)
	playbooktest.Fails(t, plan(built), fault.Refused, "default groups only")
}
