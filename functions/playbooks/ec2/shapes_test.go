package ec2_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	playbook "github.com/salve-security/salve/functions/playbooks/ec2"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// What AWS counts as failed for EC2.19: its user guide names the ports and the two sources, and nothing else.
func TestOpenPortsFailsWhereAWSDoes(t *testing.T) {
	root, c := playbooktest.Root(t), playbooktest.Pick(t, playbook.OpenPorts(), "EC2.19")
	fails := map[string][]string{
		"IPv4":                      {"in tcp 22-22 0.0.0.0/0"},
		"IPv6":                      {"in tcp 3389-3389 ::/0"},
		"both families":             {"in tcp 23-23 0.0.0.0/0", "in tcp 23-23 ::/0"},
		"all ports":                 {"in tcp 0-65535 0.0.0.0/0"},
		"a range over several":      {"in tcp 5000-5600 0.0.0.0/0"},
		"the last port of a range":  {"in tcp 444-445 ::/0"},
		"the first port of a range": {"in tcp 8888-9000 0.0.0.0/0"},
		"UDP":                       {"in udp 1434-1434 0.0.0.0/0"},
		"UDP of IPv6":               {"in udp 100-200 ::/0"},
		"all traffic":               {"in -1 -1--1 0.0.0.0/0"},
		"all traffic of IPv6":       {"in -1 -1--1 ::/0"},
		"beside rules that are fine": {
			"in tcp 443-443 0.0.0.0/0", "in tcp 22-22 10.0.0.0/8", "in tcp 9300-9300 0.0.0.0/0 search team=logs",
		},
	}
	for name, rules := range fails {
		t.Run("fails "+name, func(t *testing.T) {
			plan := playbooktest.Got(c.Plan(t.Context(), playbooktest.Env(t, c, newGroup(rules...)(t.Context(), t, root))))(t)
			if plan.Empty() {
				t.Error("nothing to change")
			}
		})
	}
	for name, rules := range map[string][]string{
		"another port":          {"in tcp 443-443 0.0.0.0/0"},
		"between the ports":     {"in tcp 26-109 0.0.0.0/0", "in tcp 9301-65535 ::/0", "in tcp 0-19 0.0.0.0/0"},
		"half of all addresses": {"in tcp 22-22 0.0.0.0/1", "in tcp 22-22 128.0.0.0/1"},
		"half of IPv6":          {"in tcp 22-22 8000::/1"},
		"one address":           {"in tcp 22-22 192.0.2.7/32", "in tcp 22-22 2001:db8::7/128"},
		"a prefix list":         {"in tcp 22-22 pl-0123456789abcdef0"},
		"a group":               {"in -1 -1--1 group"},
		"ICMP":                  {"in icmp -1--1 0.0.0.0/0"},
		"ICMP of a type":        {"in icmp 22-0 0.0.0.0/0"},
		"ICMP of IPv6":          {"in icmpv6 -1--1 ::/0"},
		"a VPN":                 {"in 50 -1--1 0.0.0.0/0"},
		"outbound":              {"out tcp 22-22 0.0.0.0/0"},
		"no inbound rule":       nil,
	} {
		t.Run("passes "+name, func(t *testing.T) {
			playbooktest.Planned(t, c, playbooktest.Env(t, c, newGroup(rules...)(t.Context(), t, root)), "")
		})
	}
	playbooktest.Accepts(t, c, map[string]string{
		"arn:aws:ec2:us-east-1:222222222222:security-group/sg-0123456789abcdef0":            "sg-0123456789abcdef0",
		"arn:aws-cn:ec2:cn-north-1:222222222222:security-group/sg-0123456789abcdef0":        "sg-0123456789abcdef0",
		"arn:aws-us-gov:ec2:us-gov-west-1:222222222222:security-group/sg-0123456789abcdef0": "sg-0123456789abcdef0",
		"arn:aws:ec2:us-east-1:222222222222:security-group/sg-01234567":                     "sg-01234567", // until 2016
	})
}

// For EC2.2 any rule is one too many, and only of default groups.
func TestDefaultGroupFailsWhereAWSDoes(t *testing.T) {
	root, c := playbooktest.Root(t), playbooktest.Pick(t, playbook.DefaultGroup(), "EC2.2")
	client := ec2.NewFromConfig(root)
	emptied := func(t *testing.T) string {
		resource := defaultGroup(t.Context(), t, root)
		playbooktest.Fix(t, c, playbooktest.Env(t, c, resource))
		return resource
	}
	shapes := map[string][]string{
		"from itself":       {"in -1 -1--1 group"},
		"out to everybody":  {"out -1 -1--1 0.0.0.0/0"},
		"out over IPv6":     {"out -1 -1--1 ::/0"},
		"one address":       {"in tcp 443-443 192.0.2.7/32"},
		"IPv6":              {"in tcp 443-443 2001:db8::/32"},
		"both families":     {"in tcp 22-22 0.0.0.0/0", "in tcp 22-22 ::/0"},
		"a prefix list":     {"in tcp 443-443 pl-0123456789abcdef0"},
		"out to a list":     {"out tcp 443-443 pl-0123456789abcdef0"},
		"a range, with UDP": {"in udp 1000-2000 10.0.0.0/8"},
		"ICMP":              {"in icmp 8-0 10.0.0.0/8"},
		"a VPN":             {"out 50 -1--1 10.0.0.0/8"},
	}
	for name, rules := range shapes {
		t.Run("fails "+name, func(t *testing.T) {
			resource := emptied(t)
			allow(t.Context(), t, root, resource, rules...)
			plan := playbooktest.Got(c.Plan(t.Context(), playbooktest.Env(t, c, resource)))(t)
			if len(plan.Changes) != len(rules) {
				t.Errorf("plan is\n%s", plan)
			}
		})
		t.Run("passes, of another group, "+name, func(t *testing.T) {
			if name == "out to everybody" {
				rules = nil // a new group has it
			}
			_, err := c.Plan(t.Context(), playbooktest.Env(t, c, newGroup(rules...)(t.Context(), t, root)))
			playbooktest.Fails(t, err, fault.Refused, "default groups only")
		})
	}
	t.Run("passes without rules", func(t *testing.T) {
		playbooktest.Planned(t, c, playbooktest.Env(t, c, emptied(t)), "")
	})
	t.Run("passes, emptied by another client", func(t *testing.T) {
		resource := defaultGroup(t.Context(), t, root)
		for shown, id := range listed(t.Context(), t, root, resource) {
			var err error
			if shown[:2] == "in" {
				_, err = client.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{
					GroupId: groupID(resource), SecurityGroupRuleIds: []string{id},
				})
			} else {
				_, err = client.RevokeSecurityGroupEgress(t.Context(), &ec2.RevokeSecurityGroupEgressInput{
					GroupId: groupID(resource), SecurityGroupRuleIds: []string{id},
				})
			}
			playbooktest.Done(t, err)
		}
		playbooktest.Planned(t, c, playbooktest.Env(t, c, resource), "")
	})
}
