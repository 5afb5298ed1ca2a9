package ec2_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/ec2"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// filled is a group of so many inbound rules, these among them, in a VPC, as all are today. AWS takes 60.
func filled(t *testing.T, all int, rules ...string) (resource string) {
	t.Helper()
	root := playbooktest.Root(t)
	client := ec2.NewFromConfig(root)
	network := ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}
	vpc := playbooktest.Got(client.CreateVpc(t.Context(), &network))(t).Vpc
	made := playbooktest.Got(client.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("full"), Description: aws.String("full"), VpcId: vpc.VpcId,
	}))(t)
	resource = arnPrefix + *made.GroupId
	for n := len(rules); n < all; n++ {
		rules = append(rules, fmt.Sprintf("in tcp 443-443 10.0.%d.0/24", n))
	}
	allow(t.Context(), t, root, resource, rules...)
	return resource
}

// A group that is full has no room for a second rule beside the one that is too wide: that changes in place, in the fix
// as in its undo.
func TestFullGroup(t *testing.T) {
	root, c := playbooktest.Root(t), playbooktest.Pick(t, playbook.OpenPorts(), "EC2.19")
	resource := filled(t, 60, "in tcp 22-24 0.0.0.0/0 jump team=ops", "in udp 8080-8087 0.0.0.0/0")
	before := observeRules(t.Context(), t, root, resource)
	env := playbooktest.Env(t, c, resource)
	changes := playbooktest.Fix(t, c, env)
	if now := len(listed(t.Context(), t, root, resource)); now != 61 { // with the one outbound rule of a new group
		t.Errorf("%d rules after the fix, want as many as before", now)
	}
	playbooktest.Undo(t, c, env, changes)
	if d := cmp.Diff(before, observeRules(t.Context(), t, root, resource)); d != "" {
		t.Errorf("after the undo (-before +now):\n%s", d)
	}
}

// So does a rule for all traffic: one of the rules in its place is made of it, and it of one of them again. The fix
// needs room for one less, and the undo for none.
func TestFullGroupOfAllTraffic(t *testing.T) {
	root, c := playbooktest.Root(t), playbooktest.Pick(t, playbook.OpenPorts(), "EC2.19")
	for _, peer := range []string{"0.0.0.0/0", "::/0"} {
		t.Run(peer, func(t *testing.T) {
			rules := []string{"in -1 -1--1 " + peer}
			for n := 1; n < 56 && peer == "::/0"; n++ {
				rules = append(rules, fmt.Sprintf("in tcp 443-443 fd00:%d::/64", n))
			}
			resource := filled(t, 56, rules...)
			before := observeRules(t.Context(), t, root, resource)
			env := playbooktest.Env(t, c, resource, playbooktest.With(map[string]any{"ports": []int{22}}))
			changes := playbooktest.Fix(t, c, env)
			if now := len(listed(t.Context(), t, root, resource)); now != 61 { // with the one outbound rule of a new group
				t.Errorf("%d rules after the fix, want five for the one", now)
			}
			playbooktest.Undo(t, c, env, changes)
			if d := cmp.Diff(before, observeRules(t.Context(), t, root, resource)); d != "" {
				t.Errorf("after the undo (-before +now):\n%s", d)
			}
		})
	}
}

// Where the group has no room for the parts of a rule, nothing is written, and people read how many rules are in the
// way. The parts have tags of their own: AWS takes the first call, and not the second. What the first added goes again.
func TestNoRoomInTheGroup(t *testing.T) {
	root, c := playbooktest.Root(t), playbooktest.Pick(t, playbook.OpenPorts(), "EC2.19")
	resource := filled(t, 59, "in tcp 19-24 0.0.0.0/0 team=a", "in tcp 444-446 0.0.0.0/0 team=b")
	before := observeRules(t.Context(), t, root, resource)
	env := playbooktest.Env(t, c, resource)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	playbooktest.Fails(t, c.Apply(t.Context(), env, plan), fault.Refused,
		"60 inbound rules for IPv4", "remove 1 that it can do without", "L-0EA8095F")
	if d := cmp.Diff(before, observeRules(t.Context(), t, root, resource)); d != "" {
		t.Errorf("after a refusal (-before +now):\n%s", d)
	}
}

// Of an undo, what can be put back is, though the group that one of the rules named is gone: that it is not found says
// nothing about the target. So of a group that has been filled meanwhile.
func TestUndoWithoutTheGroupOfARule(t *testing.T) {
	root, c := playbooktest.Root(t), playbooktest.Pick(t, playbook.DefaultGroup(), "EC2.2")
	client := ec2.NewFromConfig(root)
	resource := defaultGroup(t.Context(), t, root)
	other := playbooktest.Got(client.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("other"), Description: aws.String("other"), VpcId: networkOf(t.Context(), t, root, resource),
	}))(t).GroupId
	rest := observeRules(t.Context(), t, root, resource)
	allow(t.Context(), t, root, resource, "in tcp 5432-5432 "+*other)
	env := playbooktest.Env(t, c, resource)
	changes := playbooktest.Fix(t, c, env)
	playbooktest.Got(client.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: other}))(t)

	plan := playbooktest.Got(c.PlanUndo(t.Context(), env, changes))(t)
	playbooktest.Fails(t, c.Apply(t.Context(), env, plan), fault.Refused, "InvalidGroup.NotFound", *other)
	if d := cmp.Diff(rest, observeRules(t.Context(), t, root, resource)); d != "" {
		t.Errorf("after the undo (-what can be back +now):\n%s", d)
	}
	seen := playbooktest.Got(c.Verify(t.Context(), env, plan))(t)
	if len(seen.Left) != 1 {
		t.Errorf("left are %v, want the one rule", seen.Left)
	}
}
