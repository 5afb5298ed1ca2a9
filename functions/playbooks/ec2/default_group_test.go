package ec2_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/ec2"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

func TestDefaultGroup(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control:   playbook.DefaultGroup()[0],
		Seed:      defaultGroup,
		Observe:   observeRules,
		Disturb:   redescribe(open{protocol: "tcp", from: 5432, to: 5432, cidr: "10.0.0.0/8"}),
		Unrelated: allowNTP,
		Delete:    deleteNetwork,
		Unseen: map[string]string{
			"ec2:CreateTags": "AWS asks for it where a rule is added with tags; there is no call of that name",
		},
	})
}

// defaultGroup is the default group of a new VPC, with rules of several kinds: outbound to everybody, inbound
// from itself as AWS makes them, and what people added.
func defaultGroup(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	client := ec2.NewFromConfig(root)
	vpc, err := client.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	must(t)(vpc, err)
	groups, err := client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{
		{Name: aws.String("vpc-id"), Values: []string{*vpc.Vpc.VpcId}},
		{Name: aws.String("group-name"), Values: []string{"default"}},
	}})
	must(t)(groups, err)
	id := groups.SecurityGroups[0].GroupId
	resource := arnPrefix + *id
	// The lab's default group has no rule for itself, and the lab keeps no description for such a rule.
	must(t)(client.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: id, IpPermissions: []types.IpPermission{{
			IpProtocol: aws.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: id}},
		}},
	}))
	allow(ctx, t, root, resource, open{
		protocol: "tcp", from: 5432, to: 5432, cidr: "10.0.0.0/8", description: "data", team: "db",
	})
	must(t)(client.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{
		GroupId: id, TagSpecifications: tagged("net"), IpPermissions: []types.IpPermission{
			permission(open{protocol: "udp", from: 53, to: 53, cidr: "2001:db8::/32", description: "names"}),
			{
				IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443),
				PrefixListIds: []types.PrefixListId{{PrefixListId: aws.String("pl-0123456789abcdef0")}},
			},
		},
	}))
	return resource
}

// networkOf is the VPC of a group.
func networkOf(ctx context.Context, t *testing.T, root aws.Config, resource string) *string {
	t.Helper()
	out, err := ec2.NewFromConfig(root).DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		GroupIds: []string{*groupID(resource)},
	})
	must(t)(out, err)
	return out.SecurityGroups[0].VpcId
}

// deleteNetwork is how a default group goes away: with its VPC.
func deleteNetwork(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	must(t)(ec2.NewFromConfig(root).DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: networkOf(ctx, t, root, resource)}))
}

// useGroup puts a network interface into the group and returns its id.
func useGroup(ctx context.Context, t *testing.T, root aws.Config, resource string) string {
	t.Helper()
	client := ec2.NewFromConfig(root)
	subnet, err := client.CreateSubnet(ctx, &ec2.CreateSubnetInput{
		VpcId: networkOf(ctx, t, root, resource), CidrBlock: aws.String("10.0.1.0/24"),
	})
	must(t)(subnet, err)
	made, err := client.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{
		SubnetId: subnet.Subnet.SubnetId, Groups: []string{*groupID(resource)},
	})
	must(t)(made, err)
	return *made.NetworkInterface.NetworkInterfaceId
}

// Emptying a group that is in use would cut off whatever uses it.
func TestDefaultGroupInUse(t *testing.T) {
	root := playbooktest.Root(t)
	resource := defaultGroup(t.Context(), t, root)
	before := observeRules(t.Context(), t, root, resource)
	user := useGroup(t.Context(), t, root, resource)
	c := playbook.DefaultGroup()[0]
	_, err := c.Plan(t.Context(), playbooktest.Env(t, c, resource))
	if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), user) {
		t.Errorf("want an error of class refused that names %s, got %v (%s)", user, err, fault.Of(err))
	}
	if d := cmp.Diff(before, observeRules(t.Context(), t, root, resource)); d != "" {
		t.Errorf("the group was changed (-before +now):\n%s", d)
	}
}

// Somebody who began to use the emptied group is the very one who wants it back.
func TestUndoOfADefaultGroupInUse(t *testing.T) {
	root := playbooktest.Root(t)
	resource := defaultGroup(t.Context(), t, root)
	before := observeRules(t.Context(), t, root, resource)
	c := playbook.DefaultGroup()[0]
	env := playbooktest.Env(t, c, resource)
	plan, err := c.Plan(t.Context(), env)
	must(t)(plan, err)
	must(t)(nil, c.Apply(t.Context(), env, plan))
	useGroup(t.Context(), t, root, resource)
	if again, err := c.Plan(t.Context(), env); err != nil || !again.Empty() {
		t.Errorf("an empty group in use is compliant: %v, changes:\n%s", err, again)
	}
	undo, err := c.PlanUndo(t.Context(), env, plan.Changes)
	must(t)(undo, err)
	must(t)(nil, c.Apply(t.Context(), env, undo))
	if seen, err := c.Verify(t.Context(), env, undo); err != nil || len(seen.Left) > 0 {
		t.Errorf("verify the undo: %v, left %v", err, seen.Left)
	}
	if d := cmp.Diff(before, observeRules(t.Context(), t, root, resource)); d != "" {
		t.Errorf("after the undo (-before +now):\n%s", d)
	}
}

// A finding is a hint: it must not be able to empty a group that somebody built.
func TestNotADefaultGroup(t *testing.T) {
	root := playbooktest.Root(t)
	resource := newGroup(open{protocol: "tcp", from: 443, to: 443, cidr: everybody})(t.Context(), t, root)
	c := playbook.DefaultGroup()[0]
	if _, err := c.Plan(t.Context(), playbooktest.Env(t, c, resource)); fault.Of(err) != fault.Refused {
		t.Errorf("want an error of class refused, got %v (%s)", err, fault.Of(err))
	}
}
